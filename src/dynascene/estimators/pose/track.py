"""One person's path through a clip.

F frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dynascene.estimators.pose.following import Followed
from dynascene.estimators.pose.landmarker import LANDMARKS
from dynascene.estimators.pose.region import Region, smoothed


@dataclass(frozen=True)
class PoseTrack:
    """A person's regions.

    Attributes:
        regions: one for each frame, smooth, gaps filled.
        seen: bool [F], where somebody was seen there.
        boxes: [F, 4] of the landmarks, left, top, right, bottom in pixels, gaps filled.
        certainty: 0 … 1, how surely it is a person.
    """

    regions: tuple[Region, ...]
    seen: np.ndarray
    boxes: np.ndarray
    certainty: float


def track_of(person: Followed, frames: int) -> PoseTrack:
    """The track of somebody who was followed through a clip of ``frames`` frames."""
    at = sorted(person.readings)
    readings = [person.readings[index] for index in at]
    rows = np.array([reading.region for reading in readings])
    rows[:, 3] = np.unwrap(rows[:, 3])
    every = np.arange(frames)
    filled = np.stack([np.interp(every, at, column) for column in rows.T], axis=1)
    points = np.stack([reading.points[:LANDMARKS] for reading in readings])
    edges = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
    boxes = np.stack([np.interp(every, at, column) for column in edges.T], axis=1)
    seen = np.zeros(frames, bool)
    seen[at] = True
    sure = float(np.mean([reading.person for reading in readings]))
    apart = float(np.median(list(person.apart.values())))
    return PoseTrack(
        tuple(smoothed([Region(*row) for row in filled])),
        seen,
        boxes,
        sure * float(np.exp(-apart / 0.04)),
    )
