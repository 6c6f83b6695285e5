"""Rotations as three angles, as curves that can be edited."""

from __future__ import annotations

import warnings

import numpy as np
from torch import Tensor


def angles_about_axes(rotations: Tensor, order: str) -> np.ndarray:
    """Degrees about x, y and z of each rotation, [F, 3, 3] → [F, 3].

    Angles continue beyond ±180 degrees without jumps.

    order: such as "ZXY"; the first letter is applied first: R = Ry·Rx·Rz.
    """
    from scipy.spatial.transform import Rotation

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where two axes fall together, any split will do
        angles = Rotation.from_matrix(rotations.numpy()).as_euler(order.lower(), degrees=True)
    by_axis = np.empty_like(angles)
    by_axis[:, ["XYZ".index(letter) for letter in order]] = np.unwrap(angles, period=360, axis=0)
    return by_axis
