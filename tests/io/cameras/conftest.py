"""Random camera tracks for the tests of the formats."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.rigid import rigid
from dynascene.types import CameraTrack, Size

MakeTrack = Callable[..., CameraTrack]


@pytest.fixture
def make_track() -> MakeTrack:
    """make_track(frames, seed=0, square=False, centred=False).

    Any rotation, positions of some hundred units, a lens that zooms and is off centre.
    square, centred: pixels and principal point for formats that store no more.
    """

    def make(
        frames: int, seed: int = 0, square: bool = False, centred: bool = False
    ) -> CameraTrack:
        rng = np.random.default_rng(seed)
        rotation = torch.from_numpy(Rotation.random(frames, rng).as_matrix())
        translation = torch.from_numpy(rng.normal(scale=100, size=(frames, 3)))
        w, h = (int(n) for n in rng.integers(100, 2000, 2))
        lenses = []
        for fx, fy, cx, cy in rng.uniform([0.3, 0.3, 0.1, 0.1], [3, 3, 0.9, 0.9], (frames, 4)):
            focal = (fx * w, fx * w) if square else (fx * w, fy * h)
            centre = (w / 2, h / 2) if centred else (cx * w, cy * h)
            lenses.append(intrinsics_matrix(*map(float, (*focal, *centre))))
        return CameraTrack(rigid(rotation, translation), torch.stack(lenses), Size(w, h))

    return make
