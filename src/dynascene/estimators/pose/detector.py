"""BlazePose's detector: the regions of people in a picture.

The network takes 224×224 pixels in −1 … 1. For each of 2,254 anchors, at the centres of the cells
of three grids, it gives a score and twelve numbers: a box and four points, in pixels relative to
the anchor. The first point is the middle of the hips; the second lies as far from it as the body
reaches.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from dynascene.estimators.pose.region import Region, likeness, region_of
from dynascene.estimators.tflite.network import TfliteNetwork

FILE = "pose_detection.tflite"
SIDE = 224
GRIDS = ((28, 2), (14, 2), (7, 6))  # cells across, anchors in each
LEAST_SCORE = 0.5
OVERLAP = 0.3  # of the union of boxes: the same person
SAME = 0.55  # likeness of regions of the same person
CLOSER = 1.6  # of the region: the square of a second look
MOST = 4  # squares cut from a frame's longer side, at most


class PoseDetection(NamedTuple):
    """A person.

    Attributes:
        region: of the frame.
        score: 0 … 1.
    """

    region: Region
    score: float


class PoseDetector:
    """The network of a file.

    Raises:
        InputError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._network = TfliteNetwork(path)

    def __call__(self, frame: np.ndarray) -> list[PoseDetection]:
        """Find people, each looked at a second time from nearby; surest first.

        Args:
            frame: uint8 [H, W, 3] sRGB.
        """
        first = merged(self.look(frame, overview(*frame.shape[:2])))
        if not first:
            return []
        closer = self.look(frame, [d.region.grown(CLOSER)._replace(turn=0.0) for d in first])
        return merged([*closer, *first])

    def look(self, frame: np.ndarray, squares: Sequence[Region]) -> list[PoseDetection]:
        """The people in some squares of a frame; the same person may come several times."""
        crops = np.stack([square.cut(frame, SIDE) for square in squares])
        pictures = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 127.5 - 1
        numbers, scores = self._network(pictures)
        detections = []
        for square, rows, logits in zip(squares, numbers.numpy(), scores.numpy(), strict=True):
            for points, score in decode(rows, logits[:, 0]):
                hips, end = square.to_frame(points, SIDE)
                detections.append(PoseDetection(region_of(hips, end), score))
        return detections


def overview(height: int, width: int) -> list[Region]:
    """Squares that show a frame: all of it, and along its longer side."""
    middle = (width - 1) / 2, (height - 1) / 2
    short, long = sorted((height, width))
    squares = [Region(*middle, long, 0.0)]
    count = min(MOST, int(np.ceil(1.5 * (long / short - 1))) + 1)
    for shift in np.linspace(-1, 1, count) * (long - short) / 2 if count > 1 else ():
        along = (shift, 0) if width >= height else (0, shift)
        squares.append(Region(middle[0] + along[0], middle[1] + along[1], short, 0.0))
    return squares


def decode(numbers: np.ndarray, logits: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """The people that the network's outputs mean.

    Boxes that overlap show one person; their points are averaged with the scores as weights.

    Args:
        numbers: [2254, 12], see the module's text.
        logits: [2254].

    Returns:
        The first two points [2, 2] in pixels of the network's picture, with a score; surest first.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits, -50, 50)))
    chosen = np.nonzero(scores >= LEAST_SCORE)[0]
    chosen = chosen[np.argsort(-scores[chosen])]
    values = numbers[chosen].reshape(-1, 6, 2).astype(float)
    centres = ANCHORS[chosen]
    half = values[:, 1] / 2
    boxes = np.hstack([centres + values[:, 0] - half, centres + values[:, 0] + half])
    points, weights = centres[:, None] + values[:, 2:4] - 0.5, scores[chosen]
    people = []
    left = np.ones(len(chosen), bool)
    while left.any():
        best = int(left.argmax())
        same = left & (_overlap(boxes[best], boxes) > OVERLAP)
        same[best] = True
        share = weights[same] / weights[same].sum()
        people.append((np.tensordot(share, points[same], 1), float(weights[best])))
        left &= ~same
    return people


def merged(detections: Sequence[PoseDetection]) -> list[PoseDetection]:
    """One detection for each person, surest first; earlier ones win among equals."""
    people: list[PoseDetection] = []
    for detection in sorted(detections, key=lambda d: -round(d.score, 2)):
        if all(likeness(detection.region, other.region) < SAME for other in people):
            people.append(detection)
    return people


def _overlap(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of a box [4] with boxes [N, 4]."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
    own = np.clip(box[2:] - box[:2], 0, None).prod()
    return shared / np.maximum(own + areas - shared, 1e-9)


def _anchors() -> np.ndarray:
    """Anchors [2254, 2] in pixels of the network's picture."""
    grids = []
    for cells, each in GRIDS:
        places = (np.arange(cells) + 0.5) * SIDE / cells
        x, y = np.meshgrid(places, places)
        grids.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), each, axis=0))
    return np.concatenate(grids)


ANCHORS = _anchors()
