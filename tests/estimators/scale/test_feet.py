"""Where the person stands, seen from the first camera."""

import numpy as np
import pytest
import torch
from filmed_walkers import SIZE, camera

from dynascene.estimators.scale.feet import standing_rays
from dynascene.types import ArrayFrames


def standing(rows: slice, columns: slice, frames: int = 30) -> ArrayFrames:
    frame = np.zeros((SIZE.height, SIZE.width, 1), np.uint8)
    frame[rows, columns] = 255
    return ArrayFrames([frame] * frames)


def test_rays_turn_with_the_camera() -> None:
    """One and the same pixel, filmed by a camera that pans by 12 degrees about the vertical."""
    rays = standing_rays(standing(slice(40, 130), slice(110, 130)), camera("pan", pitch=0.0))
    assert rays.shape == (16, 2, 3)
    torch.testing.assert_close(rays.norm(dim=-1), torch.ones(16, 2, dtype=torch.float64))
    azimuth = torch.rad2deg(torch.atan2(rays[:, 0, 0], rays[:, 0, 2]))
    assert azimuth[-1] - azimuth[0] == pytest.approx(12, abs=1e-6)
    focal = float(camera().intrinsics[0, 1, 1])
    descent = rays[0, :, 1] / rays[0, :, 2]
    ends = (torch.tensor([130.0, 40.0]) - SIZE.height / 2) / focal  # feet and head
    torch.testing.assert_close(descent, ends.double(), atol=0.01, rtol=0)


def test_feet_beyond_the_border_and_nobody_give_none() -> None:
    assert len(standing_rays(standing(slice(40, SIZE.height), slice(110, 130)), camera())) == 0
    assert len(standing_rays(standing(slice(0, 0), slice(0, 0)), camera())) == 0


def test_a_single_frame() -> None:
    rays = standing_rays(standing(slice(40, 130), slice(110, 130), 1), camera(frames=1))
    assert rays.shape == (1, 2, 3)
