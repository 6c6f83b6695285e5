"""The guided filter: a picture smoothed so that its edges follow those of a colour picture.

In each window the output is a linear function of the guide's colour, q = a·I + b, fitted to the
input by ridge regression (He, Sun and Tang, "Guided Image Filtering", 2013). The coefficients are
computed at a working resolution and applied at the guide's own, so that large frames stay fast.
"""

from __future__ import annotations

import cv2
import numpy as np

SHARES = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


class GuidedFilter:
    """A guide, uint8 [h, w, 3], for any number of filterings.

    Args:
        picture: the guide.
        radius: of the window, in pixels.
        ridge: variance of colour (0 … 1) below which a window counts as having no edge.
    """

    def __init__(self, picture: np.ndarray, radius: int, ridge: float) -> None:
        self._picture = picture.astype(np.float32) / 255
        self._radius = radius
        self._mean = self._box(self._picture)
        covariance = np.empty((*picture.shape[:2], 3, 3), np.float32)
        for i, j in SHARES:
            products = self._box(self._picture[..., i] * self._picture[..., j])
            covariance[..., i, j] = products - self._mean[..., i] * self._mean[..., j]
            covariance[..., j, i] = covariance[..., i, j]
        self._inverse = inverse_symmetric(covariance + ridge * np.eye(3, dtype=np.float32))

    def coefficients(self, values: np.ndarray) -> np.ndarray:
        """[h, w] → a and b of every pixel, averaged over the windows it lies in: [h, w, 4]."""
        values = values.astype(np.float32)
        mean = self._box(values)
        covariance = self._box(self._picture * values[..., None]) - self._mean * mean[..., None]
        slope = np.einsum("hwij,hwj->hwi", self._inverse, covariance)
        offset = mean - (slope * self._mean).sum(axis=-1)
        return self._box(np.dstack([slope, offset]))

    def filter(self, values: np.ndarray) -> np.ndarray:
        """[h, w] → [h, w] float32, at the guide's own resolution."""
        return apply_coefficients(self.coefficients(values), self._picture)

    def _box(self, field: np.ndarray) -> np.ndarray:
        window = (2 * self._radius + 1,) * 2
        return cv2.boxFilter(field, -1, window, borderType=cv2.BORDER_REFLECT)


def apply_coefficients(coefficients: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """q = a·I + b of coefficients [h, w, 4] over a picture [H, W, 3], uint8 or 0 … 1: [H, W]."""
    height, width = picture.shape[:2]
    if coefficients.shape[:2] != (height, width):
        coefficients = cv2.resize(coefficients, (width, height), interpolation=cv2.INTER_LINEAR)
    scale = 1 / 255 if picture.dtype == np.uint8 else 1.0
    slope, offset = coefficients[..., :3], coefficients[..., 3]
    return np.einsum("hwc,hwc->hw", slope, picture.astype(np.float32)) * scale + offset


def inverse_symmetric(m: np.ndarray) -> np.ndarray:
    """Inverses of positive definite [h, w, 3, 3], by cofactors; much faster than LAPACK."""
    a, b, c = m[..., 0, 0], m[..., 0, 1], m[..., 0, 2]
    d, e, f = m[..., 1, 1], m[..., 1, 2], m[..., 2, 2]
    A, B, C = d * f - e * e, c * e - b * f, b * e - c * d
    rows = [[A, B, C], [B, a * f - c * c, b * c - a * e], [C, b * c - a * e, a * d - b * b]]
    adjugate = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    return adjugate / (a * A + b * B + c * C)[..., None, None]
