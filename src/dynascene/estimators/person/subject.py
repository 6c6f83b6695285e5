"""The one person that the shot is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dynascene.errors import InputError
from dynascene.estimators.person.detection import area
from dynascene.estimators.person.protocol import PersonDetector
from dynascene.estimators.person.tracks import Track, Tracker
from dynascene.types import FrameSource, Size

LEAST_PRESENCE = 0.1  # of the frames: shorter tracks are passers-by or mistakes
LEAST_FRAMES = 3
LEAST_CONFIDENCE = 0.5  # mean over the track
COMPARABLE = 0.2  # of the most prominent one's prominence: may be meant
EQUAL = 0.9  # of the most prominent one's prominence and size: cannot be told from them

Choice = int | tuple[float, float] | None


@dataclass(frozen=True)
class Subject:
    """One person of a clip.

    Attributes:
        boxes: [F, 4] left, top, right, bottom in pixels; gaps are interpolated.
        seen: bool [F], where a detector saw the person.
        prominence: 0 … 1.
    """

    boxes: np.ndarray
    seen: np.ndarray
    prominence: float

    @property
    def first(self) -> int:
        """The first frame that shows the subject."""
        return int(self.seen.argmax())

    @property
    def centre(self) -> tuple[float, float]:
        """x and y of the box in the first frame that shows the subject."""
        left, top, right, bottom = self.boxes[self.first]
        return (left + right) / 2, (top + bottom) / 2


def find_people(
    source: FrameSource, detector: PersonDetector, advance: Callable[[], None] = lambda: None
) -> list[Subject]:
    """Everybody who stays in the clip, ordered from left to right at their first appearance.

    Args:
        source: the clip.
        detector: finds people in each frame.
        advance: called after each frame.
    """
    tracker = Tracker()
    for index, frame in enumerate(source.read()):
        colour = frame[..., :3]
        tracker.add(index, colour, detector(colour))
        advance()
    least = max(min(LEAST_FRAMES, len(source)), LEAST_PRESENCE * len(source))
    people = [
        _subject(track, len(source), source.size)
        for track in tracker.tracks
        if len(track.frames) >= least and np.mean(track.confidences) >= LEAST_CONFIDENCE
    ]
    return sorted(people, key=lambda person: person.centre[0])


class EqualPeople(InputError):  # noqa: N818 (an InputError by name and nature)
    """Two people of a clip are equally prominent and large: who is meant must be chosen."""


def choose_subject(people: list[Subject], choice: Choice, path: Path) -> Subject:
    """Choose the subject of a clip.

    Args:
        people: of the clip.
        choice: a number as in ``list_people``, a pixel (x, y) of the first frame, or None for the
            most prominent person.
        path: the clip, for messages.

    Raises:
        InputError: there is nobody, two people are equally prominent and large, or the choice
            fits nobody.
    """
    if not people:
        raise InputError(
            f"{path}: nobody was found in it; give a matte of your own (white = person), or take "
            "the backend motion and point at what moves: `subject` X,Y, a pixel of the first frame"
        )
    if isinstance(choice, tuple):
        return _at_pixel(people, choice, path)
    listed = comparable_people(people)
    if choice is not None:
        if not 1 <= choice <= len(listed):
            raise InputError(f"`subject` {choice}: {path} shows {list_people(listed)}")
        return listed[choice - 1]
    most = max(listed, key=lambda person: person.prominence)
    if any(_equal(person, most) for person in listed if person is not most):
        raise EqualPeople(
            f"{path}: shows {len(listed)} people of comparable prominence: {list_people(listed)}; "
            "choose one with `subject`: their number N, or a pixel X,Y on them in the first frame"
        )
    return most


def crowd_notice(people: list[Subject], subject: Subject) -> str | None:
    """A line that says who was taken, and how to choose another; None where nobody else is meant.

    Args:
        people: of the clip.
        subject: one of them, who was not chosen by the user.
    """
    listed = comparable_people(people)
    if len(listed) < 2:
        return None
    number = next(n for n, person in enumerate(listed, start=1) if person is subject)
    return (
        f"of {len(listed)} people the most prominent was taken, number {number}; another is chosen "
        f"by `subject`, their number or a pixel on them in the first frame: {list_people(listed)}"
    )


def comparable_people(people: list[Subject]) -> list[Subject]:
    """The most prominent person and all with a comparable prominence."""
    most = max(person.prominence for person in people)
    return [person for person in people if person.prominence >= COMPARABLE * most]


def list_people(people: list[Subject]) -> str:
    """One line of text with the people's numbers and positions."""
    return ", ".join(
        f"{number} at pixel {person.centre[0]:.0f},{person.centre[1]:.0f} of frame {person.first}"
        for number, person in enumerate(people, start=1)
    )


def _equal(person: Subject, most: Subject) -> bool:
    """Whether somebody is as prominent as the most prominent one, and as large."""
    sizes = sorted(float(np.median(area(p.boxes[p.seen]))) for p in (person, most))
    return person.prominence >= EQUAL * most.prominence and sizes[0] >= EQUAL * sizes[1]


def _at_pixel(people: list[Subject], pixel: tuple[float, float], path: Path) -> Subject:
    x, y = pixel
    there = [p for p in people if p.seen[: p.first + 1].any() and _holds(p.boxes[0], x, y)]
    if not there:
        raise InputError(
            f"`subject` {x:g},{y:g}: nobody is there in the first frame of {path}, "
            f"which shows {list_people(comparable_people(people))}"
        )
    return min(there, key=lambda person: area(person.boxes[0]))


def _holds(box: np.ndarray, x: float, y: float) -> bool:
    left, top, right, bottom = box
    return bool(left <= x <= right and top <= y <= bottom)


def _subject(track: Track, count: int, size: Size) -> Subject:
    seen = np.zeros(count, bool)
    seen[track.frames] = True
    boxes = track.boxes_of_all(count)
    # large, sure, central and there all the time; the square root keeps size from being all
    middle = (np.stack(track.boxes)[:, ::2].mean(axis=1) / size.width - 0.5) * 2
    share = area(np.stack(track.boxes)) / (size.width * size.height)
    weight = np.sqrt(share) * np.array(track.confidences) ** 2 * (1 - 0.5 * np.abs(middle))
    return Subject(boxes, seen, float(weight.sum() / count))
