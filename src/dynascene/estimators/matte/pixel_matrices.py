"""A symmetric 3×3 matrix for every pixel, as six planes, and a vector as three.

Whole planes are several times as quick to work on as small matrices that lie side by side. h w
pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SHARES = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))  # row and column of each plane

Planes = Sequence[np.ndarray]  # [h, w] each


def inverse(matrix: Planes) -> list[np.ndarray]:
    """The inverses of positive definite matrices, by cofactors."""
    a, b, c, d, e, f = matrix
    first, second, third = d * f - e * e, c * e - b * f, b * e - c * d
    scale = 1 / (a * first + b * second + c * third)
    return [
        first * scale,
        second * scale,
        third * scale,
        (a * f - c * c) * scale,
        (b * c - a * e) * scale,
        (a * d - b * b) * scale,
    ]


def product(matrix: Planes, vector: Planes) -> list[np.ndarray]:
    """Each pixel's matrix times its vector: three planes."""
    a, b, c, d, e, f = matrix
    x, y, z = vector
    return [a * x + b * y + c * z, b * x + d * y + e * z, c * x + e * y + f * z]


def dot(one: Planes, other: Planes) -> np.ndarray:
    """The inner products [h, w] of vectors."""
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
