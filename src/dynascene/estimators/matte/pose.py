"""Mattes by BlazePose: people are followed by their landmarks, each frame's mask is read in the
turned square in which the person stands upright, and the clip's colours decide where it is unsure.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dynascene.estimators.frame_spool import FrameStack
from dynascene.estimators.matte.clip_colours import with_clip_colours
from dynascene.estimators.matte.opinion import probabilities
from dynascene.estimators.person.detection import area, intersection
from dynascene.estimators.pose.people import NAME, WORKING_PIXELS, PosePeople
from dynascene.estimators.pose.track import PoseTrack
from dynascene.estimators.weights import Progress
from dynascene.io.landmarks import PoseLandmarks
from dynascene.types import Size


class PoseMatter:
    """Mattes by BlazePose.

    Args:
        folder: holds both files under their own names; None: they are downloaded into the cache.
        progress: of the download.

    Attributes:
        people: the network.

    Raises:
        InputError: a file cannot be downloaded or read.
    """

    name = NAME
    working_pixels = WORKING_PIXELS
    needs_boxes = False
    least_frames = 1

    def __init__(self, folder: Path | None = None, progress: Progress | None = None) -> None:
        self.people = PosePeople(folder, progress)

    def __call__(
        self,
        frames: FrameStack,
        boxes: np.ndarray | None,
        start: tuple[float, float] | None = None,
    ) -> Iterator[np.ndarray]:
        people = self.people.find(frames)
        if not people:
            return (np.zeros(frame.shape[:2], np.float32) for frame in frames)
        if boxes is not None:
            person = max(people, key=lambda p: _shared(p.track.boxes, boxes))
        else:
            person = max(people, key=lambda p: (_at(p.track, start), p.prominence))
        size = Size(frames.shape[2], frames.shape[1])
        return PersonMatter(self.people, person.track, size)(frames, boxes, start)


class PersonMatter:
    """A matter bound to one person that BlazePose has followed.

    Args:
        people: the network.
        track: of the person.
        size: of the clip's own frames.

    Attributes:
        landmarks: of the person, after the first matte; None before.
    """

    name = NAME
    working_pixels = WORKING_PIXELS
    needs_boxes = False
    least_frames = 1

    def __init__(self, people: PosePeople, track: PoseTrack, size: Size) -> None:
        self._people, self._track, self._size = people, track, size
        self.landmarks: PoseLandmarks | None = None

    def __call__(
        self,
        frames: FrameStack,
        boxes: np.ndarray | None,
        start: tuple[float, float] | None = None,
    ) -> Iterator[np.ndarray]:
        self.landmarks, logits = self._people.read(frames, self._track, self._size)
        for logit in with_clip_colours(frames, logits):
            yield probabilities(logit)


def _shared(one: np.ndarray, other: np.ndarray) -> float:
    """Mean share of two tracks' boxes [F, 4] in their union."""
    shared = np.array([intersection(a, b[None])[0] for a, b in zip(one, other, strict=True)])
    return float((shared / np.maximum(area(one) + area(other) - shared, 1e-9)).mean())


def _at(track: PoseTrack, pixel: tuple[float, float] | None) -> bool:
    """Whether a pixel of the first frame lies on a person."""
    if pixel is None:
        return False
    left, top, right, bottom = track.boxes[0]
    return bool(left <= pixel[0] <= right and top <= pixel[1] <= bottom)
