"""A pixel's share of person from its colour, between the mean colours of person and place.

Near an edge the person has one mean colour and the place another. Fisher's discriminant is the line
through the two along which both vary least relative to their distance. The position of a mixed
pixel on it is its share. h w pixels, colours 0 … 1.

    α(I) = d·(I − μ_place) / d·(μ_person − μ_place),   d = S⁻¹ (μ_person − μ_place)

with S the mean of both covariances. All averages are over a window. Both sides weigh equally,
however thin one is, so that the edge is not biased inwards or outwards.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from dynascene.estimators.matte.guided_filter import SHARES, inverse_symmetric

SCARCE = 0.05  # mean weight in a window of a side whose colour is half trusted


class ColourLine(NamedTuple):
    """The line of each pixel's window.

    Attributes:
        coefficients: [h, w, 4], α = a·I + b, for ``apply_coefficients``.
        separation: [h, w] ≥ 0, distance of the two means in standard deviations.
        present: [h, w] 0 … 1, how much of both sides the window holds.
    """

    coefficients: np.ndarray
    separation: np.ndarray
    present: np.ndarray


def fit_colour_line(
    picture: np.ndarray, person: np.ndarray, place: np.ndarray, radius: int, ridge: float
) -> ColourLine:
    """Fit the line of every pixel's window.

    Args:
        picture: uint8 [h, w, 3].
        person, place: [h, w] weights 0 … 1, how certainly a pixel shows one or the other alone.
        radius: of the window, in pixels.
        ridge: least variance of colour on each side.
    """
    colour = picture.astype(np.float32) / 255
    ours, theirs = (_Side(colour, weight, radius) for weight in (person, place))
    scatter = (ours.covariance + theirs.covariance) / 2 + ridge * np.eye(3, dtype=np.float32)
    apart = ours.mean - theirs.mean
    direction = np.einsum("hwij,hwj->hwi", inverse_symmetric(scatter), apart)
    squared = np.maximum((direction * apart).sum(axis=-1), 0)
    slope = direction / (squared + 1e-6)[..., None]
    offset = -(slope * theirs.mean).sum(axis=-1)
    scarcer = np.minimum(ours.mass, theirs.mass)
    present = scarcer**2 / (scarcer**2 + SCARCE**2)
    return ColourLine(np.dstack([slope, offset]), np.sqrt(squared), present)


class _Side:
    """Mean [h, w, 3], covariance [h, w, 3, 3] and mean weight [h, w] of one side's windows."""

    def __init__(self, colour: np.ndarray, weight: np.ndarray, radius: int) -> None:
        window = (2 * radius + 1,) * 2
        weight = weight.astype(np.float32)
        self.mass = cv2.boxFilter(weight, -1, window)
        share = 1 / (self.mass + 1e-9)
        self.mean = cv2.boxFilter(colour * weight[..., None], -1, window) * share[..., None]
        self.covariance = np.empty((*weight.shape, 3, 3), np.float32)
        for i, j in SHARES:
            product = cv2.boxFilter(colour[..., i] * colour[..., j] * weight, -1, window) * share
            self.covariance[..., i, j] = product - self.mean[..., i] * self.mean[..., j]
            self.covariance[..., j, i] = self.covariance[..., i, j]
