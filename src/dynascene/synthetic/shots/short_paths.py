"""Camera tracks of short clips: one or two plain moves, whose opposites are as likely.

In a clip of a few frames a camera does one thing. Amounts are those of the whole clip.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from dynascene.geometry.controls import track_from_controls
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.types import CameraTrack, Size

# Control of geometry.controls → amounts, either way: degrees or track units (median depths).
AMOUNTS: Mapping[str, tuple[float, float]] = {
    "pan": (6, 40),
    "tilt": (3, 16),
    "roll": (4, 20),
    "forward": (0.08, 0.45),
    "right": (0.05, 0.35),
    "up": (0.03, 0.15),
}
TRAVELS = ("forward", "right", "up")
MOVES = (*AMOUNTS, "wander", "still")
SHARES = (0.36, 0.1, 0.06, 0.15, 0.17, 0.03, 0.1, 0.03)
SECOND_SHARE = 0.3  # of the clips do two things at once
FOVS = (55.0, 80.0)  # degrees, across
# One standard deviation of where a wandering camera is at the end
WANDER: Mapping[str, float] = {
    "pan": 8.0, "tilt": 3.0, "roll": 2.0, "right": 0.08, "up": 0.03, "forward": 0.1,
}  # fmt: skip


def random_short_track(
    rng: np.random.Generator, frames: int, size: Size, *, turning: bool
) -> CameraTrack:
    """A random track in track units that begins at the identity.

    Args:
        rng: the same state gives the same track.
        frames, size: of the clip.
        turning: whether the camera stays where it is, as where the place is infinitely far.

    Returns:
        The track; its field of view is random too.
    """
    intrinsics = intrinsics_from_fov(float(rng.uniform(*FOVS)), size)
    shares = np.array([0 if turning and name in TRAVELS else s for name, s in _SHARE.items()])
    controls: dict[str, Tensor] = {}
    for _ in range(2 if rng.random() < SECOND_SHARE else 1):
        move = str(rng.choice(list(_SHARE), p=shares / shares.sum()))
        for name, amount in _ends(rng, move).items():
            if not (turning and name in TRAVELS):
                controls[name] = amount * _progress(rng, frames)
    return track_from_controls(controls, frames, intrinsics, size)


_SHARE = dict(zip(MOVES, SHARES, strict=True))


def _ends(rng: np.random.Generator, move: str) -> dict[str, float]:
    """How far each control has gone at the last frame."""
    if move == "still":
        return {}
    if move == "wander":
        return {name: float(rng.normal(0, spread)) for name, spread in WANDER.items()}
    return {move: float(rng.choice([-1, 1]) * rng.uniform(*AMOUNTS[move]))}


def _progress(rng: np.random.Generator, frames: int) -> Tensor:
    """From 0 to 1 over the frames, faster at the beginning or at the end."""
    power = 2.0 ** rng.uniform(-0.5, 0.5)
    return torch.linspace(0, 1, frames, dtype=torch.float64) ** power


def even_move(move: str, amount: float, frames: int, fov: float, size: Size) -> CameraTrack:
    """A move at an even speed from the identity.

    Args:
        move: a control of AMOUNTS.
        amount: at the last frame, degrees or track units.
        frames, size: of the clip.
        fov: degrees, across.
    """
    time = torch.linspace(0, 1, frames, dtype=torch.float64)
    intrinsics = intrinsics_from_fov(fov, size)
    return track_from_controls({move: amount * time}, frames, intrinsics, size)
