"""Everybody whom a file of poses shows, and the choice of one.

J = 22 joints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dynascene.body_pose import JOINTS, BodyPose
from dynascene.errors import InputError
from dynascene.types import Size

LARGEST = 1e6  # pixels
LEAP = 1.0  # of the body's extent, from one known frame to the next: it is another person
Joints = np.ndarray
"""[22, 3] x, y and confidence, in a file's pixels."""


@dataclass(frozen=True)
class PeopleInFrames:
    """What a file says.

    Attributes:
        frames: for each frame, the joints of everybody in it.
        size: of the frames, where the file tells it.
    """

    frames: Sequence[Sequence[Joints]]
    size: Size | None


def chosen_pose(people: PeopleInFrames, size: Size, path: Path) -> BodyPose:
    """The pose of the largest person of the file, followed from where they are largest.

    Frames in which that person is not seen have visibility 0.

    Args:
        size: of the frames.
        path: of the file, for messages.

    Raises:
        InputError: nobody is in it.
    """
    sizes = [[extent(joints) for joints in frame] for frame in people.frames]
    largest = [max(frame, default=0.0) for frame in sizes]
    start = int(np.argmax(largest))
    if not largest or largest[start] <= 0:
        raise InputError(f"{path}: shows nobody: no frame has keypoints with a confidence")
    chosen: dict[int, Joints] = {start: people.frames[start][int(np.argmax(sizes[start]))]}
    for step in (1, -1):
        last, index = chosen[start], start + step
        while 0 <= index < len(people.frames):
            near = min(people.frames[index], key=lambda j: distance(j, last), default=None)
            if near is not None and distance(near, last) <= LEAP * extent(last):
                chosen[index] = last = near
            index += step
    rows = np.zeros((len(people.frames), len(JOINTS), 3))
    for index, joints in chosen.items():
        rows[index] = joints
    is_known = rows[..., 2:] > 0
    return BodyPose(size, np.where(is_known, rows[..., :2] + 0.5, 0), np.clip(rows[..., 2], 0, 1))


def extent(joints: Joints) -> float:
    """The longer side, in pixels, of the box around the known joints; 0 with fewer than two."""
    points = joints[joints[:, 2] > 0, :2]
    return float(np.ptp(points, axis=0).max()) if len(points) > 1 else 0.0


def distance(one: Joints, other: Joints) -> float:
    """The mean distance in pixels of the joints that both have; infinite where they share none."""
    both = (one[:, 2] > 0) & (other[:, 2] > 0)
    if not both.any():
        return float("inf")
    return float(np.linalg.norm(one[both, :2] - other[both, :2], axis=1).mean())


def keypoint_rows(values: object, where: str) -> np.ndarray:
    """A flat list of x, y, confidence, … from JSON as [n, 3].

    Args:
        where: the file and the frame, for messages.

    Raises:
        InputError: it is no such list.
    """
    try:
        rows = np.array(values, float).reshape(-1, 3)
    except (TypeError, ValueError, OverflowError):  # JSON's integers may exceed any float
        raise InputError(f"{where}: keypoints are no list of x, y, confidence, …") from None
    if not np.isfinite(rows).all() or np.abs(rows).max(initial=0) > LARGEST:
        raise InputError(f"{where}: a keypoint is not finite, or beyond ±{LARGEST:,.0f} pixels")
    if rows[:, 2].min(initial=0) < 0:
        raise InputError(f"{where}: a keypoint has a negative confidence")
    return rows
