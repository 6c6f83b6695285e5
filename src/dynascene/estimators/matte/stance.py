"""The person's position and size in each frame, and averages of pictures aligned by them.

F frames, h w working pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from dynascene.estimators.frame_spool import FrameStack, spooled

STEADIED = 9  # frames: a stance that fewer than half of them share is a mistake
PATH, GROWTH = 3.0, 12.0  # frames: spread of the smoothing of the path, and of the size
SECOND = 12.0  # frames: spread of the average over time …
TRUNCATED = 4.0  # … beyond so many of which nothing has a weight
BLOCK = 64  # frames that are averaged at once
COMMON, SIZES = 64, 4.0  # pixels of the common view, and the person's sizes that it holds


class Stance(NamedTuple):
    """The person's place in a frame.

    Attributes:
        x, y: centre, in working pixels.
        size: square root of the area.
    """

    x: float
    y: float
    size: float


def find_stances(probabilities: Iterable[np.ndarray]) -> list[Stance]:
    """The stance in every frame, from probabilities of person [F, h, w].

    The centre is the median over pixels that are more likely person. Outliers in time are removed.
    """
    rows = []
    for probability in probabilities:
        person = np.clip(probability.astype(np.float32) - 0.5, 0, None)
        x, y = (_median_place(person.sum(axis=axis)) for axis in (0, 1))
        rows.append((x, y, np.sqrt(np.count_nonzero(person) + 1)))
    steady = median_filter(np.array(rows, float), (STEADIED, 1), mode="nearest")
    path = gaussian_filter1d(steady, PATH, axis=0, mode="nearest")
    path[:, 2] = gaussian_filter1d(steady[:, 2], GROWTH, mode="nearest")
    return [Stance(*row) for row in path]


def usual_shape(probabilities: FrameStack, stances: list[Stance]) -> Iterator[np.ndarray]:
    """Yield the average of neighbouring frames' probabilities, aligned with the person: float32
    [h, w] per frame, from probabilities [F, h, w].
    """
    views = [_common_from_frame(stance) for stance in stances]
    return averaged_in_step(probabilities, views, (COMMON, COMMON), cv2.BORDER_REPLICATE)


def averaged_in_step(
    pictures: FrameStack, common_from_frame: list[np.ndarray], size: tuple[int, int], border: int
) -> Iterator[np.ndarray]:
    """Average pictures over a second in a common view, and map each average back.

    Args:
        pictures: [F, h, w].
        common_from_frame: affine [2, 3], one per frame.
        size: width and height of the common view.
        border: OpenCV's border mode beyond a frame.

    Returns:
        An iterator over [h, w].
    """
    height, width = pictures.shape[1:]
    common = spooled(
        cv2.warpAffine(picture.astype(np.float32), view, size, borderMode=border)
        for picture, view in zip(pictures, common_from_frame, strict=True)
    )
    back = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for average, view in zip(_averaged_in_time(common), common_from_frame, strict=True):
        yield cv2.warpAffine(average, view, (width, height), flags=back)


def _averaged_in_time(pictures: FrameStack) -> Iterator[np.ndarray]:
    """The averages over a second, [h, w] each, in blocks: what lies further off has no weight."""
    reach, frames = int(TRUNCATED * SECOND + 0.5), len(pictures)
    for begin in range(0, frames, BLOCK):
        first, last = max(0, begin - reach), min(frames, begin + BLOCK + reach)
        block = np.stack([pictures[index] for index in range(first, last)])
        averages = gaussian_filter1d(block, SECOND, axis=0, mode="nearest", truncate=TRUNCATED)
        yield from averages[begin - first : begin - first + BLOCK]


def _median_place(mass: np.ndarray) -> int:
    return int(np.searchsorted(np.cumsum(mass), mass.sum() / 2))


def _common_from_frame(stance: Stance) -> np.ndarray:
    scale = COMMON / (SIZES * stance.size)
    return np.array(
        [[scale, 0, COMMON / 2 - scale * stance.x], [0, scale, COMMON / 2 - scale * stance.y]]
    )
