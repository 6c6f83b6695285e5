"""Synthetic shots as clips that training tasks take."""

from __future__ import annotations

import numpy as np
from torch.utils.data import Dataset

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.filmed.drawing import draw_frames
from dynascene.datasets.imagery import SPLITS
from dynascene.errors import InputError
from dynascene.synthetic.shots.dataset import SyntheticShot, SyntheticShots
from dynascene.types import CameraTrack


class SyntheticClips(Dataset[FilmedClip]):
    """Synthetic shots as clips: video, matte, and the camera as the network gets it, in track units
    by the place's true depth.

    Args:
        shots: as long as the clips that pieces are drawn from; where they are longer than a piece,
            the other frames come from outside it.
        length: frames of a piece.
        others: how many other frames.

    Raises:
        InputError: the shots are shorter than a piece.
    """

    def __init__(self, shots: SyntheticShots, length: int = 24, *, others: int = 1) -> None:
        if length > shots.frames:
            raise InputError(f"synthetic shots of {shots.frames} frames hold no piece of {length}")
        self.shots, self.length, self.others = shots, length, others

    def __len__(self) -> int:
        return 2**31  # as many as there are of filmed ones; shots come again after the last

    def __getitem__(self, index: int) -> FilmedClip:
        if not 0 <= index < len(self):
            raise IndexError(index)
        number = index % len(self.shots)
        shot = self.shots[number]
        rng = np.random.default_rng([self.shots.seed, SPLITS.index(self.shots.split), index, 1])
        piece, others = draw_frames(rng, self.shots.frames, self.length, self.others)
        return FilmedClip(
            name=f"synthetic {self.shots.split} {number} ({shot.place})",
            video=shot.video[piece],
            matte=shot.matte[piece],
            cameras=self._cameras(shot, piece),
            others=shot.video[others],
            others_matte=shot.matte[others],
            others_cameras=self._cameras(shot, others),
            in_track_units=True,
        )

    def _cameras(self, shot: SyntheticShot, frames: list[int]) -> CameraTrack:
        return CameraTrack(shot.cam_from_world[frames], shot.intrinsics[frames], self.shots.size)
