"""The square around a person, cut out of a frame and laid back into it."""

from __future__ import annotations

import cv2
import numpy as np

MARGIN = 0.15  # of the box's longer side, left free around it


def square_around(box: np.ndarray, margin: float = MARGIN) -> np.ndarray:
    """A box [4] → the square with its centre that holds it with a margin: left, top, side."""
    left, top, right, bottom = box
    side = (1 + 2 * margin) * max(right - left, bottom - top, 1.0)
    return np.array([(left + right - side) / 2, (top + bottom - side) / 2, side])


def cut_square(frame: np.ndarray, square: np.ndarray, side: int) -> np.ndarray:
    """The square of a frame [H, W, C] as [side, side, C]; beyond the frame its edge goes on."""
    crop_from_frame = _crop_from_frame(square, side)
    method = cv2.INTER_AREA if square[2] > side else cv2.INTER_LINEAR
    if square[2] > 2 * side:  # warping takes four pixels into account, so shrink before
        shrink = 2 * side / square[2]
        frame = cv2.resize(frame, None, fx=shrink, fy=shrink, interpolation=method)
        crop_from_frame = _crop_from_frame(square * shrink, side)
    return cv2.warpAffine(
        frame,
        crop_from_frame,
        (side, side),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def lay_square(crop: np.ndarray, square: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """What was made of a cut-out [side, side] back in its frame [H, W]; 0 off the square."""
    frame_from_crop = cv2.invertAffineTransform(_crop_from_frame(square, len(crop)))
    height, width = shape
    return cv2.warpAffine(crop, frame_from_crop, (width, height), flags=cv2.INTER_LINEAR)


def _crop_from_frame(square: np.ndarray, side: int) -> np.ndarray:
    """Pixel centres at +0.5, as everywhere; OpenCV counts from the centres themselves."""
    left, top, extent = square
    scale = side / extent
    shift = -scale * (np.array([left, top]) - 0.5) - 0.5
    return np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
