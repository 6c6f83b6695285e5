"""Clips of one plain move each, with the opposite track: does a network follow the one it is told?

F frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from dynascene.datasets.imagery import SPLITS
from dynascene.errors import InputError
from dynascene.geometry.tracks import opposite_track
from dynascene.synthetic.shots.short_filming import ShortShot
from dynascene.synthetic.shots.short_paths import FOVS, TRAVELS, even_move
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.synthetic.worlds import draw_world
from dynascene.types import CameraTrack

# Name → control of geometry.controls, and amounts: what a viewer sees at once
MOVES: Mapping[str, tuple[str, tuple[float, float]]] = {
    "pan": ("pan", (12, 32)),
    "tilt": ("tilt", (6, 14)),
    "dolly": ("forward", (0.15, 0.4)),
    "truck": ("right", (0.12, 0.32)),
}
ENDLESS = "turn"  # the world without depth, where no travel is seen


@dataclass(frozen=True)
class MovedShot:
    """shot: filmed along its track. opposite: the cameras [F, 4, 4] of the opposite one, from the
    same first camera. move: a name of MOVES."""

    shot: ShortShot
    opposite: Tensor
    move: str


class MovedShots(Dataset[MovedShot]):
    """Pans, tilts, dollies and trucks in turn, either way, in the places of some shots.

    Raises:
        InputError: no world of the shots has depth, so that no travel would be seen.
    """

    def __init__(self, shots: ShortShots) -> None:
        self.shots = shots
        self.deep = {world: s for world, s in shots.worlds.items() if world != ENDLESS and s}
        if not self.deep:
            raise InputError(f"worlds: {dict(shots.worlds)} have no depth; add stage or layered")

    def __len__(self) -> int:
        return len(self.shots)

    def __getitem__(self, index: int) -> MovedShot:
        if not 0 <= index < len(self):
            raise IndexError(index)
        shots = self.shots
        rng = np.random.default_rng([shots.seed, SPLITS.index(shots.split), index, 4])
        move = list(MOVES)[index % len(MOVES)]
        control, amounts = MOVES[move]
        worlds = self.deep if control in TRAVELS else shots.worlds
        world, name, place = draw_world(rng, worlds, shots.library)
        amount = float(rng.choice([-1, 1]) * rng.uniform(*amounts))
        fov = float(rng.uniform(*FOVS))
        track = even_move(control, amount, shots.frames, fov, shots.size)
        shot = shots.filmed(rng, world, name, place, track)
        cameras = CameraTrack(shot.cam_from_world, shot.intrinsics, shots.size)
        return MovedShot(shot, opposite_track(cameras).cam_from_world, move)
