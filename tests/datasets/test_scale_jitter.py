"""The error in a told track's scale."""

import numpy as np
import torch

from dynascene.datasets.scale_jitter import jitter_scale
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.types import Size

SIZE = Size(48, 27)
K = intrinsics_from_fov(50, SIZE)


def test_scale_jitter_is_one_bounded_factor() -> None:
    track = make_move("truck-right:0.3+pan-left:10", 4, K, SIZE)
    factors = []
    for seed in range(200):
        jittered = jitter_scale(track, np.random.default_rng(seed), spread=0.5)
        ratio = jittered.cam_from_world[1:, :3, 3] / track.cam_from_world[1:, :3, 3]
        ratio = ratio[track.cam_from_world[1:, :3, 3].abs() > 1e-9]
        assert float(ratio.max() - ratio.min()) < 1e-9
        factors.append(float(ratio[0]))
        assert torch.equal(jittered.cam_from_world[:, :3, :3], track.cam_from_world[:, :3, :3])
    assert 0.5 - 1e-9 <= min(factors) < 0.6
    assert 1.7 < max(factors) <= 2 + 1e-9
