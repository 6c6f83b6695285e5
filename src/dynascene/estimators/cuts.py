"""Hard cuts in a clip: where one take ends and the next begins.

At a cut the colours change, and no motion leads from one picture to the next. Either alone is
common within a take: a fast pan brings new colours, and motion blur breaks the flow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain, repeat

import cv2
import numpy as np

from dynascene.imaging.colour import luma
from dynascene.types import FrameSource

SIDE = 160  # pixels of the longer side of the pictures that are compared
COLOUR_BINS = 8  # per channel
# 240 joins of two real clips: the first at least 0.34, the second at most 0.11. Within takes the
# first is at most 0.22 and the second at least 0.36; a 51° pan of which every eighth frame is taken
# loses the second, and has 0.27 of the first.
COLOURS_CHANGED = 0.3  # share of the pixels whose colour the other picture lacks
EXPLAINED = 0.2  # share of the pixels that motion leads to the other picture
FLOW_TOLERANCE, FLOW_SLACK = 1.0, 0.05  # pixels, and share of the flow's length
WINDOW, LIKENESS, FLAT = 9, 0.5, 4.0  # pixels; correlation there; grey levels of mere noise
PERSISTS = 3  # frames on either side that must all differ: a flash of light is shorter


def find_cuts(source: FrameSource, step: Callable[[], None] = lambda: None) -> list[int]:
    """The frames that begin a new take, without the clip's first frame. Fades are not found.

    Args:
        source: frames [H, W, 3 or 4].
        step: called after each frame.
    """
    cuts = []
    window: deque[np.ndarray | None] = deque(maxlen=2 * PERSISTS)
    pictures = chain(_thumbnails(source, step), repeat(None, PERSISTS - 1))
    for index, picture in enumerate(pictures):
        window.append(picture)
        judged = index - PERSISTS + 1
        seen = list(window)
        if judged > 0 and _all_unlike(seen[:-PERSISTS], seen[-PERSISTS:]):
            cuts.append(judged)
    return cuts


def _thumbnails(source: FrameSource, step: Callable[[], None]) -> Iterator[np.ndarray]:
    shrink = min(1.0, SIDE / max(source.size))
    size = [max(16, round(side * shrink)) for side in source.size]  # smaller ones have no flow
    for frame in source.read():
        yield cv2.resize(frame[..., :3], size, interpolation=cv2.INTER_AREA)
        step()


def _all_unlike(before: list[np.ndarray | None], after: list[np.ndarray | None]) -> bool:
    """Whether each picture differs from each, nearest pairs first; None: beyond the clip's end."""
    return all(
        _unlike(one, other)
        for one in reversed(before)
        for other in after
        if one is not None and other is not None
    )


def _unlike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two pictures uint8 [h, w, 3] differ in colours and are not joined by motion."""
    changed = 1 - np.minimum(_colours(one), _colours(other)).sum()
    return bool(changed > COLOURS_CHANGED and _explained(one, other) < EXPLAINED)


def _colours(picture: np.ndarray) -> np.ndarray:
    """A colour histogram [bins] with the sum 1."""
    counts = cv2.calcHist([picture], [0, 1, 2], None, [COLOUR_BINS] * 3, [0, 256] * 3)
    return counts / counts.sum()


def _explained(one: np.ndarray, other: np.ndarray) -> float:
    """Share of the pixels that the flow leads to a similar pixel of the other picture, and back."""
    a, b = (luma(picture) for picture in (one, other))
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    nothing = np.zeros((*a.shape, 2), np.float32)
    there, back = flow.calc(a, b, nothing.copy()), flow.calc(b, a, nothing.copy())
    y, x = np.mgrid[: a.shape[0], : a.shape[1]].astype(np.float32)
    to_x, to_y = x + there[..., 0], y + there[..., 1]
    far = (1e3, 1e3)  # from outside nothing comes back
    returned = there + cv2.remap(
        back, to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=far
    )
    error, length = (np.linalg.norm(vectors, axis=2) for vectors in (returned, there))
    warped = cv2.remap(b, to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # where nothing matches, the flow stays near zero both ways: the pictures must agree as well
    alike = _local_correlation(a, warped) > LIKENESS
    return float((alike & (error < FLOW_TOLERANCE + FLOW_SLACK * length)).mean())


def _local_correlation(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Correlation of two grey pictures in a window about each pixel: [h, w], −1 … 1."""
    a, b = (picture.astype(np.float32) for picture in (one, other))

    def covariance(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        mean = [cv2.blur(picture, (WINDOW, WINDOW)) for picture in (p * q, p, q)]
        return mean[0] - mean[1] * mean[2]

    spread = np.sqrt(np.maximum(covariance(a, a) * covariance(b, b), 0))
    return (covariance(a, b) + FLAT**2) / (spread + FLAT**2)
