"""Long, well spread tracks out of all corners that Lucas–Kanade follows.

F frames, N points.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dynascene.errors import InputError
from dynascene.estimators.camera.point_tracks import PointTracks, follow_points
from dynascene.io.points import MOST, BackgroundPoints
from dynascene.types import FrameSource

LONG = 0.5  # of the longest track: shorter ones are taken where there are too few


def track_points(
    frames: FrameSource,
    matte: FrameSource | None,
    count: int = MOST,
    step: Callable[[], None] = lambda: None,
) -> BackgroundPoints:
    """Points of the background, by pyramidal Lucas–Kanade with a check forwards and backwards.

    Args:
        frames: of the clip.
        matte: [H, W, 1], 255 = person, who is left out; None: all is background.
        count: of points, at most.
        step: called after each frame.

    Raises:
        InputError: the matte does not fit, or nothing can be followed.
    """
    tracks = follow_points(frames, matte, step)
    if not len(tracks.frame):
        raise InputError("the background has no corner that can be followed")
    rows = sparse_rows(tracks, count)
    rows[..., :2] *= np.divide(frames.size, tracks.size)
    return BackgroundPoints(frames.size, rows)


def sparse_rows(tracks: PointTracks, count: int) -> np.ndarray:
    """[F, N, 3] x, y and visibility of up to ``count`` tracks, in pixels of ``tracks.size``.

    Of the long tracks each is the one farthest from those before it; then shorter ones follow.
    Where a point is not seen, it stays where it was seen last, or first.
    """
    numbers, lengths = np.unique(tracks.track, return_counts=True)
    sums = [np.bincount(tracks.track, tracks.point[:, axis]) for axis in (0, 1)]
    middles = np.stack([total[numbers] / lengths for total in sums], axis=1)
    order = np.argsort(-lengths, kind="stable")
    long = [i for i in order if lengths[i] >= LONG * lengths.max()]
    chosen = [long[0]]
    while len(chosen) < min(count, len(long)):
        gaps = np.linalg.norm(middles[long][:, None] - middles[chosen][None], axis=-1).min(axis=1)
        chosen.append(long[int(np.argmax(gaps))])
    chosen += [i for i in order if i not in set(chosen)][: count - len(chosen)]
    rows = np.zeros((tracks.frames, len(chosen), 3))
    every = np.arange(tracks.frames)
    for place, index in enumerate(chosen):
        own = tracks.track == numbers[index]
        at = tracks.frame[own]
        for axis in (0, 1):
            rows[:, place, axis] = np.interp(every, at, tracks.point[own, axis])
        rows[at, place, 2] = 1
    return rows
