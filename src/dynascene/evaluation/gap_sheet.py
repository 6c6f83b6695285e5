"""Samples along a track and along the opposite one, beside what is truly there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from dynascene.evaluation.gap import CameraFollower
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.imaging.sheet import (
    LABEL_WIDTH,
    SheetHeader,
    SheetRow,
    contact_sheet,
    stack_sheets,
)
from dynascene.synthetic.shots.moved_clips import MovedClips

SHOWN = 4  # of each batch's clips, one of each move
LEAST_WIDTH = 144  # pixels of a picture: smaller ones are enlarged by whole numbers
MOST_FRAMES, MOST_CLIPS = 5, 12
LETTER_WIDTH = 8  # pixels, of the names of rows


def opposite_moves_sheet(
    systems: Sequence[CameraFollower],
    batches: Sequence[MovedClips],
    moves: Sequence[str],
    seed: int,
) -> np.ndarray:
    """A block for each clip: the truth, then each system along the true and the opposite track.

    Args:
        systems: made with the noise that they were measured with.
        batches: of clips; the first few of each are shown.
        moves: of all clips.
        seed: of the measurement.

    Returns:
        uint8 [H, W, 3].
    """
    longest = max((len(system.name) for system in systems), default=0)
    label_width = max(LABEL_WIDTH, LETTER_WIDTH * longest)
    blocks, first = [], 0
    for index, moved in enumerate(batches):
        rendered = {
            system.name: (
                system.frames(moved.clip, seed + index),
                system.frames(moved.opposite, seed + index),
            )
            for system in systems
        }
        for clip in range(min(SHOWN, len(moved.clip))):
            if len(blocks) == MOST_CLIPS:
                break
            rows = [SheetRow("truth", _pictures(moved.truth[clip]))]
            for name, (true, opposite) in rendered.items():
                rows.append(SheetRow(f"{name}\nas told", _pictures(true[clip])))
                rows.append(SheetRow("opposite", _pictures(opposite[clip])))
            scene = _pictures(moved.clip.scene_image[clip : clip + 1] / 2 + 0.5)[0]
            captions = [f"frame {number}" for number in _numbers(moved.clip.frames)]
            header = SheetHeader(scene, moves[first + clip])
            blocks.append(contact_sheet(rows, captions, header, label_width))
        first += len(moved.clip)
        if len(blocks) == MOST_CLIPS:
            break
    return stack_sheets(blocks)


def _numbers(frames: int) -> list[int]:
    return sorted({round(i * (frames - 1) / (MOST_FRAMES - 1)) for i in range(MOST_FRAMES)})


def _pictures(frames: Tensor) -> list[np.ndarray]:
    """Some of [F, 3, H, W] in 0 … 1, enlarged without smoothing: uint8 [H, W, 3]."""
    pixels = bytes_from_tensor(frames[_numbers(len(frames))])
    times = max(1, -(-LEAST_WIDTH // pixels.shape[2]))
    return [picture.repeat(times, 0).repeat(times, 1) for picture in pixels]
