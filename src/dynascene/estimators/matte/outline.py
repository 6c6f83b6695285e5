"""The outline of a finished matte, moved and softened as a user asks.

First the outline moves, by grey-scale erosion (or dilation) with a disc, so that every level of a
soft edge moves by the same distance and hair stays as soft as it was. Then it is blurred. Discs
add up under erosion: the whole pixels of the radius are one disc of pixels, and what is left is the
least of bilinear samples on a circle.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from dynascene.errors import InputError

MOST = 200.0  # pixels
DISC = 0.15  # pixels by which a disc of pixels is larger, which makes its mean radius true
DIRECTIONS = 16  # of the samples on a circle
TEN_TO_NINETY = 2.563  # standard deviations between 10 % and 90 % of a Gaussian's integral


@dataclass(frozen=True)
class MatteOutline:
    """How far the outline of a matte moves, and how soft it becomes.

    Args:
        matte_shrink: pixels of the clip by which it moves inwards; negative: outwards.
        matte_feather: pixels of the clip within which a hard edge then falls from 90 % to 10 %.

    Raises:
        InputError: a number out of its range.
    """

    matte_shrink: float = 0.0
    matte_feather: float = 0.0

    def __post_init__(self) -> None:
        if not abs(self.matte_shrink) <= MOST:
            raise InputError(
                f"`matte_shrink` {self.matte_shrink:g}: give pixels, {-MOST:g} to {MOST:g} "
                "(negative: the person grows)"
            )
        if not 0 <= self.matte_feather <= MOST:
            raise InputError(f"`matte_feather` {self.matte_feather:g}: give pixels, 0 to {MOST:g}")

    def moved(self, matte: np.ndarray) -> np.ndarray:
        """A matte with its outline moved: uint8 [H, W, 1] → the same.

        The frame's border is no outline: a person whom it cuts off does not shrink there.
        """
        if not self.matte_shrink or not matte.any():
            return matte
        left, top, width, height = cv2.boundingRect(matte[..., 0])
        margin = int(abs(self.matte_shrink)) + 2
        rows = slice(max(0, top - margin), top + height + margin)
        columns = slice(max(0, left - margin), left + width + margin)
        part, result = matte[rows, columns, 0], matte.copy()
        if self.matte_shrink > 0:
            result[rows, columns, 0] = _eroded(part, self.matte_shrink)
        else:
            result[rows, columns, 0] = 255 - _eroded(255 - part, -self.matte_shrink)
        return result

    def softened(self, matte: np.ndarray) -> np.ndarray:
        """A matte with its outline blurred: uint8 [H, W, 1] → the same."""
        if not self.matte_feather:
            return matte
        sigma = self.matte_feather / TEN_TO_NINETY
        return cv2.GaussianBlur(matte[..., 0], (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)[
            ..., None
        ]


def _eroded(matte: np.ndarray, radius: float) -> np.ndarray:
    """Grey-scale erosion of uint8 [H, W] by a disc of any radius in pixels."""
    whole = max(0, int(radius) - 1)
    rest = radius - whole
    if whole:
        y, x = np.mgrid[-whole : whole + 1, -whole : whole + 1]
        disc = (x**2 + y**2 <= (whole + DISC) ** 2).astype(np.uint8)
        matte = cv2.erode(matte, disc, borderType=cv2.BORDER_REPLICATE)
    least = matte
    for angle in np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS:
        shift = np.array([[1, 0, rest * np.cos(angle)], [0, 1, rest * np.sin(angle)]])
        sample = cv2.warpAffine(
            matte,
            shift,
            matte.shape[::-1],
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        least = np.minimum(least, sample)
    return least
