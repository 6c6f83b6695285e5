"""The turned square of a frame in which a person stands upright.

Positions are in OpenCV's pixels: the first pixel's centre is at 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

SIDE = 2.5  # of the distance from the hips to the end of the body, which reaches past head and feet
STEADIED, SMOOTHED = 5, 1.5  # frames: a median, and the spread of a Gaussian


class Region(NamedTuple):
    """A square of the frame.

    Attributes:
        x, y: its centre, in pixels.
        side: in pixels.
        turn: of the person in it, in radians clockwise; 0: upright.
    """

    x: float
    y: float
    side: float
    turn: float

    def crop_from_frame(self, size: int) -> np.ndarray:
        """The affine map [2, 3] to a picture of ``size`` pixels in which the person is upright."""
        scale = size / self.side
        c, s = scale * np.cos(self.turn), scale * np.sin(self.turn)
        turned = np.array([[c, s], [-s, c]])
        shift = (size - 1) / 2 - turned @ [self.x, self.y]
        return np.hstack([turned, shift[:, None]])

    def cut(self, frame: np.ndarray, size: int) -> np.ndarray:
        """The square of a frame [H, W, 3] as [size, size, 3], black beyond the frame."""
        shrink = self.side / size
        if shrink > 2:  # warping takes four pixels into account, so shrink before
            least = 2 / shrink
            height, width = frame.shape[:2]
            small = max(1, round(width * least)), max(1, round(height * least))
            frame = cv2.resize(frame, small, interpolation=cv2.INTER_AREA)
            factor = small[0] / width
            part = Region(
                (self.x + 0.5) * factor - 0.5,
                (self.y + 0.5) * factor - 0.5,
                self.side * factor,
                self.turn,
            )
            return cv2.warpAffine(frame, part.crop_from_frame(size), (size, size))
        return cv2.warpAffine(frame, self.crop_from_frame(size), (size, size))

    def lay(self, crop: np.ndarray, shape: tuple[int, int], beyond: float) -> np.ndarray:
        """A result for the square, [size, size], in a frame [H, W] that is ``beyond`` elsewhere."""
        frame_from_crop = cv2.invertAffineTransform(self.crop_from_frame(len(crop)))
        return cv2.warpAffine(
            crop, frame_from_crop, shape[::-1], borderMode=cv2.BORDER_CONSTANT, borderValue=beyond
        )

    def to_frame(self, points: np.ndarray, size: int) -> np.ndarray:
        """Points [..., 2] of the cut picture in the frame."""
        frame_from_crop = cv2.invertAffineTransform(self.crop_from_frame(size))
        return points @ frame_from_crop[:, :2].T + frame_from_crop[:, 2]

    def grown(self, factor: float) -> Region:
        """The same place, larger."""
        return self._replace(side=self.side * factor)


def region_of(hips: np.ndarray, end: np.ndarray) -> Region:
    """The region of a person, from the middle of the hips [2] and a point [2] that lies as far
    above it as the body reaches.
    """
    x, y = end - hips
    return Region(*hips, SIDE * max(float(np.hypot(x, y)), 1.0), float(np.arctan2(x, -y)))


def likeness(one: Region, other: Region) -> float:
    """How much two regions are the same person's, 0 … 1."""
    side = max(one.side, other.side)
    apart = np.hypot(one.x - other.x, one.y - other.y) / (0.5 * side)
    ratio = min(one.side, other.side) / side
    return float(max(0.0, 1 - apart) * ratio)


def smoothed(regions: Sequence[Region]) -> list[Region]:
    """Regions of consecutive frames without outliers and jitter."""
    path = np.array(regions)
    path[:, 3] = np.unwrap(path[:, 3])
    path[:, 2] = np.log(path[:, 2])
    path = median_filter(path, (STEADIED, 1), mode="nearest")
    path = gaussian_filter1d(path, SMOOTHED, axis=0, mode="nearest")
    path[:, 2] = np.exp(path[:, 2])
    return [Region(*map(float, row)) for row in path]
