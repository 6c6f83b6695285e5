"""Depth of a place from a network's disparity, known up to scale and shift.

A camera at height h over level ground sees the ground in row v at the depth z with

    1 / z = cos(pitch) · (v − horizon) / (f · h),

which is linear in the distance from the horizon. A disparity d = a / z + b therefore lies on a
straight line over the rows that show ground. Its value at the horizon is the shift b, and its slope
gives the scale a in heights of the camera.
"""

import math
from typing import NamedTuple

import numpy as np

from dynascene.errors import InputError
from dynascene.geometry.picture import PictureCamera

FARTHEST = 40.0  # heights of the camera; beyond it nothing moves against the sky
NEAR_TO_FAR = 12.0  # ratio of depths that is assumed where no ground is found
LOW_QUANTILE = 0.15  # of a row: things that stand on the ground are nearer than it is
ROWS_TRIED = 48
HORIZON_MARGIN = 0.04  # of the height, below the horizon, where ground is too far to tell
TOLERANCE = 0.03  # of the disparity's range: rows as near to the line are ground
ENOUGH_GROUND = 0.35  # weighted share of rows that must be ground for the line to be believed


class PlaceDepth(NamedTuple):
    """Depth of a place, and how much ground it rests on.

    Attributes:
        depth: [H, W] float32 along the camera's axis, positive, larger = farther; in heights of the
            camera where ground is found, else in any unit.
        ground: weighted share, 0 … 1, of the rows below the horizon that lie on the ground; 0 where
            none is found and the shift is assumed.
    """

    depth: np.ndarray
    ground: float


class GroundLine(NamedTuple):
    """The ground's disparity as a line over the rows.

    Attributes:
        shift: value at the horizon.
        slope: increase with every row below it.
        share: weighted share of the rows on the line, 0 … 1.
    """

    shift: float
    slope: float
    share: float


def depth_from_disparity(disparity: np.ndarray, camera: PictureCamera) -> PlaceDepth:
    """Depth of a picture from its disparity.

    Args:
        disparity: [H, W], larger = nearer, of any scale and shift; it may have another size than
            the picture but the same shape.
        camera: with the picture's horizon.

    Raises:
        InputError: the disparity is not two-dimensional, or finite nowhere.
    """
    finite = np.isfinite(disparity)
    if disparity.ndim != 2 or not finite.any():
        raise InputError(f"disparity: has shape {list(disparity.shape)}, expected finite [H, W]")
    disparity = np.where(finite, disparity, disparity[finite].min()).astype(np.float64)
    scale = disparity.shape[0] / camera.size.height
    line = fit_ground(disparity, camera.horizon * scale)
    if line is None:
        return PlaceDepth(_without_ground(disparity), 0.0)
    # 1 / z in heights of the camera: (d − b) / slope are rows below the horizon
    per_row = math.cos(math.radians(camera.pitch)) / (camera.focal * scale)
    nearness = (disparity - line.shift) / line.slope * per_row
    return PlaceDepth((1 / nearness.clip(1 / FARTHEST)).astype(np.float32), line.share)


def fit_ground(disparity: np.ndarray, horizon: float) -> GroundLine | None:
    """Fit the line of the ground's disparity over the rows of a map [H, W].

    Every pair of rows is tried, and the line with most rows wins. Near rows weigh more, since they
    show ground most surely. Rows below the line weigh against it, since nothing lies under the
    ground.

    Args:
        disparity: [H, W].
        horizon: its row in the map.

    Returns:
        The line; None where none is clear.
    """
    height = len(disparity)
    first = max(0, math.ceil(horizon + HORIZON_MARGIN * height))
    if height - first < 8:
        return None
    rows = np.unique(np.linspace(first, height - 1, ROWS_TRIED).round().astype(int))
    level = np.quantile(disparity[rows], LOW_QUANTILE, axis=1)
    below = rows + 0.5 - horizon
    low, high = np.quantile(disparity, [0.01, 0.99])
    tolerance = TOLERANCE * (high - low)
    if tolerance <= 0:
        return None
    weight = (below / below.max()) ** 2
    i, j = np.triu_indices(len(rows), k=max(2, len(rows) // 8))
    slope = (level[j] - level[i]) / (below[j] - below[i])
    shift = level[i] - slope * below[i]
    # nothing is farther than the horizon, so no disparity may lie clearly below the shift
    possible = (slope > tolerance / below.max()) & (shift < low + 2 * tolerance)
    if not possible.any():
        return None
    off = level - (shift[:, None] + slope[:, None] * below)
    value = ((np.abs(off) < tolerance) @ weight) - ((off < -tolerance) @ weight)
    best = int(np.where(possible, value, -np.inf).argmax())
    return _refined(below, level, weight, np.abs(off[best]) < tolerance)


def _refined(
    below: np.ndarray, level: np.ndarray, weight: np.ndarray, ground: np.ndarray
) -> GroundLine | None:
    """Weighted least squares over the rows on the ground."""
    share = float(weight[ground].sum() / weight.sum())
    if share < ENOUGH_GROUND:
        return None
    slope, shift = np.polyfit(below[ground], level[ground], 1, w=np.sqrt(weight[ground]))
    return GroundLine(float(shift), float(slope), share) if slope > 0 else None


def _without_ground(disparity: np.ndarray) -> np.ndarray:
    """Depth from disparity without ground, for an assumed ratio of farthest to nearest."""
    low, high = np.quantile(disparity, [0.01, 0.99])
    nearness = ((disparity - low) / max(high - low, 1e-12)).clip(0, 1)
    return (1 / (1 / NEAR_TO_FAR + (1 - 1 / NEAR_TO_FAR) * nearness)).astype(np.float32)
