"""Structural similarity of two pictures (SSIM), by Wang et al. (2004).

Values are 0 … 255. The window is a Gaussian of sigma 1.5, cut off at 11 pixels; only windows that
fit into the picture count. H W pixels.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

DATA_RANGE = 255.0
SIGMA, RADIUS = 1.5, 5
C1, C2 = (0.01 * DATA_RANGE) ** 2, (0.03 * DATA_RANGE) ** 2


class Moments(NamedTuple):
    """Statistics of a picture's windows: mean μ and variance σ², both [H − 10, W − 10, …]."""

    mean: np.ndarray
    variance: np.ndarray


def window_moments(picture: np.ndarray) -> Moments:
    """Mean and variance in each window of a picture, float32 or float64 [H, W, …]."""
    mean = _window_mean(picture)
    return Moments(mean, _window_mean(picture * picture) - mean**2)


def ssim_map(
    one: np.ndarray, other: np.ndarray, one_moments: Moments, other_moments: Moments
) -> np.ndarray:
    """The similarity in each window, −1 … 1.

    Args:
        one, other: float32 or float64 [H, W] or [H, W, C] of 0 … 255; channels are kept apart.
        one_moments, other_moments: as window_moments gives them.

    Returns:
        [H − 10, W − 10, …] of the type of the pictures.
    """
    (mean_x, variance_x), (mean_y, variance_y) = one_moments, other_moments
    covariance = _window_mean(one * other) - mean_x * mean_y
    # SSIM = (2 μx μy + C1) (2 σxy + C2) / ((μx² + μy² + C1) (σx² + σy² + C2))   (their Eq. 13)
    similarity = (2 * mean_x * mean_y + C1) * (2 * covariance + C2)
    similarity /= (mean_x**2 + mean_y**2 + C1) * (variance_x + variance_y + C2)
    return similarity


def _window_mean(picture: np.ndarray) -> np.ndarray:
    smooth = cv2.GaussianBlur(picture, (2 * RADIUS + 1, 2 * RADIUS + 1), SIGMA)
    return smooth[RADIUS:-RADIUS, RADIUS:-RADIUS]
