"""A wrong matte mended by clicks: a point of a frame is the person, or is not.

The click stands for a region of alike colour around it: of all tolerances the one is taken at which
the region grows least, since there it ends at an edge (the maximally stable region of Matas et al.,
2002). Optical flow carries the region to the frames before and after, where it keeps what still has
that colour, and fades out.

F frames, h w working pixels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from dynascene.estimators.frame_spool import FrameStack
from dynascene.estimators.matte.camera_motion import Flow, look_up, pixel_grid
from dynascene.imaging.colour import luma

TOLERANCES = np.geomspace(6, 60, 15)  # distances in Lab
LARGEST = 0.1  # of the frame: a region beyond has run out
CLOSE_BY = 0.03  # of the width: how far a click counts in a region that has run out
SMALLEST = 9  # pixels
STRENGTH = 12.0  # logit that a click adds in its own frame
FADED = 40.0  # frames in which 1/e of it is left
LEAST = 1.0  # logit below which it is not carried on
CREEP = 1.5  # pixels that a region may regain from frame to frame …
MOST_GROWN = 1.2  # … as long as it is no larger than this times the clicked one
SUREST = 6.0  # logit of any opinion: even a sure one can be mended


class Hint(NamedTuple):
    """A click.

    Attributes:
        frame: number.
        x, y: in pixels, the first pixel's corner is 0.
        is_person: whether the person is seen there.
    """

    frame: int
    x: float
    y: float
    is_person: bool = True


class ClickedRegion(NamedTuple):
    """What a click stands for.

    Attributes:
        mask: float32 [h, w] in 0 … 1.
        colour: [3], its mean in Lab.
        tolerance: distance in Lab at which another colour is half alike.
    """

    mask: np.ndarray
    colour: np.ndarray
    tolerance: float


def with_hints(
    opinions: Iterable[np.ndarray], frames: FrameStack, hints: Sequence[Hint]
) -> Iterator[np.ndarray]:
    """Mend probabilities of person by clicks, frame by frame.

    Args:
        opinions: F probabilities [h, w] in 0 … 1.
        frames: uint8 [F, h, w, 3].
        hints: in working pixels.

    Yields:
        float32 [h, w]; the same where no click reaches.
    """
    added = click_logits(frames, hints)
    for index, opinion in enumerate(opinions):
        yield _mended(opinion, added[index]) if index in added else opinion


def click_logits(frames: FrameStack, hints: Sequence[Hint]) -> dict[int, np.ndarray]:
    """What clicks add to the logits, float32 [h, w], by the number of each frame they reach."""
    added: dict[int, np.ndarray] = defaultdict(lambda: np.zeros(frames.shape[1:3], np.float32))
    for hint in hints:
        region = clicked_region(frames[hint.frame], hint)
        sign = 1 if hint.is_person else -1
        added[hint.frame] += sign * STRENGTH * region.mask
        for step in (1, -1):
            _carry(added, frames, hint.frame, step, region, sign)
    return dict(added)


def _mended(probabilities: np.ndarray, added: np.ndarray) -> np.ndarray:
    odds = np.clip(probabilities, 1e-4, 1 - 1e-4).astype(np.float32)
    logits = np.clip(np.log(odds / (1 - odds)), -SUREST, SUREST) + added
    return np.where(added == 0, probabilities, (1 + np.tanh(logits / 2)) / 2).astype(np.float32)


def clicked_region(frame: np.ndarray, hint: Hint) -> ClickedRegion:
    """The region of alike colour around a click in a frame, uint8 [h, w, 3]."""
    height, width = frame.shape[:2]
    x, y = min(int(hint.x), width - 1), min(int(hint.y), height - 1)
    colours = _lab(frame)
    centre = np.median(colours[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].reshape(-1, 3), axis=0)
    distance = np.linalg.norm(colours - centre, axis=-1)
    distance[y, x] = 0
    regions = [_connected(distance <= tolerance, x, y) for tolerance in TOLERANCES]
    areas = np.array([np.count_nonzero(region) for region in regions], float)
    growth = areas[1:] / areas[:-1]
    growth[(areas[:-1] < SMALLEST) | (areas[1:] > LARGEST * height * width)] = np.inf
    best = int(growth.argmin()) if np.isfinite(growth).any() else 0
    if areas[best] > LARGEST * height * width:  # snow or sky: the click counts close by
        row, column = np.ogrid[:height, :width]
        regions[best] &= np.hypot(row - y, column - x) <= CLOSE_BY * width
    region = cv2.morphologyEx(regions[best].astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3)))
    mask = cv2.GaussianBlur(cv2.dilate(region, np.ones((3, 3))).astype(np.float32), (0, 0), 0.7)
    mean = colours[regions[best]].mean(axis=0)
    return ClickedRegion(mask, mean, float(TOLERANCES[best + 1]))


def _carry(
    added: dict[int, np.ndarray],
    frames: FrameStack,
    start: int,
    step: int,
    region: ClickedRegion,
    sign: int,
) -> None:
    """Add the region's logit to the frames after (or before) that of the click."""
    flow, grid, mask = Flow(), pixel_grid(*frames.shape[1:3]), region.mask
    reach = 2 * int(np.ceil(CREEP)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    before, index = luma(frames[start]), start + step
    while 0 <= index < len(frames):
        strength = STRENGTH * float(np.exp(-abs(index - start) / FADED))
        now = luma(frames[index])
        warped = look_up(mask, grid + flow(now, before), cv2.BORDER_CONSTANT)
        off = np.linalg.norm(_lab(frames[index]) - region.colour, axis=-1) / region.tolerance
        alike = 1 / (1 + off**4)
        may_grow = warped.sum() < MOST_GROWN * region.mask.sum()
        mask = (cv2.dilate(warped, disc) if may_grow else warped) * np.clip(2 * alike, 0, 1)
        if strength < LEAST or mask.sum() < SMALLEST / 2:
            return
        added[index] += sign * strength * mask
        before, index = now, index + step


def _connected(alike: np.ndarray, x: int, y: int) -> np.ndarray:
    """The part of a mask [h, w] that holds a pixel."""
    _, labels = cv2.connectedComponents(alike.astype(np.uint8), connectivity=4)
    return labels == labels[y, x]


def _lab(frame: np.ndarray) -> np.ndarray:
    """float32 [h, w, 3]: lightness 0 … 100 and two chroma axes, without fine noise."""
    smooth = cv2.GaussianBlur(frame, (0, 0), 0.8)
    return cv2.cvtColor(smooth.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
