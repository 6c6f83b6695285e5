"""Where things stand on the ground of a picture, told by how busy it is there.

A person's feet take some 0.3 heights of the camera of ground to either side. Where that patch has
more edges than the ground of this picture usually has, and above all upright ones, there is a
wheel, a table leg or a bonnet rather than free ground. Calm water looks free, too. h w pixels of
the map.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

ACROSS = 192  # pixels of the map
BESIDE, AHEAD = 0.3, 0.12  # half the patch, as a share of the rows between it and the horizon
LYING = 0.5  # weight of edges that lie, which ground has itself, against upright ones
CALM = 7.0  # CIELAB units a pixel: ground that is never called busy
BUSY = 0.5  # clutter from which something stands there
LEAST_GROUND = 0.05  # of the picture's height, below the horizon


def ground_clutter(picture: np.ndarray, horizon: float) -> np.ndarray | None:
    """How much stands about at each point of the ground: float32 [h, w], 0 = free … 1 = surely not.

    0 above the horizon. None where the picture shows hardly any ground.

    Args:
        picture: uint8 [H, W, 3] sRGB.
        horizon: its row.
    """
    height, width = picture.shape[:2]
    if horizon > (1 - LEAST_GROUND) * height:
        return None
    size = ACROSS, max(8, round(ACROSS * height / width))
    busy = _edges(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    level = horizon * size[1] / height
    sums = cv2.integral(np.pad(busy, ((0, size[1]), (0, 0)), mode="edge"))
    columns, first = np.arange(ACROSS), max(0, int(np.ceil(level)))
    clutter = np.zeros(busy.shape, np.float32)
    for row in range(first, size[1]):
        below = row + 0.5 - level
        ahead, beside = max(1, round(AHEAD * below)), max(2, round(BESIDE * below))
        top, bottom = max(0, row - ahead), row + ahead + 1
        left, right = np.maximum(0, columns - beside), np.minimum(ACROSS, columns + beside + 1)
        total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        clutter[row] = total / ((bottom - top) * (right - left))
    usual = max(CALM, float(np.median(clutter[first:])))
    clutter[first:] = np.clip(clutter[first:] / usual - 1, 0, 1)
    return clutter


def freest_point(
    clutter: np.ndarray, horizon: float, size: tuple[int, int]
) -> tuple[int, int] | None:
    """The pixel of the ground with the least clutter, towards the lower middle.

    None where something stands all over the ground. What is close to the horizon is too far away.

    Args:
        clutter: [h, w] of the picture.
        horizon: row of the picture.
        size: width and height of the picture, in pixels.
    """
    height, width = clutter.shape
    # rows above the horizon have no clutter, but are no ground
    first = max(0, math.ceil((horizon / size[1] + LEAST_GROUND) * height))
    if first >= height:
        return None
    rows, columns = np.mgrid[first:height, :width]
    away = np.hypot((columns - width / 2) / width, (rows - 0.85 * height) / height)
    best = np.unravel_index((clutter[first:] + 0.1 * away).argmin(), rows.shape)
    row, column = rows[best], columns[best]
    if clutter[row, column] >= BUSY:
        return None
    return int((column + 0.5) / width * size[0]), int((row + 0.5) / height * size[1])


def _edges(picture: np.ndarray) -> np.ndarray:
    """Change of colour from pixel to pixel, uint8 [h, w, 3] → float32 [h, w]."""
    colours = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    across, down = (np.abs(cv2.Sobel(colours, -1, *axis)).sum(axis=-1) for axis in ((1, 0), (0, 1)))
    # the weights on either side of a Sobel kernel add up to 4, and the sides are two pixels apart
    return (across + LYING * down) / 8
