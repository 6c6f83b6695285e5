"""Line segments of a picture as points in the axes of a box."""

import math

import numpy as np

from dynascene.estimators.box.frame import NOISE, LevelFrame, agreement, segment_noise
from dynascene.estimators.box.walls import UPRIGHT, LineSamples
from dynascene.estimators.horizon_cues import view_segments

STEP = 0.02  # diagonals between points along a segment
BORDER = 24  # points along each border of the picture
OUTLIER = 0.1  # share of a segment that belongs to no class, against a perfect one's 1


def sample_lines(ends: np.ndarray, shape: tuple[int, int], frame: LevelFrame) -> LineSamples:
    """Points along segments [S, 4] of a picture of shape (H, W)."""
    segments = view_segments(ends, shape, frame.focal)
    noise = segment_noise(segments, math.hypot(*shape), NOISE)
    agreements = np.stack(
        [agreement(segments, axis, noise) for axis in frame.camera_from_box.T], axis=-1
    )
    share = agreements**2 / (agreements.sum(-1, keepdims=True) + OUTLIER)
    counts = np.maximum(1, np.round(segments.length / STEP).astype(int))
    index = np.repeat(np.arange(len(ends)), counts)
    along = np.concatenate([(np.arange(n) + 0.5) / n for n in counts]) if len(ends) else np.zeros(0)
    points = ends[index, :2] + along[:, None] * (ends[index, 2:] - ends[index, :2])
    place = _in_box(points + 0.5, shape, frame)
    visible = np.isfinite(place).all(-1)
    lower = np.where((ends[:, 1] > ends[:, 3])[:, None], ends[:, :2], ends[:, 2:])
    feet = _in_box(lower + 0.5, shape, frame)
    standing = np.isfinite(feet).all(-1) & (share[:, UPRIGHT] > 0.3)
    border = _in_box(_border(shape), shape, frame)
    return LineSamples(
        place[visible],
        (segments.length / counts)[index][visible],
        share[index][visible],
        feet[standing],
        (segments.length * share[:, UPRIGHT])[standing],
        np.nanmin(border, axis=0),
        np.nanmax(border, axis=0),
    )


def _in_box(pixels: np.ndarray, shape: tuple[int, int], frame: LevelFrame) -> np.ndarray:
    """Pixels [N, 2] → (p, q); NaN behind."""
    height, width = shape
    rays = np.column_stack([pixels - [width / 2, height / 2], np.full(len(pixels), frame.focal)])
    x, y, z = (rays @ frame.camera_from_box).T
    z = np.where(z > 0.05 * frame.focal, z, np.nan)
    return np.column_stack([x / z, y / z])


def _border(shape: tuple[int, int]) -> np.ndarray:
    height, width = shape
    along = np.linspace(0, 1, BORDER)[:, None] * [width, height]
    sides = [np.column_stack([along[:, 0], np.full(BORDER, row)]) for row in (0, height)]
    sides += [np.column_stack([np.full(BORDER, column), along[:, 1]]) for column in (0, width)]
    return np.concatenate(sides)
