"""The backend, the frames in its working size, and whom it cuts out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dynascene.display import Display
from dynascene.estimators.frame_spool import FrameStack
from dynascene.estimators.matte.backends import make_matter
from dynascene.estimators.matte.locating import SubjectPlace, locate, working_pixel
from dynascene.estimators.matte.pose import PersonMatter, PoseMatter
from dynascene.estimators.matte.protocol import Matter
from dynascene.estimators.matte.things import RiderMatter
from dynascene.estimators.person.backends import make_detector
from dynascene.estimators.person.subject import Choice
from dynascene.estimators.pose.people import choose_person
from dynascene.estimators.working_frames import working_frames
from dynascene.types import FrameSource

SELDOM = 0.5  # of the frames in which pose sees the person: below, motion knows more


def find_subject(
    clip: Path,
    source: FrameSource,
    backend: str | None,
    choice: Choice,
    display: Display,
    take_along: bool | None = None,
) -> tuple[Matter, FrameStack, SubjectPlace]:
    """Choose the backend and the person.

    Args:
        clip: the path that messages name.
        source: its frames.
        backend: name; None: the best whose weights are at hand, motion where it sees nobody.
        choice: which person, see ``choose_subject``.
        take_along: see ``MatteOptions``.
        display: shows the progress, and a doubt where several people could be meant, or where
            no network tells that what is cut out is a person.

    Returns:
        The backend, the frames in its working size uint8 [F, h, w, 3], and the subject's place.

    Raises:
        InputError: there is no subject.
    """
    matter = make_matter(backend)
    frames = working_frames(source, matter.working_pixels)
    if isinstance(matter, PoseMatter):
        return _by_pose(clip, source, matter, frames, backend, choice, display, take_along)
    detector = make_detector(fetch=matter.needs_boxes)
    if detector is None:
        say = display.doubt if backend is None else display.notice  # whoever named it knows
        say(
            "no network that sees people is at hand: the matte takes what moves otherwise than the "
            "place; 'dynascene weights --small' fetches some"
        )
    place = locate(clip, source, frames, detector, choice, matter.needs_boxes, display)
    may_move = backend is None and take_along is not False
    if may_move and matter.needs_boxes and place.seen is None:
        # the detector could not tell who it is, so a network of its kind would not either
        motion = make_matter("motion")
        if len(source) >= motion.least_frames:
            return motion, working_frames(source, motion.working_pixels), replace(place, boxes=None)
    return matter, frames, place


def _by_pose(
    clip: Path,
    source: FrameSource,
    matter: PoseMatter,
    frames: FrameStack,
    backend: str | None,
    choice: Choice,
    display: Display,
    take_along: bool | None,
) -> tuple[Matter, FrameStack, SubjectPlace]:
    """The chosen person as followed; motion where nobody is seen, or they are seen too seldom.

    Not where a backend or a number was named, or the person alone is asked for: motion counts
    nobody, and takes things along.
    """
    scale = frames.shape[2] / source.size.width
    pixel = working_pixel(choice, scale, source.size, clip)
    with display.stage("people", len(source)) as advance:
        people = matter.people.find(frames, advance)
    motion = make_matter("motion")
    by_motion = SubjectPlace(None, pixel, "motion")
    may_move = backend is None and take_along is not False and not isinstance(choice, int)
    may_move = may_move and len(source) >= motion.least_frames
    if not people and may_move:
        display.doubt(
            f"{matter.name} sees nobody: the matte takes what moves otherwise than the place "
            "(`subject` X,Y points at something else)"
        )
        return motion, working_frames(source, motion.working_pixels), by_motion
    person = choose_person(clip, people, choice, scale, display)
    share = float(person.track.seen.mean())
    if share < SELDOM and may_move and take_along is None:
        display.doubt(
            f"{matter.name} sees the person in {share:.0%} of the frames only: the matte takes "
            "what moves otherwise (`person_alone` keeps to the person)"
        )
        return motion, working_frames(source, motion.working_pixels), by_motion
    place = SubjectPlace(person.track.boxes, pixel, matter.name, person.track.seen, scale=scale)
    # of few frames, as in a preview, nothing tells what moves with them
    kind = RiderMatter if take_along and len(source) >= motion.least_frames else PersonMatter
    return kind(matter.people, person.track, source.size), frames, place
