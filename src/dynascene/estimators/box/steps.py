"""Steps of tone and texture along the edges of a box: where planes meet, they mostly look unlike.

C candidate back walls as [C, 4] arrays of (left, top, right, bottom), see geometry.box. P points
along each of the 8 edges: the back wall's sides, and the rays through its corners.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from dynascene.estimators.box.frame import LevelFrame

POINTS = 24  # along an edge
RAY_END = 12.0  # times as far as the corner
BLUR, ASIDE = 0.008, 0.013  # of the diagonal: of the picture, and from the edge to either side
POOL = 5  # points that one step is taken over
LEAST_STEP = 0.015  # of the full range: less is noise


@dataclass(frozen=True)
class ToneMap:
    """A smoothed picture.

    Attributes:
        channels: [4, H, W], Lab and the strength of texture, 0 … 1.
        usual: the mean step between points as far apart as the two sides of an edge are.
        frame: of the camera.
    """

    channels: np.ndarray
    usual: float
    frame: LevelFrame


def tone_map(picture: np.ndarray, frame: LevelFrame) -> ToneMap:
    """Of a picture, uint8 [H, W, 3] sRGB."""
    diagonal = math.hypot(*picture.shape[:2])
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32) / 255
    spread = cv2.GaussianBlur(lab, (0, 0), 1.0)
    texture = np.abs(lab[..., :1] - spread[..., :1]) * 3
    stacked = np.concatenate([lab, texture], axis=-1)
    smooth = cv2.GaussianBlur(stacked, (0, 0), max(0.7, BLUR * diagonal))
    reach = max(1, round(2 * ASIDE * diagonal))
    steps = [np.linalg.norm(np.roll(smooth, reach, axis) - smooth, axis=-1) for axis in (0, 1)]
    usual = float(np.mean([step[reach:, reach:].mean() for step in steps]))
    return ToneMap(np.ascontiguousarray(smooth.transpose(2, 0, 1)), usual, frame)


def edge_steps(
    tones: ToneMap, walls: np.ndarray, least: np.ndarray, most: np.ndarray
) -> np.ndarray:
    """How clear the steps along the edges are, in diagonals of the picture, [C].

    least, most: [2] of (p, q) over the picture.
    """
    height, width = tones.channels.shape[1:]
    diagonal = math.hypot(height, width)
    points = _edge_points(walls, least, most)
    pixel = _pixels(tones.frame, points, (height, width))
    ahead = np.diff(pixel, axis=2)
    length = np.hypot(ahead[..., 0], ahead[..., 1])
    middle = (pixel[:, :, 1:] + pixel[:, :, :-1]) / 2
    normal = np.stack([-ahead[..., 1], ahead[..., 0]], -1) / np.maximum(length, 1e-6)[..., None]
    aside = ASIDE * diagonal * normal
    with np.errstate(invalid="ignore"):
        inside = ((middle >= 2) & (middle <= np.array([width, height]) - 3)).all(-1)
    inside &= np.isfinite(length)
    step = _sample(tones.channels, middle + aside) - _sample(tones.channels, middle - aside)
    weight = np.where(inside, length, 0.0)
    pooled = ndimage.uniform_filter1d(np.where(inside, step, 0.0), POOL, axis=-1)
    share = ndimage.uniform_filter1d(inside.astype(np.float32), POOL, axis=-1)
    size = np.linalg.norm(pooled, axis=0) / np.maximum(share, 1 / POOL)
    usual = max(tones.usual, LEAST_STEP)
    clear = size / (size + 2 * usual) - 1 / 3
    return np.where(inside, clear * weight, 0.0).sum((1, 2)) / diagonal


def _edge_points(walls: np.ndarray, least: np.ndarray, most: np.ndarray) -> np.ndarray:
    """[C, 8, P, 2] of (p, q); NaN on edges that there are not."""
    left, top, right, bottom = (walls[:, k, None] for k in range(4))
    seen = [np.maximum(left, least[0]), np.maximum(top, least[1]),
            np.minimum(right, most[0]), np.minimum(bottom, most[1])]  # fmt: skip
    along = np.linspace(0, 1, POINTS)
    across, down = seen[0] + along * (seen[2] - seen[0]), seen[1] + along * (seen[3] - seen[1])
    rays = np.geomspace(1, RAY_END, POINTS)
    edges = [np.stack(np.broadcast_arrays(across, level), -1) for level in (top, bottom)] + [
        np.stack(np.broadcast_arrays(side, down), -1) for side in (left, right)
    ]
    edges += [
        np.stack([side * rays, level * rays], -1)
        for side in (left, right)
        for level in (top, bottom)
    ]
    points = np.stack(edges, axis=1)
    return np.where(np.isfinite(points).all(-1, keepdims=True), points, np.nan)


def _pixels(frame: LevelFrame, points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(p, q) [..., 2] → pixels [..., 2] with centres at whole numbers; NaN behind the camera."""
    rays = np.concatenate([points, np.ones_like(points[..., :1])], -1) @ frame.camera_from_box.T
    z = np.where(rays[..., 2:] > 1e-3, rays[..., 2:], np.nan)
    return frame.focal * rays[..., :2] / z + (np.array([shape[1], shape[0]]) - 1) / 2


def _sample(channels: np.ndarray, pixel: np.ndarray) -> np.ndarray:
    """[4, H, W] at the nearest of pixels [..., 2], clamped to the picture."""
    height, width = channels.shape[1:]
    place = np.nan_to_num(pixel, nan=0.0, posinf=0.0, neginf=0.0)
    column = np.clip(np.rint(place[..., 0]), 0, width - 1).astype(np.int32)
    row = np.clip(np.rint(place[..., 1]), 0, height - 1).astype(np.int32)
    return channels[:, row, column]
