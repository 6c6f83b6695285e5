"""Strokes of a brush over a wrong place, as clicks along them."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

MOST_CLICKS = 8  # of all strokes in a frame: each is followed through the clip
SPACING = 0.04  # of the frame's width: clicks lie further apart
INNER = 0.6  # of a stroke's half width: clicks lie no nearer to its border


def clicks_along(painted: np.ndarray) -> list[tuple[float, float]]:
    """Points in the middle of what was painted, far apart from each other.

    Every stroke gets one, the widest ones first; then each further point is the one farthest from
    all before it.

    Args:
        painted: bool [H, W], True = painted.

    Returns:
        Column and row of each in pixels, the first pixel's centre at 0.5; none where nothing is.
    """
    labels, count = ndimage.label(painted, np.ones((3, 3)))
    depth = cv2.distanceTransform(np.pad(painted, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    deepest = np.asarray(ndimage.maximum(depth, labels, np.arange(count + 1)))
    rows, columns = np.nonzero(painted & (depth >= INNER * deepest[labels]))
    places = np.stack([columns, rows], axis=1).astype(float)
    strokes, widths = labels[rows, columns], depth[rows, columns]
    points: list[np.ndarray] = []
    for stroke in np.argsort(-deepest[1:]) + 1:
        inside = np.flatnonzero(strokes == stroke)
        points.append(places[inside[widths[inside].argmax()]])
    points = points[:MOST_CLICKS]
    while points and len(points) < MOST_CLICKS:
        gaps = np.linalg.norm(places[:, None] - np.stack(points), axis=-1).min(axis=1)
        if gaps.max() < SPACING * painted.shape[1]:
            break
        points.append(places[gaps.argmax()])
    return [(float(x) + 0.5, float(y) + 0.5) for x, y in points]
