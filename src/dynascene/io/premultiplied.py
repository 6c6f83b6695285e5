"""Frames whose colours were multiplied by their alpha, as cut-outs often are, made straight."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from dynascene.io.frames import DerivedFrames, PictureFrames, times_of
from dynascene.io.names import AlphaKind
from dynascene.io.picture_colour import straightened
from dynascene.io.picture_file import ASSOCIATED, alpha_stated
from dynascene.types import FrameSource

log = logging.getLogger(__name__)

NOISE = 3  # of 255: how far a colour may exceed its alpha in pictures without loss
VIDEO_NOISE = 14  # and in video
OUTLIERS = 0.01  # share of soft pixels that may exceed it by more
SOFT = (24, 231)  # alpha from which, and to which, a pixel tells
ENOUGH = 400  # soft pixels
BETTER = 0.8  # how much smaller the difference from the solid neighbours must become


def straight_frames(source: FrameSource, kind: AlphaKind, path: Path) -> FrameSource:
    """Frames [H, W, 4] with straight alpha.

    Args:
        kind: as for ``is_to_divide``.
        path: of the file, for messages.
    """
    if not is_to_divide(source, kind):
        return source
    if kind == "auto":
        log.warning("%s: its colours are premultiplied and are divided by alpha (`alpha`)", path)
    rate, times = source.frame_rate, times_of(source)
    return DerivedFrames(source, 4, _divided, rate, times, convert_floats=_divided_floats)


def is_to_divide(source: FrameSource, kind: AlphaKind) -> bool:
    """Whether frames have colours that must be divided by their alpha.

    Args:
        kind: what the file has; auto: what it says (TIFF), else by the whole clip: premultiplied
            where no colour exceeds its alpha anywhere, and dividing brings the colours of soft
            pixels nearer to those of the solid ones beside them.
    """
    if source.channels != 4 or kind == "straight":
        return False
    pictures = isinstance(source, PictureFrames)
    stated = {alpha_stated(picture) for picture in set(source.paths)} if pictures else {None}
    if stated == {ASSOCIATED}:
        return False  # divided when it was read
    if kind == "premultiplied":
        return True
    return None in stated and is_premultiplied(source, NOISE if pictures else VIDEO_NOISE)


def is_premultiplied(source: FrameSource, noise: int) -> bool:
    """Whether the colours of all frames look as if they were multiplied by their alpha."""
    soft = exceeding = 0
    stored_error = divided_error = 0.0
    for frame in source.read():
        colour, alpha = frame[..., :3].astype(int), frame[..., 3].astype(int)
        exceeds = colour.max(axis=2) > alpha + noise
        exceeding += int(exceeds.sum())
        within = (alpha >= SOFT[0]) & (alpha <= SOFT[1])
        soft += int(within.sum())
        if exceeding > OUTLIERS * max(soft, ENOUGH):
            return False
        stored, divided = _errors(frame, within)
        stored_error, divided_error = stored_error + stored, divided_error + divided
        if soft > ENOUGH * 50:
            break
    return soft > 0 and divided_error < BETTER * stored_error


def _errors(frame: np.ndarray, soft: np.ndarray) -> tuple[float, float]:
    """How far soft pixels are from the solid colour near them, as stored and divided."""
    import cv2

    solid = (frame[..., 3] > SOFT[1]).astype(np.float32)
    if not soft.any() or not solid.any():
        return 0.0, 0.0
    colours = frame[..., :3].astype(np.float32) * solid[..., None]
    reach = max(9, min(frame.shape[:2]) // 8 | 1)
    weight = cv2.blur(solid, (reach, reach), borderType=cv2.BORDER_CONSTANT)
    sums = cv2.blur(colours, (reach, reach), borderType=cv2.BORDER_CONSTANT)
    near = soft & (weight > 1e-4)
    expected = sums[near] / weight[near][:, None]
    stored = frame[near][:, :3].astype(np.float32)
    divided = _divided(frame)[near][:, :3].astype(np.float32)
    return float(np.abs(stored - expected).sum()), float(np.abs(divided - expected).sum())


def _divided_floats(frame: np.ndarray) -> np.ndarray:
    alpha = frame[..., 3:]
    colour = (frame[..., :3] / np.maximum(alpha, 1e-6)).clip(0, 1)
    return np.concatenate([colour, alpha], axis=2)


def _divided(frame: np.ndarray) -> np.ndarray:
    return np.concatenate([straightened(frame[..., :3], frame[..., 3:]), frame[..., 3:]], axis=2)
