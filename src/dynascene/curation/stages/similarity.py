"""How much two frames are alike: structural similarity, as a whole or off the people."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

# SSIM as Wang et al. (2004) define it: Gaussian window of sigma 1.5, cut off at 11 pixels
SIGMA, RADIUS = 1.5, 5
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


class Compared(NamedTuple):
    """Of each window that lies within the pictures, float32 [H − 10, W − 10]. similarity: SSIM,
    −1 … 1. contrast: the standard deviation of 0 … 255 in the picture where it is greater."""

    similarity: np.ndarray
    contrast: np.ndarray


def compare(one: np.ndarray, other: np.ndarray) -> Compared:
    """Compare two grey pictures [H, W] of 0 … 255, window by window.

    Raises ValueError where they are smaller than a window of 11×11.
    """
    if one.shape != other.shape or one.ndim != 2 or min(one.shape) <= 2 * RADIUS:
        raise ValueError(f"expected two of [H, W], 11 or more, got {one.shape} and {other.shape}")
    x, y = one.astype(np.float32), other.astype(np.float32)
    mean_x, mean_y = _windowed(x), _windowed(y)
    variance_x, variance_y = _windowed(x * x) - mean_x**2, _windowed(y * y) - mean_y**2
    covariance = _windowed(x * y) - mean_x * mean_y
    similarity = (2 * mean_x * mean_y + C1) * (2 * covariance + C2)
    similarity /= (mean_x**2 + mean_y**2 + C1) * (variance_x + variance_y + C2)
    return Compared(similarity, np.sqrt(np.maximum(variance_x, variance_y).clip(0)))


def free_windows(boxes: np.ndarray, height: int, width: int) -> np.ndarray:
    """Which windows of ``compare`` touch none of the boxes: bool [H − 10, W − 10].

    boxes: [N, 4], left, top, right, bottom in pixels.
    """
    free = np.ones((height - 2 * RADIUS, width - 2 * RADIUS), bool)
    # the window at row r covers the rows r … r + 10 of the picture
    lows = np.floor(boxes[:, :2]).astype(int) - 2 * RADIUS
    highs = np.ceil(boxes[:, 2:]).astype(int)
    for (left, top), (right, bottom) in zip(lows.clip(0), highs.clip(0), strict=True):
        free[top:bottom, left:right] = False
    return free


def _windowed(picture: np.ndarray) -> np.ndarray:
    smooth = cv2.GaussianBlur(picture, (2 * RADIUS + 1, 2 * RADIUS + 1), SIGMA)
    return smooth[RADIUS:-RADIUS, RADIUS:-RADIUS]
