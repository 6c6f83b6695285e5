"""Cuts a thing out of a picture, given a box around it.

Graph cuts between two mixtures of colours, that of the box and that of what surrounds it (Rother,
Kolmogorov and Blake, "GrabCut", 2004), at a working size; the edges are then those of the picture.
"""

import math

import cv2
import numpy as np

from dynascene.estimators.matte.finishing import full_resolution
from dynascene.geometry.picture_boxes import pixels_of

AROUND = 0.35  # of the box's width and height: the surroundings whose colours count
ACROSS = 400  # working pixels along the longer side of box and surroundings
ROUNDS = 6
SMALLEST = 12  # working pixels: a thing has more
LEAST_PART = 0.05  # of the largest part of a thing; smaller ones are dropped, …
LARGEST_HOLE = 0.03  # of its area: … and smaller holes closed
SEED = 0  # of OpenCV's first guess of the colours


def cut_out_thing(picture: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """The thing in a box: float32 [H, W] in 0 … 1; all 0 where nothing stands out.

    Args:
        picture: uint8 [H, W, 3] sRGB.
        box: x, y, x, y of its corners in pixels, upper left first. A thing may lie on a border of
            the box only where that is the picture's.
    """
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = box
    across, down = AROUND * (x1 - x0), AROUND * (y1 - y0)
    left, top = max(0, math.floor(x0 - across)), max(0, math.floor(y0 - down))
    right, bottom = min(width, math.ceil(x1 + across)), min(height, math.ceil(y1 + down))
    mask = np.zeros((height, width), np.float32)
    if left >= right or top >= bottom:  # the box lies far from the picture
        return mask
    part = picture[top:bottom, left:right]
    scale = min(1.0, ACROSS / max(part.shape[:2]))
    size = [max(1, round(side * scale)) for side in part.shape[1::-1]]
    working = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    ends = (np.array([x0 - left, y0 - top, x1 - left, y1 - top]) * scale).round().astype(int)
    inside = np.zeros(working.shape[:2], bool)
    inside[max(0, ends[1]) : ends[3], max(0, ends[0]) : ends[2]] = True
    if not inside.any():
        return mask
    seen = _whole(_cut(working, inside))
    if seen.sum() >= SMALLEST:
        edges = full_resolution(seen.astype(np.float32), working, np.ascontiguousarray(part))
        mask[top:bottom, left:right] = edges[..., 0] / np.float32(255)
    within = np.zeros_like(mask)  # edges are soft, but not beyond the box
    within[pixels_of(box)] = 1
    return mask * within


def _cut(working: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Where the thing is, bool [h, w]."""
    if min(inside.sum(), (~inside).sum()) < SMALLEST:  # too little to tell colours by
        return inside
    labels = np.where(inside, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    cv2.setRNGSeed(SEED)
    colours = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(working, labels, (0, 0, 1, 1), *colours, ROUNDS, cv2.GC_INIT_WITH_MASK)
    return labels == cv2.GC_PR_FGD


def _whole(seen: np.ndarray) -> np.ndarray:
    """A mask without specks and small holes."""
    opened = cv2.morphologyEx(seen.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    areas, parts = _parts(opened)
    opened = np.isin(parts, np.flatnonzero(areas >= LEAST_PART * areas.max(initial=1)))
    areas, parts = _parts(~opened)
    small = areas < LARGEST_HOLE * opened.sum()
    border = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
    small[border] = False
    small[0] = False
    return opened | small[parts]


def _parts(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Areas [N] of a mask's parts, 0 for what is none of them, and the number of each pixel's."""
    _, parts, figures, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    areas = figures[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return areas, parts
