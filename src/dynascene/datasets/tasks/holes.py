"""Random holes to be completed: border strips, boxes, blobs and brush strokes.

Each shape is a field over the frame, and the hole is where the field is lowest: so every shape
takes exactly the share of the frame that was asked for. H W pixels.
"""

import math
from collections.abc import Callable, Sequence
from typing import Literal

import cv2
import numpy as np
import torch
from torch import Tensor

Shape = Literal["borders", "boxes", "blobs", "strokes"]


def random_hole(
    rng: np.random.Generator, height: int, width: int, share: float, shapes: Sequence[Shape]
) -> Tensor:
    """bool [1, H, W], True in the hole: one of ``shapes``, drawn at random.

    It takes ``share`` of the frame, up to a row or column of pixels, since straight edges are
    kept whole.
    """
    field = FIELDS[shapes[int(rng.integers(len(shapes)))]](rng, height, width)
    return torch.from_numpy(lowest(field, share))[None]


def lowest(field: np.ndarray, share: float) -> np.ndarray:
    """Where the field [H, W] is lowest: bool [H, W], True on ``share`` of all, ties kept together.

    Of the two cuts beside the tie, the one nearer to the share is taken.
    """
    values = np.sort(field, axis=None)
    count = min(max(share, 0.0), 1.0) * field.size
    level = values[min(int(count), field.size - 1)]
    fewer, more = np.searchsorted(values, level, "left"), np.searchsorted(values, level, "right")
    return field <= level if more - count <= count - fewer else field < level


def _grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the pixel centres in shares of the frame, [H, W] each."""
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    across, down = np.meshgrid(x, y)
    return across, down


def _borders(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Strips along one to four sides, wide in proportion to the frame's or to random widths."""
    x, y = _grid(height, width)
    sides = [x, 1 - x, y, 1 - y]
    chosen = rng.choice(4, size=int(rng.integers(1, 5)), replace=False)
    widths = np.ones(4) if rng.random() < 0.5 else rng.uniform(0.25, 1.0, 4)
    return np.min([sides[side] / widths[side] for side in chosen], axis=0)


def _boxes(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """One to four boxes, grown together until they are large enough."""
    x, y = _grid(height, width)
    boxes = []
    for _ in range(int(rng.integers(1, 5))):
        centre_x, centre_y = rng.uniform(0, 1, 2)
        stretch = math.exp(rng.uniform(-0.8, 0.8))
        away = np.maximum(abs(x - centre_x) / stretch, abs(y - centre_y) * stretch)
        boxes.append(away / rng.uniform(0.5, 1.0))
    return np.min(boxes, axis=0)


def _blobs(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Smooth noise: round, branching regions, some three to eight of them across a frame."""
    cells = int(rng.integers(3, 9))
    shape = (cells, max(3, round(cells * width / height)))
    noise = rng.normal(size=shape).astype(np.float32)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)


def _strokes(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Distance to wandering pen lines: a thick brush along two to five of them."""
    paper = np.ones((height, width), np.uint8)
    for _ in range(int(rng.integers(2, 6))):
        point = rng.uniform(0, 1, 2) * [width, height]
        heading = rng.uniform(0, 2 * math.pi)
        for _ in range(int(rng.integers(4, 9))):
            heading += rng.normal(0, 0.7)
            step = rng.uniform(0.1, 0.35) * height
            end = point + step * np.array([math.cos(heading), math.sin(heading)])
            end = np.clip(end, 0, [width - 1, height - 1])
            cv2.line(paper, _pixel(point), _pixel(end), 0)
            point = end
    return cv2.distanceTransform(paper, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def _pixel(point: np.ndarray) -> tuple[int, int]:
    return int(point[0]), int(point[1])


FIELDS: dict[Shape, Callable[[np.random.Generator, int, int], np.ndarray]] = {
    "borders": _borders,
    "boxes": _boxes,
    "blobs": _blobs,
    "strokes": _strokes,
}
SHAPES: tuple[Shape, ...] = tuple(FIELDS)
