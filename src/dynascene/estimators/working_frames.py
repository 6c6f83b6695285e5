"""A clip's frames at the size that an estimator works in."""

from __future__ import annotations

import math

import cv2
import numpy as np

from dynascene.estimators.frame_spool import FrameSpool, FrameStack, spooled
from dynascene.types import FrameSource


def working_frames(source: FrameSource, pixels: int) -> FrameSpool:
    """All frames, each shrunk to at most ``pixels`` pixels: uint8 [F, h, w, 3]."""
    size = _working_size(*source.size, pixels)
    frames = FrameSpool((size[1], size[0], 3), np.uint8)
    for frame in source.read():
        frames.append(cv2.resize(frame[..., :3], size, interpolation=cv2.INTER_AREA))
    return frames


def shrunk_frames(frames: FrameStack, pixels: int) -> FrameSpool:
    """Frames uint8 [F, H, W, 3], at least one, each shrunk to at most ``pixels`` pixels."""
    size = _working_size(frames.shape[2], frames.shape[1], pixels)
    return spooled(cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames)


def _working_size(width: int, height: int, pixels: int) -> tuple[int, int]:
    shrink = min(1.0, math.sqrt(pixels / (width * height)))
    return max(16, round(width * shrink)), max(16, round(height * shrink))
