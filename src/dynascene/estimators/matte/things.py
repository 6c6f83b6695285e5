"""What a person rides, holds or carries: it moves otherwise than the place, and touches the person.

BlazePose sees people alone. What moves is found by the backend motion; of that, the parts that are
joined to the person join the matte, as far as a vehicle reaches.

F frames, h w working pixels.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from dynascene.estimators.frame_spool import FrameStack
from dynascene.estimators.matte.motion import MotionMatter
from dynascene.estimators.matte.pose import PersonMatter
from dynascene.estimators.working_frames import shrunk_frames

REACH = 0.7  # of the square root of the person's area: how far from them a thing may go on


class RiderMatter(PersonMatter):
    """A matter bound to one person that BlazePose has followed, with what moves along."""

    least_frames = MotionMatter.least_frames

    def __call__(
        self,
        frames: FrameStack,
        boxes: np.ndarray | None,
        start: tuple[float, float] | None = None,
    ) -> Iterator[np.ndarray]:
        motion = MotionMatter()
        moving = motion(shrunk_frames(frames, motion.working_pixels), None)
        size = frames.shape[2], frames.shape[1]
        for person, moves in zip(super().__call__(frames, boxes, start), moving, strict=True):
            yield joined(person, cv2.resize(moves, size))


def joined(person: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """The probability of the person or a thing of theirs: float32 [h, w].

    Args:
        person: probability of the person, [h, w].
        moves: probability that something moves otherwise than the place, [h, w].
    """
    body = person > 0.5
    if not body.any():
        return person
    _, labels = cv2.connectedComponents((body | (moves > 0.5)).astype(np.uint8))
    touching = np.isin(labels, np.unique(labels[body]))
    distance = cv2.distanceTransform((~body).astype(np.uint8), cv2.DIST_L2, 3)
    near = distance <= REACH * float(np.sqrt(np.count_nonzero(body)))
    return np.maximum(person, moves * touching * near)
