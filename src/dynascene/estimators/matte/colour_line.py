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

from dynascene.estimators.matte.pixel_matrices import SHARES, Planes, dot, inverse, product

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
    planes = cv2.split(picture.astype(np.float32) / 255)
    ours, theirs = (_Side(planes, weight, radius) for weight in (person, place))
    scatter = [
        (one + other) / 2 + (ridge if i == j else 0)
        for (i, j), one, other in zip(SHARES, ours.covariance, theirs.covariance, strict=True)
    ]
    apart = [one - other for one, other in zip(ours.mean, theirs.mean, strict=True)]
    direction = product(inverse(scatter), apart)
    squared = np.maximum(dot(direction, apart), 0)
    slope = [plane / (squared + 1e-6) for plane in direction]
    offset = -dot(slope, theirs.mean)
    scarcer = np.minimum(ours.mass, theirs.mass)
    present = scarcer**2 / (scarcer**2 + SCARCE**2)
    return ColourLine(cv2.merge([*slope, offset]), np.sqrt(squared), present)


class _Side:
    """Mean (3 planes), covariance (6) and mean weight [h, w] of one side's windows."""

    def __init__(self, colour: Planes, weight: np.ndarray, radius: int) -> None:
        window = (2 * radius + 1,) * 2
        weight = weight.astype(np.float32)
        self.mass = cv2.boxFilter(weight, -1, window)
        share = 1 / (self.mass + 1e-9)
        weighted = [plane * weight for plane in colour]
        self.mean = [cv2.boxFilter(plane, -1, window) * share for plane in weighted]
        self.covariance = [
            cv2.boxFilter(weighted[i] * colour[j], -1, window) * share - self.mean[i] * self.mean[j]
            for i, j in SHARES
        ]
