"""The backend, the frames in its working size, and whom it cuts out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from dynascene.display import Display
from dynascene.estimators.matte.backends import make_matter
from dynascene.estimators.matte.locating import SubjectPlace, locate, working_pixel
from dynascene.estimators.matte.pose import PersonMatter, PoseMatter
from dynascene.estimators.matte.protocol import Matter
from dynascene.estimators.person.backends import make_detector
from dynascene.estimators.person.subject import Choice
from dynascene.estimators.pose.people import choose_person
from dynascene.estimators.working_frames import working_frames
from dynascene.types import FrameSource


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
        people = matter.people.find(frames, advance)
    motion = make_matter("motion")
    if not people and backend is None and len(source) >= motion.least_frames:
        display.notice(f"{matter.name} sees nobody: the matte takes what moves otherwise")
        place = SubjectPlace(None, pixel, "motion")
        return motion, working_frames(source, motion.working_pixels), place
    person = choose_person(clip, people, choice, scale, display)
    place = SubjectPlace(person.track.boxes, pixel, matter.name, person.track.seen, scale=scale)
    return PersonMatter(matter.people, person.track, source.size), frames, place
