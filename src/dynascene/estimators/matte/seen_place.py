"""Where a frame shows the place, because other frames show the same there.

Frames some steps before and after are laid over this one by the motion of the place, taken as that
of one plane. A pixel that looks like one of them, where nobody stands in it, is the place, unless
as many look alike where somebody does: then a single frame has missed an arm. Where the plane is
wrong nothing looks alike, and nothing is said. F frames, h w working pixels.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import reduce
from typing import NamedTuple

import cv2
import numpy as np

from dynascene.estimators.frame_spool import FrameStack
from dynascene.estimators.matte.around_person import around_person
from dynascene.imaging.colour import luma

STEP, STEPS = 6, 3  # frames from one that is compared to the next; how many on either side
REACH = STEP * STEPS
ALIKE = 9.0  # 8-bit values by which the place may differ from itself
NOBODY = 0.05  # probability below which nobody stands there …
MARGIN = 7  # … in a square of so many pixels
SOMEBODY = 0.5  # probability above which somebody does
MENDED = 0.5, 0.9  # opinions below are mended, those above stay: a sleeve may look like the place
POINTS, LEAST_POINTS = 150, 20  # of the place that are followed
CORNER, APART = 0.01, 8  # quality of a point that is followed; pixels between two of them
WINDOW, LEVELS = (15, 15), 4  # of the pyramid in which they are followed
OFF_PLANE = 1.5  # pixels that a point may be off the plane


class PlaceOpinion(NamedTuple):
    """What is known of one frame.

    Attributes:
        person: float32 [h, w], probability of person, mended where the place is seen.
        place: float32 [h, w] in 0 … 1, how surely a pixel looks as the place does there; 0 where
            other frames tell nothing.
    """

    person: np.ndarray
    place: np.ndarray


def with_seen_place(opinions: Iterator[np.ndarray], frames: FrameStack) -> Iterator[PlaceOpinion]:
    """Mend opinions by what other frames show of the place.

    Args:
        opinions: of each frame, the probability of person [h, w], in any precision; read REACH
            frames ahead.
        frames: uint8 [F, h, w, 3].
    """
    place = _Place(frames)
    low, high = MENDED
    for index, opinion in enumerate(_ahead(opinions, place)):
        seen = place.seen(index, opinion)
        weight = np.clip((high - opinion) / (high - low), 0, 1)
        yield PlaceOpinion(opinion * (1 - weight * seen), seen)


def _ahead(opinions: Iterator[np.ndarray], place: _Place) -> Iterator[np.ndarray]:
    """Yield the opinions when the place knows those of the next REACH frames, too."""
    waiting: deque[np.ndarray] = deque()
    for opinion in opinions:
        waiting.append(opinion.astype(np.float32, copy=False))
        place.add(waiting[-1])
        if len(waiting) > REACH:
            yield waiting.popleft()
    yield from waiting


class _Place:
    """The place as frames show it, of which those near the last asked for are remembered."""

    def __init__(self, frames: FrameStack) -> None:
        self._frames = frames
        # uint8 [h, w, 2] by frame: 255 where nobody stands, and where somebody does
        self._stands: dict[int, np.ndarray] = {}
        self._steps: dict[int, np.ndarray | None] = {}  # by frame: to the one STEP after it
        self._count = 0

    def add(self, opinion: np.ndarray) -> None:
        """Take the opinion of the next frame."""
        near = cv2.dilate(opinion, np.ones((MARGIN, MARGIN), np.uint8))
        stands = np.dstack([near < NOBODY, opinion > SOMEBODY])
        self._stands[self._count] = stands.astype(np.uint8) * 255
        self._count += 1

    def seen(self, index: int, opinion: np.ndarray) -> np.ndarray:
        """How surely each pixel of a frame, around its person, looks as the place: [h, w]."""
        for memory in (self._stands, self._steps):
            memory.pop(index - REACH - 1, None)
        result = np.zeros(opinion.shape, np.float32)
        near = around_person([opinion], NOBODY)
        if near is None:
            return result
        own = _smooth(self._frames[index][near])
        surest, votes = np.zeros((2, *own.shape[:2]), np.float32)
        for other, other_from_this in self._others(index):
            alike, nobody, somebody = self._compared(own, near, other, other_from_this)
            surest = np.maximum(surest, alike * nobody)
            votes += alike * (nobody.astype(np.float32) - somebody)
        result[near] = surest * np.clip(votes, 0, 1)
        return result

    def _others(self, index: int) -> Iterator[tuple[int, np.ndarray]]:
        """Frames that show the same place, with the homography [3, 3] from this frame to each."""
        for direction in (-1, 1):
            at, other_from_this = index, np.eye(3)
            for _ in range(STEPS):
                after = at + direction * STEP
                step = self._step(min(at, after)) if 0 <= after < self._count else None
                if step is None:
                    break
                other_from_this = (step if direction > 0 else np.linalg.inv(step)) @ other_from_this
                at = after
                yield at, other_from_this

    def _step(self, index: int) -> np.ndarray | None:
        if index not in self._steps:
            greys = [luma(self._frames[number]) for number in (index, index + STEP)]
            self._steps[index] = _plane_motion(*greys, self._stands[index][..., 0])
        return self._steps[index]

    def _compared(
        self,
        own: np.ndarray,
        near: tuple[slice, slice],
        other: int,
        other_from_this: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Part of a frame against another frame, laid over it.

        Returns:
            How much they look alike, float32 [h, w] in 0 … 1; where nobody stands in the other
            one, and where somebody does, bool [h, w] each, both False where it ends.
        """
        rows, columns = near
        shift = np.array([[1, 0, columns.start], [0, 1, rows.start], [0, 0, 1.0]])
        matrix, size = other_from_this @ shift, own.shape[1::-1]
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        moved = _smooth(cv2.warpPerspective(self._frames[other], matrix, size, flags=flags))
        stands = cv2.warpPerspective(self._stands[other], matrix, size, flags=flags)
        off = reduce(cv2.max, cv2.split(cv2.absdiff(own, moved))).astype(np.float32)
        nobody, somebody = (plane == 255 for plane in cv2.split(stands))
        return np.exp(-((off / ALIKE) ** 2)), nobody, somebody


