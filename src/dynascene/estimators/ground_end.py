"""Where the ground of a picture ends: at the foot of what stands around it, without weights.

A round wall around the camera meets the ground on a line below the horizon. For each candidate
distance of the wall this line is drawn into the picture, and a strip above it is compared with one
below it. Where the ground ends, tone and texture change, and in most columns alike; at a thing that
lies there they change elsewhere, or otherwise. A wall goes on above the horizon: where the picture
changes more there, it is a landscape, whose ground ends nowhere near.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
import torch

from dynascene.geometry.lifting import BACKDROP_DISTANCE
from dynascene.geometry.picture import PictureCamera
from dynascene.types import Size

WORKING_SIZE = Size(320, 640)  # pixels that the working copy fits into
STRIP, GAP = 6, 1  # rows of a strip, and rows between it and the line
# heights of the camera; their lines are two rows apart, which the gaps make good
CANDIDATES = 1 / np.linspace(1 / 1.3, 1 / BACKDROP_DISTANCE, 90)
PRIOR_SPREAD = 1.0  # of the distance's logarithm, around the usual one
TEXTURE_SCALE, TEXTURE_WEIGHT = 3.0, 2.0
TONE_NOISE = 4.0  # variance of CIELAB values within a strip that is even
LEAST_SHOWN = 0.5  # of a line: whether the picture can tell
CLEAR_CHANGE = 0.5  # changes that are less clear are no reason
LEAST_ROWS = 3  # of a part of a column that is compared
MOST_UNLIKE = 0.95  # what is above the horizon to the wall, against the ground to the wall

# chosen on 60 rendered places of the training split (benchmarks/boxes.py has those of the test
# split); filmed clips and photographs were looked at, not tuned on


class GroundEnd(NamedTuple):
    """distance: of the wall's foot, in heights of the camera. clearness: of the change there, in
    standard deviations within the strips, times the share of columns that have it."""

    distance: float
    clearness: float


class Strip(NamedTuple):
    """Mean and variance of the features in some rows of each column, [N, C]."""

    mean: np.ndarray
    variance: np.ndarray


class Sums:
    """Features [h, w, C], summed up so that strips of any height cost the same.

    Attributes:
        values, squares: summed from the top down to each row, [h + 1, w, C].
    """

    def __init__(self, features: np.ndarray) -> None:
        below = ((1, 0), (0, 0), (0, 0))
        self.values = np.pad(features.cumsum(0), below)
        self.squares = np.pad(np.square(features).cumsum(0), below)

    def strip(self, columns: np.ndarray, top: np.ndarray, bottom: np.ndarray) -> Strip:
        """Of the rows top … bottom − 1 in each of N columns."""
        rows = (bottom - top)[:, None]
        mean = (self.values[bottom, columns] - self.values[top, columns]) / rows
        square = (self.squares[bottom, columns] - self.squares[top, columns]) / rows
        return Strip(mean, square - mean**2)


def find_ground_end(picture: np.ndarray, camera: PictureCamera) -> GroundEnd | None:
    """The distance at which the ground ends, or None where the picture does not tell it.

    Args:
        picture: uint8 [H, W, 3] sRGB.
        camera: of the picture, with its horizon.
    """
    features = strip_features(picture)
    height, width = features.shape[:2]
    small = PictureCamera(
        camera.focal * width / camera.size.width,
        Size(width, height),
        camera.horizon * height / camera.size.height,
    )
    sums, lines = Sums(features), [foot_line(small, distance) for distance in CANDIDATES]
    changes = np.array([_change(sums, line) for line in lines])
    spread = np.log(CANDIDATES / BACKDROP_DISTANCE) / PRIOR_SPREAD
    best = int(np.argmax(changes * np.exp(-0.5 * spread**2)))
    if changes[best] <= CLEAR_CHANGE or not _is_wall(sums, small.horizon, lines[best]):
        return None
    return GroundEnd(float(CANDIDATES[best]), float(changes[best]))


def strip_features(picture: np.ndarray) -> np.ndarray:
    """CIELAB and the local contrast of a small copy of a picture: float64 [h, w, 4]."""
    height, width = picture.shape[:2]
    scale = min(WORKING_SIZE.width / width, WORKING_SIZE.height / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    tone = lab[..., 0]
    mean = cv2.GaussianBlur(tone, (0, 0), TEXTURE_SCALE)
    variance = cv2.GaussianBlur(tone * tone, (0, 0), TEXTURE_SCALE) - mean * mean
    contrast = TEXTURE_WEIGHT * np.sqrt(variance.clip(0))
    return np.dstack([lab, contrast]).astype(np.float64)


def foot_line(camera: PictureCamera, distance: float) -> np.ndarray:
    """The row at which each column shows the foot of a round wall: [W], not a number where none.

    distance: of the wall, in heights of the camera.
    """
    widest = camera.azimuth_limit * 1.5
    azimuths = torch.linspace(-widest, widest, 4 * camera.size.width, dtype=torch.float64)
    # the ground lies one height below the camera, y down: (d sin α, 1, d cos α)
    points = torch.stack(
        [distance * azimuths.sin(), torch.ones_like(azimuths), distance * azimuths.cos()], dim=-1
    )
    pixels, _ = camera.pixels_from_directions(points)
    x, y = pixels.numpy().T
    forward = slice(int(x.argmin()), int(x.argmax()) + 1)
    columns = np.arange(camera.size.width) + 0.5
    return np.interp(columns, x[forward], y[forward], left=math.nan, right=math.nan)


def _change(sums: Sums, line: np.ndarray) -> float:
    """How clearly the picture changes at a line: its median change, and how many columns agree."""
    reach = STRIP + GAP
    shown = (line >= reach) & (line <= len(sums.values) - 1 - reach)
    if shown.mean() < LEAST_SHOWN:
        return 0.0
    columns = np.flatnonzero(shown)
    rows = np.rint(line[columns]).astype(int)
    above = sums.strip(columns, rows - reach, rows - GAP)
    below = sums.strip(columns, rows + GAP, rows + reach)
    changes = below.mean - above.mean
    noise = (above.variance + below.variance).mean(0) + TONE_NOISE
    middle = np.median(changes, axis=0)
    # z² = Σ m_c² / σ_c², and each column's change along m, in the same unit
    clearness = math.sqrt((middle**2 / noise).sum())
    along = (changes * middle / noise).sum(-1) / max(clearness, 1e-6)
    return clearness * float((along > clearness / 2).mean())


def _is_wall(sums: Sums, horizon: float, line: np.ndarray) -> bool:
    """Whether what stands on a line is higher than the camera: what is above the horizon is more
    like it than the ground is. In a landscape the sky is not."""
    height = len(sums.values) - 1
    reach = np.maximum(line - horizon, STRIP)
    borders = [horizon - reach, np.full_like(line, horizon), line, line + reach]
    top, middle, foot, bottom = (np.rint(b.clip(0, height)) for b in map(np.nan_to_num, borders))
    shown = np.minimum.reduce([middle - top, foot - middle, bottom - foot]) >= LEAST_ROWS
    if shown.mean() < LEAST_SHOWN:
        return False
    columns = np.flatnonzero(shown)
    rows = [border[columns].astype(int) for border in (top, middle, foot, bottom)]
    above, wall, ground = (sums.strip(columns, *pair) for pair in pairwise(rows))
    noise = (above.variance + wall.variance).mean(0) + TONE_NOISE

    def unlike(one: Strip, other: Strip) -> float:
        return float((np.median(one.mean - other.mean, axis=0) ** 2 / noise).sum())

    return unlike(above, wall) < MOST_UNLIKE**2 * unlike(ground, wall)
