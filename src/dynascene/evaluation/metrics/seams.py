"""Seams: does a clip jump where one window of frames ends and the next begins?

F frames, H W pixels.
"""

from collections.abc import Sequence

import numpy as np

from dynascene.evaluation.flicker import Motion, flicker


def window_borders(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Frames at which the set of windows that a frame was made in changes.

    Args:
        spans: [start, stop) of each window.

    Returns:
        Frames t, in order: t − 1 and t were not made in the same windows.
    """
    frames = max(stop for _, stop in spans)
    return sorted({t for span in spans for t in span} - {0, frames})


def seam_ratio(
    frames: np.ndarray, motion: Motion, region: np.ndarray, borders: Sequence[int]
) -> float:
    """Flicker across window borders as a multiple of the flicker within windows.

    Args:
        frames: uint8 [F, H, W, 3].
        motion: of the truth.
        region: bool [F, H, W], the pixels that count.
        borders: as ``window_borders`` gives them.

    Returns:
        1 where borders do not show; NaN without a border, or where nothing changes within windows.
    """
    at_border = np.zeros(len(frames), bool)
    at_border[[t - 1 for t in borders]] = True  # a change is that of the frame before it
    across = flicker(frames, motion, region & at_border[:, None, None])
    within = flicker(frames, motion, region & ~at_border[:, None, None])
    return across / within if within else float("nan")
