"""A clip's frames at the size that an estimator works in."""

from __future__ import annotations

import math

import cv2
import numpy as np

from dynascene.types import FrameSource


def working_frames(source: FrameSource, pixels: int) -> np.ndarray:
    """All frames, each shrunk to at most ``pixels`` pixels: uint8 [F, h, w, 3]."""
    width, height = source.size
    shrink = min(1.0, math.sqrt(pixels / (width * height)))
    size = max(16, round(width * shrink)), max(16, round(height * shrink))
    frames = np.empty((len(source), size[1], size[0], 3), np.uint8)
    for index, frame in enumerate(source.read()):
        frames[index] = cv2.resize(frame[..., :3], size, interpolation=cv2.INTER_AREA)
    return frames
