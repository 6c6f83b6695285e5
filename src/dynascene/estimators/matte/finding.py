"""The backend, the frames in its working size, and whom it cuts out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from dynascene.display import Display
from dynascene.estimators.matte.backends import make_matter
from dynascene.estimators.matte.locating import SubjectPlace, locate, working_pixel
from dynascene.estimators.matte.pose import PoseMatter
from dynascene.estimators.matte.protocol import Matter
from dynascene.estimators.person.backends import make_detector
from dynascene.estimators.person.subject import Choice, Subject, choose_subject, crowd_notice
from dynascene.estimators.pose.track import PoseTrack
from dynascene.types import FrameSource


class Following:
    """A matter bound to one person that it has followed."""

    needs_boxes = False
    least_frames = 1

    def __init__(self, matter: PoseMatter, track: PoseTrack) -> None:
        self._matter, self.track = matter, track
        self.name, self.working_pixels = matter.name, matter.working_pixels

    def __call__(
        self,
        frames: np.ndarray,
        boxes: np.ndarray | None,
        start: tuple[float, float] | None = None,
    ) -> Iterator[np.ndarray]:
        return self._matter.mattes(frames, self.track)


def find_subject(
    clip: Path, source: FrameSource, backend: str | None, choice: Choice, display: Display
) -> tuple[Matter, np.ndarray, SubjectPlace]:
    """Choose the backend and the person.

    Args:
        clip: the path that messages name.
        source: its frames.
        backend: name; None: the best whose weights are at hand, motion where it sees nobody.
        choice: which person, see ``choose_subject``.
        display: shows the progress, and a line where several people could be meant.

    Returns:
        The backend, the frames in its working size uint8 [F, h, w, 3], and the subject's place.

    Raises:
        InputError: there is no subject.
    """
    matter = make_matter(backend)
    frames = working_frames(source, matter.working_pixels)
    if isinstance(matter, PoseMatter):
        return _by_pose(clip, source, matter, frames, backend, choice, display)
    detector = make_detector(fetch=matter.needs_boxes)
    if detector is None:
        display.notice(
            "no network that sees people is at hand: the matte takes what moves otherwise than the "
            "place; 'dynascene weights --small' fetches some"
        )
    place = locate(clip, source, frames, detector, choice, matter.needs_boxes, display)
    if backend is None and matter.needs_boxes and place.seen is None:
        # the detector could not tell who it is, so a network of its kind would not either
        motion = make_matter("motion")
        if len(source) >= motion.least_frames:
            return motion, working_frames(source, motion.working_pixels), replace(place, boxes=None)
    return matter, frames, place


def _by_pose(
    clip: Path,
    source: FrameSource,
    matter: PoseMatter,
    frames: np.ndarray,
    backend: str | None,
    choice: Choice,
    display: Display,
) -> tuple[Matter, np.ndarray, SubjectPlace]:
    """The chosen person as followed; motion where nobody is seen and no backend was named."""
    scale = frames.shape[2] / source.size.width
    pixel = working_pixel(choice, scale, source.size, clip)
    with display.stage("people", len(source)) as advance:
        people = matter.find(frames, advance)
    motion = make_matter("motion")
    if not people and backend is None and len(source) >= motion.least_frames:
        display.notice(f"{matter.name} sees nobody: the matte takes what moves otherwise")
        place = SubjectPlace(None, pixel, "motion")
        return motion, working_frames(source, motion.working_pixels), place
    subjects = {
        id(track): Subject(track.boxes / scale, track.seen, weight) for track, weight in people
    }
    ordered = sorted(subjects.values(), key=lambda person: person.centre[0])
    subject = choose_subject(ordered, choice, clip)
    if choice is None and (notice := crowd_notice(ordered, subject)):
        display.notice(notice)
    track = next(t for t, _ in people if subjects[id(t)] is subject)
    place = SubjectPlace(track.boxes, pixel, matter.name, track.seen, scale=scale)
    return Following(matter, track), frames, place


def working_frames(source: FrameSource, pixels: int) -> np.ndarray:
    """All frames, each shrunk to at most ``pixels`` pixels: uint8 [F, h, w, 3]."""
    width, height = source.size
    shrink = min(1.0, math.sqrt(pixels / (width * height)))
    size = max(16, round(width * shrink)), max(16, round(height * shrink))
    frames = np.empty((len(source), size[1], size[0], 3), np.uint8)
    for index, frame in enumerate(source.read()):
        frames[index] = cv2.resize(frame[..., :3], size, interpolation=cv2.INTER_AREA)
    return frames
