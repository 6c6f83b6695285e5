"""The guided filter: a picture smoothed so that its edges follow those of a colour picture.

In each window the output is a linear function of the guide's colour, q = a·I + b, fitted to the
input by ridge regression (He, Sun and Tang, "Guided Image Filtering", 2013). The coefficients are
computed at a working resolution and applied at the guide's own, so that large frames stay fast.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from dynascene.estimators.matte.pixel_matrices import SHARES, Planes, dot, inverse, product

LEAST_VARIANCE = 1e-3  # of values in a window: less is nothing to explain


class Explained(NamedTuple):
    """Coefficients of a guided filter.

    Attributes:
        coefficients: [h, w, 4], see ``GuidedFilter.coefficients``.
        trust: [h, w] in 0 … 1, share of a pixel's windows that count.
    """

    coefficients: np.ndarray
    trust: np.ndarray


class GuidedFilter:
    """A guide, uint8 [h, w, 3], for any number of filterings.

    Args:
        picture: the guide.
        radius: of the window, in pixels.
        ridge: variance of colour (0 … 1) below which a window counts as having no edge.
    """

    def __init__(self, picture: np.ndarray, radius: int, ridge: float) -> None:
        self._picture = picture.astype(np.float32) / 255
        self._planes = cv2.split(self._picture)
        self._radius = radius
        self._mean = [self._box(plane) for plane in self._planes]
        covariance = []
        for i, j in SHARES:
            products = self._box(self._planes[i] * self._planes[j])
            covariance.append(products - self._mean[i] * self._mean[j] + (ridge if i == j else 0))
        self._inverse = inverse(covariance)

    def coefficients(self, values: np.ndarray) -> np.ndarray:
        """[h, w] → a and b of every pixel, averaged over the windows it lies in: [h, w, 4]."""
        slope, offset, _ = self._fit(values.astype(np.float32))
        return cv2.merge([self._box(plane) for plane in (*slope, offset)])

    def explained(self, values: np.ndarray, least: float, most: float) -> Explained:
        """The same from windows in which colours explain the values, and how many these are.

        A window counts by the share of the values' variance that its colours explain,

            R² = a·cov(I, p) / var(p),

        from 0 at ``least`` to 1 at ``most``.

        Args:
            values: [h, w].
            least, most: shares, 0 … 1.
        """
        slope, offset, share = self._fit(values.astype(np.float32))
        weight = np.clip((share - least) / (most - least), 0, 1)
        trust = self._box(weight)
        planes = [self._box(weight * plane) / (trust + 1e-6) for plane in (*slope, offset)]
        return Explained(cv2.merge(planes), trust)

    def filter(self, values: np.ndarray) -> np.ndarray:
        """[h, w] → [h, w] float32, at the guide's own resolution."""
        return apply_coefficients(self.coefficients(values), self._picture)

    def _fit(self, values: np.ndarray) -> tuple[Planes, np.ndarray, np.ndarray]:
        """Slope a (3 planes), offset b and R² [h, w] of the window around each pixel."""
        mean = self._box(values)
        covariance = [
            self._box(plane * values) - own * mean
            for plane, own in zip(self._planes, self._mean, strict=True)
        ]
        slope = product(self._inverse, covariance)
        variance = self._box(values * values) - mean * mean
        share = dot(slope, covariance) / (variance + LEAST_VARIANCE)
        return slope, mean - dot(slope, self._mean), share

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
