"""Videos in which people are red boxes, and a detector that finds these."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from dynascene.curation.clip import Clip, Source
from dynascene.estimators.person.protocol import Detection
from dynascene.io.video_writing import H264Writer
from dynascene.types import Size

SIZE = Size(160, 120)
RATE = Fraction(24)
Box = tuple[int, int, int, int]


def red_boxes(frames: Sequence[Sequence[Box]], size: Size = SIZE) -> list[np.ndarray]:
    """A grey frame, uint8 [H, W, 3], for each list of boxes (left, top, right, bottom)."""
    pictures = []
    for boxes in frames:
        picture = np.full((size.height, size.width, 3), 90, np.uint8)
        for left, top, right, bottom in boxes:
            picture[top:bottom, left:right] = 230, 20, 20
        pictures.append(picture)
    return pictures


def write_frames(path: Path, frames: Sequence[np.ndarray], times: Sequence[float] | None = None):
    height, width = frames[0].shape[:2]
    with H264Writer(path, Size(width, height), RATE, times=times) as writer:
        for frame in frames:
            writer.write(frame)
    return path


def clip_of(path: Path, stop: int, start: int = 0, location: str = "film.mp4") -> Clip:
    source = Source(location, "CC0", "ab" * 32)
    return Clip(source, path, start, stop)


@dataclass
class RedDetector:
    """Sees red boxes, all equally surely, and counts how often it was asked."""

    confidence: float = 0.9
    calls: list[int] = field(default_factory=list)
    name: str = "red"

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        self.calls.append(1)
        red = (frame[..., 0].astype(int) - frame[..., 1] > 70).astype(np.uint8)
        count, _, found, _ = cv2.connectedComponentsWithStats(red)
        boxes = [found[n, :4].astype(float) for n in range(1, count)]
        return [
            Detection(np.array([x, y, x + width, y + height]), self.confidence)
            for x, y, width, height in boxes
        ]
