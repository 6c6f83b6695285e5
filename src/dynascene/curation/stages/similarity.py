"""Structural similarity of two frames, over the whole picture or outside the people."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dynascene.imaging.ssim import RADIUS, ssim_map, window_moments


class WindowComparison(NamedTuple):
    """Measures of each 11×11 window that fits into the pictures, float32 [H − 10, W − 10].

    Attributes:
        similarity: SSIM, −1 … 1.
        contrast: standard deviation in grey levels of 255, of the picture where it is greater.
    """

    similarity: np.ndarray
    contrast: np.ndarray


def compare(one: np.ndarray, other: np.ndarray) -> WindowComparison:
    """Compare two grey pictures [H, W] of 0 … 255, window by window.

    Raises:
        ValueError: they are smaller than 11×11.
    """
    if one.shape != other.shape or one.ndim != 2 or min(one.shape) <= 2 * RADIUS:
        raise ValueError(f"expected two of [H, W], 11 or more, got {one.shape} and {other.shape}")
    x, y = one.astype(np.float32), other.astype(np.float32)
    moments_x, moments_y = window_moments(x), window_moments(y)
    greater = np.maximum(moments_x.variance, moments_y.variance)
    return WindowComparison(ssim_map(x, y, moments_x, moments_y), np.sqrt(greater.clip(0)))


def free_windows(boxes: np.ndarray, height: int, width: int) -> np.ndarray:
    """Which windows of ``compare`` touch none of the boxes.

    Args:
        boxes: [N, 4], left, top, right, bottom in pixels.
        height, width: of the picture.

    Returns:
        bool [H − 10, W − 10].
    """
    free = np.ones((height - 2 * RADIUS, width - 2 * RADIUS), bool)
    # the window at row r covers the rows r … r + 10 of the picture
    lows = np.floor(boxes[:, :2]).astype(int) - 2 * RADIUS
    highs = np.ceil(boxes[:, 2:]).astype(int)
    for (left, top), (right, bottom) in zip(lows.clip(0), highs.clip(0), strict=True):
        free[top:bottom, left:right] = False
    return free
