"""Mattes by BlazePose: people are followed by their landmarks, and each frame's mask is read in the
turned square in which the person stands upright.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from dynascene.estimators.person.detection import area, intersection
from dynascene.estimators.pose import detector, landmarker
from dynascene.estimators.pose.detector import PoseDetector
from dynascene.estimators.pose.following import Follower
from dynascene.estimators.pose.landmarker import PoseLandmarker
from dynascene.estimators.pose.prominence import prominences
from dynascene.estimators.pose.track import PoseTrack, track_of
from dynascene.estimators.weights import Progress, weights_file

OUTSIDE = -5.0  # logit off the region
UNSEEN = 0.3  # of the mask's weight, where the network sees nobody


class PoseMatter:
    """Mattes by BlazePose.

    Args:
        folder: holds both files under their own names; None: they are downloaded into the cache.
        progress: of the download.

    Raises:
        InputError: a file cannot be downloaded or read.
    """

    name = "pose"
    working_pixels = 640 * 360
    needs_boxes = False
    least_frames = 1

    def __init__(self, folder: Path | None = None, progress: Progress | None = None) -> None:
        place = weights_file("pose", folder, progress).parent
        self._landmarker = PoseLandmarker(place / landmarker.FILE)
        self._follower = Follower(PoseDetector(place / detector.FILE), self._landmarker)

    def find(
        self, frames: np.ndarray, advance: Callable[[], None] = lambda: None
    ) -> list[tuple[PoseTrack, float]]:
        """Everybody who stays in the clip, each with their prominence, see ``prominences``.

        Args:
            frames: uint8 [F, h, w, 3].
            advance: called once for each frame.
        """
        tracks = [track_of(person, len(frames)) for person in self._follower(frames, advance)]
        weights = prominences(frames, tracks)
        return [pair for pair in zip(tracks, weights, strict=True) if pair[1] > 0]

    def __call__(
        self,
        frames: np.ndarray,
        boxes: np.ndarray | None,
        start: tuple[float, float] | None = None,
    ) -> Iterator[np.ndarray]:
        people = self.find(frames)
        if not people:
            return (np.zeros(frame.shape[:2], np.float32) for frame in frames)
        if boxes is not None:
            track, _ = max(people, key=lambda pair: _shared(pair[0].boxes, boxes))
        else:
            track, _ = max(people, key=lambda pair: (_at(pair[0], start), pair[1]))
        return self.mattes(frames, track)

    def mattes(self, frames: np.ndarray, track: PoseTrack) -> Iterator[np.ndarray]:
        """Yield the probability of one person for every frame, float32 [h, w] in 0 … 1."""
        for frame, region in zip(frames, track.regions, strict=True):
            reading, _ = self._landmarker.both_ways(frame, region)
            logits = reading.mask * (UNSEEN + (1 - UNSEEN) * reading.person)
            logit = region.lay(logits.astype(np.float32), frame.shape[:2], OUTSIDE)
            yield 1 / (1 + np.exp(-logit))


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
