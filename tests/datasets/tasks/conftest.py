"""Small clips of noise, in which a disc walks."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.types import CameraTrack, Size

MakeClip = Callable[..., FilmedClip]


def walking_disc(frames: int, height: int, width: int, start: float) -> torch.Tensor:
    """A soft-edged disc, [F, 1, H, W]."""
    y, x = torch.arange(height)[:, None] + 0.5, torch.arange(width)[None] + 0.5
    centre = width * (start + 0.1 * torch.arange(frames))[:, None, None]
    away = torch.hypot(x - centre, y - 0.5 * height)
    return (0.2 * height - away + 0.5).clamp(0, 1)[:, None]


def moving_track(frames: int, size: Size, step: float) -> CameraTrack:
    times = torch.arange(frames, dtype=torch.float64)
    centres = torch.stack([step * times, 0 * times, 0.3 * step * times**2], dim=1)
    poses = rigid(rotation_about("y", 10 + 2 * times), centres + 5 * step)
    return CameraTrack(poses, intrinsics_from_fov(60, size).expand(frames, 3, 3), size)


@pytest.fixture
def make_clip() -> MakeClip:
    def make(
        frames: int = 3, height: int = 33, width: int = 47, *, person: bool = True, **given
    ) -> FilmedClip:
        noise = torch.Generator().manual_seed(7)
        others = 3
        parts = {
            "name": "walk",
            "video": torch.rand(frames, 3, height, width, generator=noise) * 2 - 1,
            "matte": walking_disc(frames, height, width, 0.3) * person,
            "cameras": moving_track(frames, Size(width, height), step=3.0),
            "others": torch.rand(others, 3, height, width, generator=noise) * 2 - 1,
            "others_matte": walking_disc(others, height, width, 0.6) * person,
        }
        return FilmedClip(**{**parts, **given})

    return make


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)
