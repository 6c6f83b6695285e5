"""Frames and files for the tests of the cheap stages."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from dynascene.curation.clip import Clip, Source
from dynascene.io.video_writing import H264Writer
from dynascene.types import Size

RATE = Fraction(24)


def surface(seed: int, height: int = 120, width: int = 400) -> np.ndarray:
    """Blotches of random colours, coarse and fine, uint8 [H, W, 3]."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3), np.float32)
    for cell, weight in ((40, 1.0), (12, 0.6), (4, 0.3)):
        coarse = rng.uniform(-80, 80, (height // cell + 2, width // cell + 2, 3))
        total += weight * cv2.resize(coarse.astype(np.float32), (width, height))
    return (total + rng.uniform(70, 180, 3)).clip(0, 255).astype(np.uint8)


def pan(
    seed: int, frames: int, step: float = 3.0, height: int = 90, width: int = 160
) -> np.ndarray:
    """A camera that looks along a surface: uint8 [F, H, W, 3]."""
    picture = surface(seed, height + 10, width + 10 + round(step * frames))
    starts = [round(step * number) for number in range(frames)]
    return np.stack([picture[5 : 5 + height, x : x + width] for x in starts])


def write_video(path: Path, frames: Iterable[np.ndarray], rate: Fraction = RATE) -> Path:
    """Encode uint8 [H, W, 3] as H.264."""
    frames = list(frames)
    height, width = frames[0].shape[:2]
    with H264Writer(path, Size(width, height), rate) as writer:
        for frame in frames:
            writer.write(frame)
    return path


def clip_of(path: Path, stop: int = 0) -> Clip:
    """A clip as a stage gets it: the whole file."""
    return Clip(Source(str(path)), path, 0, stop)


def code_of(clip: Clip) -> str | None:
    """The rejection's code; None where the clip is kept."""
    return clip.rejection.code if clip.rejection else None
