"""The subject's rough shape: evidence of motion, averaged over time relative to the subject.

In a single frame motion shows in parts of the subject; over a second it shows nearly everywhere. F
frames, h w working pixels; the work is done on a coarse grid.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from dynascene.estimators.frame_spool import FrameSpool, FrameStack, spooled
from dynascene.estimators.matte.stance import averaged_in_step

COARSE = 4
PATH = 3.0  # frames: spread of the smoothing of the subject's path
FUZZ = 0.012  # of the width
INNER = 0.8  # of what is on both sides, that what is between them has at least
FULL = 0.9  # quantile of what is inside that counts as 1


def average_shape(moving: FrameStack, region: FrameStack) -> FrameSpool:
    """The probability by shape alone that a pixel belongs to the subject: float16 [F, h, w].

    Args:
        moving: [F, h, w] in 0 … 1, probability of motion.
        region: uint8 [F, h, w], 255 = roughly the subject.
    """
    height, width = region.shape[1:]
    small = max(1, width // COARSE), max(1, height // COARSE)
    coarse = spooled(
        cv2.resize(m.astype(np.float32) * (r > 0), small, interpolation=cv2.INTER_AREA)
        for m, r in zip(moving, region, strict=True)
    )
    path = gaussian_filter1d(_centres(coarse), PATH, axis=0, mode="nearest")
    middle = path.mean(axis=0)
    views = [np.array([[1, 0, x], [0, 1, y]]) for x, y in middle - path]
    shapes = FrameSpool((height, width), np.float16)
    for shape in averaged_in_step(coarse, views, small, cv2.BORDER_CONSTANT):
        fuzzy = cv2.GaussianBlur(shape, (0, 0), FUZZ * small[0])
        fuzzy = np.maximum(fuzzy, INNER * _between(fuzzy))
        inside = fuzzy[fuzzy > 0.1 * fuzzy.max()]
        full = float(np.quantile(inside, FULL)) if inside.size else 1.0
        shapes.append(cv2.resize(np.clip(fuzzy / max(full, 1e-6), 0, 1), (width, height)))
    return shapes


def _between(shape: np.ndarray) -> np.ndarray:
    """The lower of the two maxima on either side in a pixel's row: plain clothes show no motion."""
    left = np.maximum.accumulate(shape, axis=1)
    right = np.maximum.accumulate(shape[:, ::-1], axis=1)[:, ::-1]
    return np.minimum(left, right)


def _centres(coarse: FrameStack) -> np.ndarray:
    """The evidence's centre in each frame, x and y: [F, 2]; without evidence, the previous one."""
    y, x = np.mgrid[: coarse.shape[1], : coarse.shape[2]]
    centres = np.full((len(coarse), 2), np.nan)
    for index, frame in enumerate(coarse):
        if (total := float(frame.sum())) > 1e-3:
            centres[index] = (frame * x).sum() / total, (frame * y).sum() / total
    present = ~np.isnan(centres[:, 0])
    if not present.any():
        return np.zeros_like(centres)
    every = np.arange(len(coarse))
    return np.stack([np.interp(every, every[present], centres[present, i]) for i in (0, 1)], axis=1)
