"""Clips of one plain move each, with the opposite track: does a network follow the one it is told?

F frames.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from dynascene.clip_fields import CLIP_FIELDS
from dynascene.datasets.imagery import SPLITS
from dynascene.geometry.controls import track_from_controls
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rigid import camera_centres
from dynascene.geometry.tracks import opposite_track
from dynascene.synthetic.places.place import SyntheticPlace
from dynascene.synthetic.shots.short_filming import ShortShot, render, started_at
from dynascene.synthetic.shots.short_inputs import short_inputs
from dynascene.synthetic.shots.short_paths import FOVS, TRAVELS, even_move
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.synthetic.worlds import draw_world, worlds_with_depth
from dynascene.types import CameraTrack, Size

# Name → control of geometry.controls, and amounts: what a viewer sees at once
MOVES: Mapping[str, tuple[str, tuple[float, float]]] = {
    "pan": ("pan", (12, 32)),
    "tilt": ("tilt", (6, 14)),
    "dolly": ("forward", (0.15, 0.4)),
    "truck": ("right", (0.12, 0.32)),
}


@dataclass(frozen=True)
class MovedShot:
    """A clip of one move.

    shot: filmed along its track. opposite: the cameras [F, 4, 4] of the opposite one, from the same
    first camera. move: a name of MOVES, empty where it is none of them. opposite_inputs: of the
    shot's further fields those that follow the camera, along the opposite track.
    """

    shot: ShortShot
    opposite: Tensor
    move: str
    opposite_inputs: Mapping[str, Tensor] = field(default_factory=dict)


def with_opposite(shot: ShortShot, move: str = "") -> MovedShot:
    """A clip with its opposite track. move: a name of MOVES, where it is one."""
    size = Size(shot.video.shape[-1], shot.video.shape[-2])
    cameras = CameraTrack(shot.cam_from_world, shot.intrinsics, size)
    return MovedShot(shot, opposite_track(cameras).cam_from_world, move)


class TrueViews(NamedTuple):
    """A place as it is along a move.

    colours: [N, 3, H, W] sRGB 0 … 1. shares: [N] of the move. degrees: that the whole move turns;
    nan where it travels.
    """

    colours: Tensor
    shares: Tensor
    degrees: float


class DrawnMove(NamedTuple):
    """A move of a clip: its name in MOVES, its control and amount, and the field of view."""

    name: str
    control: str
    amount: float
    fov: float


class MovedShots(Dataset[MovedShot]):
    """Pans, tilts, dollies and trucks in turn, either way, in the places of some shots.

    Raises:
        InputError: no world of the shots has depth, so that no travel would be seen.
    """

    def __init__(self, shots: ShortShots) -> None:
        self.shots = shots
        self.deep = worlds_with_depth(shots.worlds)

    def __len__(self) -> int:
        return len(self.shots)

    def __getitem__(self, index: int) -> MovedShot:
        if not 0 <= index < len(self):
            raise IndexError(index)
        rng, move, (world, name, place) = self._drawn(index)
        shots = self.shots
        track = even_move(move.control, move.amount, shots.frames, move.fov, shots.size)
        with torch.no_grad():
            clip = shots.staged(rng, place, track)
            moved = with_opposite(shots.film(clip, world, name), move.name)
            following = frozenset(n for n in shots.inputs if CLIP_FIELDS[n].follows_camera)
            further = short_inputs(following, clip.setting, opposite_track(clip.track), clip.person)
        return replace(moved, opposite_inputs=further)

    @torch.no_grad()
    def true_views(self, index: int, shares: Tensor, size: Size) -> TrueViews:
        """What a clip's place shows before, along and beyond its move, without anybody.

        Args:
            index: of the clip.
            shares: [N] of the move: 0 is the first frame, 1 the last one, −1 that of the opposite.
            size: of the views.

        Returns:
            The views whose camera stands inside the place.
        """
        rng, move, (_, _, place) = self._drawn(index)
        ends = even_move(move.control, move.amount, 2, move.fov, self.shots.size)
        setting, ends = self.shots.placed(rng, place, ends)
        shrunk = 1.0
        if move.control in TRAVELS:
            shrunk = float(camera_centres(ends.cam_from_world)[-1].norm()) / abs(move.amount)
        amounts = {move.control: shares.double() * move.amount * shrunk}
        intrinsics = intrinsics_from_fov(move.fov, size)
        track = track_from_controls(amounts, len(shares), intrinsics, size)
        track = started_at(track, ends.cam_from_world[0])
        inside = setting.place.contains(camera_centres(track.cam_from_world).float())
        track = CameraTrack(track.cam_from_world[inside], track.intrinsics[inside], size)
        degrees = math.nan if move.control in TRAVELS else abs(move.amount)
        return TrueViews(render(setting, track)[0], shares[inside], degrees)

    def _drawn(
        self, index: int
    ) -> tuple[np.random.Generator, DrawnMove, tuple[str, str, SyntheticPlace]]:
        """A clip's random state, its move, and its place as ``draw_world`` gives it."""
        shots = self.shots
        rng = np.random.default_rng([shots.seed, SPLITS.index(shots.split), index, 4])
        name = list(MOVES)[index % len(MOVES)]
        control, amounts = MOVES[name]
        worlds = self.deep if control in TRAVELS else shots.worlds
        drawn = draw_world(rng, worlds, shots.library)
        amount = float(rng.choice([-1, 1]) * rng.uniform(*amounts))
        return rng, DrawnMove(name, control, amount, float(rng.uniform(*FOVS))), drawn
