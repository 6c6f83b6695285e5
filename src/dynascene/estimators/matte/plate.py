"""The plate: the place without the person in the view of one frame, from warped other frames.

F frames, N neighbours, h w working pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from dynascene.estimators.frame_spool import FrameStack
from dynascene.estimators.matte.camera_motion import (
    Flow,
    apply_homography,
    look_up,
    other_from_this,
    pixel_grid,
)

BASELINES = (2, 4, 7, 12, 19, 30, 46, 68, 96, 130)  # frames before and after
LEAST_OVERLAP = 0.3  # of the frame that a neighbour must still show
COARSE = 4  # the background's flow is smooth, so a quarter of the resolution holds it
SMOOTHNESS = 0.06  # of the width: how local the parallax may be
ROBUST_ROUNDS = 3
TOLERATED = 1.0  # working pixels: flow that differs more from its surroundings counts little
HIDDEN = 255


class Plate(NamedTuple):
    """The place as seen from one frame.

    Attributes:
        colour: [h, w, 3] float32 sRGB 0 … 255, the median over the neighbours that show it.
        spread: [h, w] float32, how far the neighbours differ from it, in 8-bit values.
        count: [h, w] int, number of neighbours that show the place; 0: the colour is undefined.
    """

    colour: np.ndarray
    spread: np.ndarray
    count: np.ndarray


class Neighbour(NamedTuple):
    """A frame warped into the view of another.

    Attributes:
        colour: [h, w, 3].
        seen: bool [h, w], where it shows the place.
    """

    colour: np.ndarray
    seen: np.ndarray


class PlateMaker:
    """Makes plates for the frames of one clip.

    Args:
        frames: uint8 [F, h, w, 3].
        greys: uint8 [F, h, w].
        chain: [F, 3, 3] frame_from_first.
        person: uint8 [F, h, w], 255 = person; these pixels are used neither for colours nor for
            motion. None: unknown. Then only the camera's motion is compensated, since local
            parallax is not separable from a person's motion.
    """

    def __init__(
        self,
        frames: FrameStack,
        greys: FrameStack,
        chain: np.ndarray,
        person: FrameStack | None = None,
    ) -> None:
        self._frames, self._greys, self._chain, self._person = frames, greys, chain, person
        self._flow = Flow()
        self._grid = pixel_grid(*greys.shape[1:])

    def __call__(self, index: int) -> Plate:
        """The plate for one frame."""
        neighbours = list(self._neighbours(index))
        if not neighbours:
            shape = self._greys.shape[1:]
            return Plate(np.zeros((*shape, 3), np.float32), *np.zeros((2, *shape), np.float32))
        return _median(neighbours)

    def _neighbours(self, index: int) -> Iterator[Neighbour]:
        for baseline in BASELINES:
            for other in (index - baseline, index + baseline):
                if 0 <= other < len(self._frames):
                    neighbour = self._neighbour(index, other)
                    if neighbour is not None:
                        yield neighbour

    def _neighbour(self, index: int, other: int) -> Neighbour | None:
        """Another frame in the view of this one; None where they overlap too little."""
        homography = other_from_this(self._chain, index, other)
        places = apply_homography(homography, self._grid)
        # of the frame, not of the place: somebody large hides most of it, and the rest counts
        if self._inside(places).mean() < LEAST_OVERLAP:
            return None
        warped = look_up(self._greys[other], places)
        trusted = self._inside(places).astype(np.float32)
        if self._person is not None:
            trusted[self._person[index] > 0] = 0
        rest = self._flow(self._greys[index], warped)
        smoothness = SMOOTHNESS if self._person is not None else 3 * SMOOTHNESS
        parallax = smooth_flow(rest, trusted, smoothness * rest.shape[1])
        places = apply_homography(homography, self._grid + parallax)
        seen = self._inside(places)
        if self._person is not None:
            hidden = look_up(self._person[other], places, cv2.BORDER_CONSTANT)
            seen &= hidden == 0
        colour = look_up(self._frames[other], places)
        return Neighbour(colour, seen)

    def _inside(self, places: np.ndarray) -> np.ndarray:
        height, width = self._greys.shape[1:]
        x, y = places[..., 0], places[..., 1]
        return (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)


def smooth_flow(flow: np.ndarray, trusted: np.ndarray, sigma: float) -> np.ndarray:
    """A smooth flow that explains most of a flow.

    Robust: what moves differently from its surroundings loses weight from round to round.

    Args:
        flow: [h, w, 2].
        trusted: weights [h, w]; where they are 0 the surroundings are continued.
        sigma: of the smoothing, in pixels.
    """
    height, width = trusted.shape
    small = max(1, width // COARSE), max(1, height // COARSE)
    weight = cv2.resize(trusted, small, interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(flow * trusted[..., None], small, interpolation=cv2.INTER_AREA)
    coarse = coarse / np.maximum(weight, 1e-6)[..., None]
    votes, smooth = weight, coarse
    for _ in range(ROBUST_ROUNDS):
        smooth = _blurred(coarse * votes[..., None], sigma / COARSE)
        smooth /= (_blurred(votes, sigma / COARSE) + 1e-4)[..., None]
        off = np.linalg.norm(coarse - smooth, axis=-1) / TOLERATED
        votes = weight / (1 + off**2) ** 2
    return cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)


def _blurred(field: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)


def _median(neighbours: list[Neighbour]) -> Plate:
    """The per-pixel median of each channel over the neighbours that show the place."""
    seen = np.stack([n.seen for n in neighbours])
    count = seen.sum(axis=0)
    colours = np.stack([n.colour for n in neighbours])
    colour = _median_of_seen(colours, seen, count)
    off = np.stack([cv2.absdiff(n.colour, colour).max(axis=-1, keepdims=True) for n in neighbours])
    spread = _median_of_seen(off, seen, count)[..., 0]
    return Plate(colour.astype(np.float32), spread.astype(np.float32), count)


def _median_of_seen(values: np.ndarray, seen: np.ndarray, count: np.ndarray) -> np.ndarray:
    """The lower median of uint8 [N, h, w, C] over the seen [N, h, w]: uint8 [h, w, C]."""
    ordered = np.where(seen[..., None], values, np.uint8(HIDDEN))
    ordered.sort(axis=0)
    middle = np.maximum(count - 1, 0) // 2
    return np.take_along_axis(ordered, middle[None, ..., None], axis=0)[0]
