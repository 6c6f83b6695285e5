"""The square around a person, cut from a frame and pasted back into it."""

from __future__ import annotations

import cv2
import numpy as np

MARGIN = 0.15  # of the box's longer side, left free around it


def square_around(box: np.ndarray, margin: float = MARGIN) -> np.ndarray:
    """The square (left, top, side) about the centre of a box [4], with a margin around the box."""
    left, top, right, bottom = box
    side = (1 + 2 * margin) * max(right - left, bottom - top, 1.0)
    return np.array([(left + right - side) / 2, (top + bottom - side) / 2, side])


def cut_square(frame: np.ndarray, square: np.ndarray, side: int) -> np.ndarray:
    """Cut a square from a frame [H, W, C], resized to [side, side, C].

    Beyond the frame its edge pixels repeat.
    """
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
    """Paste the result for a square, [side, side], into a frame of zeros [H, W]."""
    frame_from_crop = cv2.invertAffineTransform(_crop_from_frame(square, len(crop)))
    height, width = shape
    return cv2.warpAffine(crop, frame_from_crop, (width, height), flags=cv2.INTER_LINEAR)


def _crop_from_frame(square: np.ndarray, side: int) -> np.ndarray:
    """The affine map [2, 3] for OpenCV, whose pixel centres are at +0 instead of +0.5."""
    left, top, extent = square
    scale = side / extent
    shift = -scale * (np.array([left, top]) - 0.5) - 0.5
    return np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