def _smooth(picture: np.ndarray) -> np.ndarray:
    """Without the finest noise."""
    return cv2.GaussianBlur(picture, (3, 3), 0)


def _plane_motion(this: np.ndarray, other: np.ndarray, free: np.ndarray) -> np.ndarray | None:
    """The homography [3, 3] of the place from a grey frame to another; None where it is unclear.

    Args:
        this, other: uint8 [h, w].
        free: uint8 [h, w], 255 where nobody stands in the first.
    """
    points = _corners(this, free)
    if len(points) < LEAST_POINTS:
        return None
    moved, state, _ = cv2.calcOpticalFlowPyrLK(  # ty: ignore[no-matching-overload]
        this, other, points, None, winSize=WINDOW, maxLevel=LEVELS
    )
    points, moved = points[state[:, 0] > 0], moved[state[:, 0] > 0]
    if len(points) < LEAST_POINTS:
        return None
    plane, on_plane = cv2.findHomography(points, moved, cv2.USAC_MAGSAC, OFF_PLANE)
    if plane is None or on_plane.sum() < LEAST_POINTS or not np.isfinite(plane).all():
        return None
    return plane / plane[2, 2]


def _corners(grey: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Points [N, 1, 2] to follow, looked for at half the size, where that takes a quarter."""
    size = max(1, grey.shape[1] // 2), max(1, grey.shape[0] // 2)
    small, mask = (cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in (grey, free))
    corners = cv2.goodFeaturesToTrack(small, POINTS, CORNER, APART / 2, mask=mask // 255)
    if corners is None:
        return np.empty((0, 1, 2), np.float32)
    scale = np.array(grey.shape[::-1]) / size
    return ((corners + 0.5) * scale - 0.5).astype(np.float32)
