"""The people of a clip by BlazePose, the choice of one, and what the network reads of them.

F frames, h w working pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dynascene.display import Display
from dynascene.estimators.frame_spool import FrameSpool, FrameStack
from dynascene.estimators.person.subject import Choice, Subject, choose_subject, crowd_notice
from dynascene.estimators.pose import detector, landmarker
from dynascene.estimators.pose.detector import PoseDetector
from dynascene.estimators.pose.following import Follower
from dynascene.estimators.pose.landmarker import LANDMARKS, PoseLandmarker
from dynascene.estimators.pose.prominence import prominences
from dynascene.estimators.pose.track import PoseTrack, track_of
from dynascene.estimators.weights import Progress, weights_file
from dynascene.io.landmarks import PoseLandmarks
from dynascene.types import Size

NAME = "pose"
WORKING_PIXELS = 640 * 360
OUTSIDE = -5.0  # logit off the region
UNSEEN = 0.3  # of the mask's weight, where the network sees nobody


class PosePerson(NamedTuple):
    """Somebody who stays in the clip, with their prominence, see ``prominences``."""

    track: PoseTrack
    prominence: float


class PosePeople:
    """BlazePose.

    Args:
        folder: holds both files under their own names; None: they are downloaded into the cache.
        progress: of the download.

    Raises:
        InputError: a file cannot be downloaded or read.
    """

    def __init__(self, folder: Path | None = None, progress: Progress | None = None) -> None:
        place = weights_file(NAME, folder, progress).parent
        self._landmarker = PoseLandmarker(place / landmarker.FILE)
        self._follower = Follower(PoseDetector(place / detector.FILE), self._landmarker)

    def find(
        self, frames: FrameStack, advance: Callable[[], None] = lambda: None
    ) -> list[PosePerson]:
        """Everybody who stays in the clip.

        Args:
            frames: uint8 [F, h, w, 3].
            advance: called once for each frame.
        """
        tracks = [track_of(person, len(frames)) for person in self._follower(frames, advance)]
        weights = prominences(frames, tracks)
        people = [PosePerson(*pair) for pair in zip(tracks, weights, strict=True)]
        return [person for person in people if person.prominence > 0]

    def read(
        self, frames: FrameStack, track: PoseTrack, size: Size
    ) -> tuple[PoseLandmarks, FrameSpool]:
        """Read the landmarks and the mask of one person.

        Args:
            frames: uint8 [F, h, w, 3].
            track: of the person.
            size: of the clip's own frames, in whose pixels the landmarks are.

        Returns:
            The landmarks, and the mask's logits float16 [F, h, w].
        """
        scale = size.width / frames.shape[2]
        points = np.empty((len(frames), LANDMARKS, 2))
        depth, visibility, doubt = np.empty((3, len(frames), LANDMARKS))
        person, logits = np.empty(len(frames)), FrameSpool(frames.shape[1:3], np.float16)
        for index, (frame, region) in enumerate(zip(frames, track.regions, strict=True)):
            reading, apart, mask = self._landmarker.both_ways(frame, region)
            points[index] = (reading.points[:LANDMARKS] + 0.5) * scale
            depth[index], doubt[index] = reading.depth * scale, apart * scale
            visibility[index], person[index] = reading.visibility, reading.person
            own = mask * (UNSEEN + (1 - UNSEEN) * reading.person)
            logit = region.lay(own.astype(np.float32), frame.shape[:2], OUTSIDE)
            logits.append(logit.astype(np.float16))
        return PoseLandmarks(size, points, depth, visibility, doubt, person), logits


def choose_person(
    clip: Path, people: Sequence[PosePerson], choice: Choice, scale: float, display: Display
) -> PosePerson:
    """Choose whom a clip is about; one line says who else could be meant.

    Args:
        clip: the path that messages name.
        people: of the clip.
        choice: see ``choose_subject``.
        scale: working pixels per pixel of the clip.
        display: shows the line.

    Raises:
        InputError: there is nobody, two are equals, or the choice fits nobody.
    """
    subjects = [Subject(p.track.boxes / scale, p.track.seen, p.prominence) for p in people]
    ordered = sorted(subjects, key=lambda subject: subject.centre[0])
    subject = choose_subject(ordered, choice, clip)
    if choice is None and (notice := crowd_notice(ordered, subject)):
        display.doubt(notice)
    return people[next(n for n, other in enumerate(subjects) if other is subject)]
