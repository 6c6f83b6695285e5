"""Clips of plain moves as a batch: does what is made of them follow the camera it was told?

Legend: B clips, F frames, H W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from dynascene.synthetic.shots.moved_shots import MovedShot
from dynascene.training_batch import collate
from dynascene.types import Batch

OBEYED = 0.5  # dB: a smaller gap between the true and the opposite track is no obedience


class MovedClips(NamedTuple):
    """Clips of plain moves, and all that is known of them.

    Args:
        clip: what conditions, along the true track.
        opposite: the same along the opposite one: the cameras, and points where they are asked for.
        truth: [B, F, 3, H, W] in 0 … 1, without a person.
        judged, seen: [B, F, 1, H, W], 1 where nobody stands, and of that where the picture shows
            the place.
    """

    clip: Batch
    opposite: Batch
    truth: Tensor
    judged: Tensor
    seen: Tensor


def moved_clips(shots: Sequence[MovedShot]) -> MovedClips:
    """Stack shots of one size and length."""
    batch = collate([moved.shot for moved in shots])
    clip = batch.pixels
    further = {
        name: torch.stack([moved.opposite_inputs[name] for moved in shots])
        for name in shots[0].opposite_inputs
    }
    cameras = torch.stack([moved.opposite for moved in shots])
    opposite = clip.replace(cam_from_world=cameras, **further)
    judged = (clip.matte == 0).float()
    seen = judged * torch.stack([moved.shot.seen for moved in shots])
    return MovedClips(clip, opposite, batch.target("background") / 2 + 0.5, judged, seen)
