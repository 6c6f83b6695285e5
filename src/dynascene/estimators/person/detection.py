"""People in one picture: boxes, and non-maximum suppression."""

from __future__ import annotations

import numpy as np

from dynascene.estimators.person.protocol import Detection

SAME_PERSON = 0.5  # of the union: boxes that share more show the same person …
INSIDE = 0.85  # … and so does one that lies in another: a head, a torso, a shadow


def intersection(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection areas of a box [4] with boxes [N, 4]: [N]."""
    low, high = np.maximum(one[:2], others[:, :2]), np.minimum(one[2:], others[:, 2:])
    return np.clip(high - low, 0, None).prod(axis=1)


def area(boxes: np.ndarray) -> np.ndarray:
    """Areas of boxes [..., 4]: [...]."""
    return np.clip(boxes[..., 2:] - boxes[..., :2], 0, None).prod(axis=-1)


def overlap(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of a box [4] with boxes [N, 4]: [N] in 0 … 1."""
    shared = intersection(one, others)
    return shared / np.maximum(area(one) + area(others) - shared, 1e-9)


def one_box_each(detections: list[Detection]) -> list[Detection]:
    """Keep the most confident box of each person, most confident first."""
    people: list[Detection] = []
    for candidate in sorted(detections, key=lambda d: -d.confidence):
        if people:
            boxes = np.stack([d.box for d in people])
            smaller = np.minimum(area(candidate.box), area(boxes))
            inside = intersection(candidate.box, boxes) / np.maximum(smaller, 1e-9)
            if (overlap(candidate.box, boxes) > SAME_PERSON).any() or (inside > INSIDE).any():
                continue
        people.append(candidate)
    return people


def clip_box(box: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """A box [4], clipped to a frame [H, W, …]."""
    height, width = frame.shape[:2]
    return np.clip(box, 0, [width, height, width, height])
