"""Locating the subject of a clip, before its matte is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np

from dynascene.display import Display
from dynascene.errors import InputError
from dynascene.estimators.frame_spool import FrameStack, in_memory, spooled
from dynascene.estimators.matte.camera_motion import chain_homographies
from dynascene.estimators.matte.evidence import gather_evidence, moving_share
from dynascene.estimators.matte.plate import PlateMaker
from dynascene.estimators.matte.regions import subject_regions
from dynascene.estimators.person.detection import area
from dynascene.estimators.person.protocol import PersonDetector
from dynascene.estimators.person.subject import (
    Choice,
    Subject,
    choose_subject,
    comparable_people,
    crowd_notice,
    find_people,
)
from dynascene.imaging.colour import luma
from dynascene.types import FrameSource, Size

# Of the frames: whoever is seen in fewer is found by motion, where motion makes mattes.
STEADY = 0.6
STILL = 0.35  # of the liveliest person's motion: who moves less is a tree or a statue
GLANCES = 48  # frames of a quick look
SAME = 0.5  # of the smaller box: if so much lies in the larger, they may show one person
LEAST_APART = 0.1, 3  # of the frames, and frames at least, that must show two people apart


@dataclass(frozen=True)
class SubjectPlace:
    """Where the subject is.

    Attributes:
        boxes: [F, 4] in working pixels; None where the subject is located by motion.
        start: a working pixel of the subject in the first frame; None where none is given.
        found_by: detector or method, for reports.
        seen: bool [F], where a detector agrees; None without a detector.
        others: other people, with boxes in pixels of the source.
        scale: working pixels per pixel of the source.
    """

    boxes: np.ndarray | None
    start: tuple[float, float] | None
    found_by: str
    seen: np.ndarray | None = None
    others: tuple[Subject, ...] = ()
    scale: float = 1.0


def locate(
    path: Path,
    source: FrameSource,
    frames: FrameStack,
    detector: PersonDetector | None,
    choice: Choice,
    needs_boxes: bool,
    display: Display,
) -> SubjectPlace:
    """Locate the subject.

    Args:
        path: that messages name.
        source: the clip, for the detector.
        frames: the same shrunk, uint8 [F, h, w, 3].
        detector: finds the people; None: use motion.
        choice: a number, a pixel (x, y) of the source's first frame, or None.
        needs_boxes: return boxes even where motion could do without.
        display: shows the progress.

    Raises:
        InputError: there is nobody, two people are equals, the choice fits nobody, or it is a
            number and there is no detector.
    """
    scale = frames.shape[2] / source.size.width
    pixel = working_pixel(choice, scale, source.size, path)
    by_motion = SubjectPlace(None, pixel, "motion")
    refuse_number(choice, detector)
    if detector is None:
        return by_motion
    with display.stage("people", len(source)) as advance:
        people = find_people(source, detector, advance)
    if choice is None and people and len(comparable_people(people)) > 1:
        mover = _only_mover(frames, comparable_people(people), scale)
        if mover is not None:
            return mover if needs_boxes else replace(mover, boxes=None)
    try:
        subject = choose_subject(people, choice, path)
    except InputError:
        if pixel is not None and not needs_boxes:
            return by_motion
        raise
    if choice is None and (notice := crowd_notice(people, subject)):
        display.doubt(notice)
    if not needs_boxes and subject.seen.mean() < STEADY:
        return by_motion
    others = tuple(p for p in people if p is not subject and any_apart([subject, p]))
    return SubjectPlace(subject.boxes * scale, pixel, detector.name, subject.seen, others, scale)


def working_pixel(
    choice: Choice, scale: float, size: Size, path: Path
) -> tuple[float, float] | None:
    """The chosen pixel, in working pixels; None where the choice is no pixel."""
    if not isinstance(choice, tuple):
        return None
    x, y = choice
    if not (0 <= x < size.width and 0 <= y < size.height):
        raise InputError(f"`subject` {x:g},{y:g}: lies outside {path}, which is {size}")
    return x * scale, y * scale


def refuse_number(choice: Choice, detector: PersonDetector | None) -> None:
    """Raise InputError for a number where there is no detector: then people are not numbered."""
    if isinstance(choice, int) and detector is None:
        raise InputError(
            f"`subject` {choice}: no person detector's weights are at hand to count people; "
            "point at the subject with a pixel X,Y of the first frame"
        )


def _only_mover(frames: FrameStack, people: list[Subject], scale: float) -> SubjectPlace | None:
    """The one region that moves independently of the camera, if it holds all moving people.

    A detector takes trees for people, and one person for two.
    """
    every = max(1, len(frames) // GLANCES)
    if every > 1:  # a quick look first: mostly there are indeed several
        glances = [_at_every(person, every) for person in people]
        if any_apart(_movers(_motion(frames, every), glances, scale)):
            return None
    moving = _motion(frames)
    boxes = boxes_of(subject_regions(moving))
    movers = _movers(moving, people, scale)
    inside = [shared_of_smaller(person.boxes * scale, boxes)[person.seen] for person in movers]
    if any(np.median(share) < SAME for share in inside) or any_apart(movers):
        return None
    return SubjectPlace(boxes, None, "motion among several boxes")


def _motion(frames: FrameStack, every: int = 1) -> FrameStack:
    """Evidence of motion that the camera does not explain, in every so many frames: [F, h, w]."""
    pictures = frames if every == 1 else in_memory(frames, every)
    greys = spooled(map(luma, pictures))
    plates = PlateMaker(pictures, greys, chain_homographies(greys))
    return moving_share(gather_evidence(pictures, plates))


def _movers(moving: FrameStack, people: list[Subject], scale: float) -> list[Subject]:
    """People who move nearly as much as the one who moves most."""
    liveliness = [_motion_in(moving, person, scale) for person in people]
    return [
        person
        for person, motion in zip(people, liveliness, strict=True)
        if motion >= STILL * max(liveliness)
    ]


def _at_every(person: Subject, step: int) -> Subject:
    return replace(person, boxes=person.boxes[::step], seen=person.seen[::step])


def any_apart(people: list[Subject]) -> bool:
    """Whether two people are reliably seen at the same time in different places.

    Both are seen in half of the frames, or they are mostly apart where both are seen.
    """
    for one, other in combinations(people, 2):
        together = one.seen & other.seen
        apart = shared_of_smaller(one.boxes, other.boxes)[together] < SAME
        least = max(LEAST_APART[0] * len(together), LEAST_APART[1])
        steady = min(one.seen.mean(), other.seen.mean()) >= 0.5
        if apart.sum() >= least and (steady or apart.mean() > 0.5):
            return True
    return False


def shared_of_smaller(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The intersection of boxes [F, 4] as a share of the smaller one: [F] in 0 … 1."""
    low, high = np.maximum(one[:, :2], other[:, :2]), np.minimum(one[:, 2:], other[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    return shared / np.maximum(np.minimum(area(one), area(other)), 1e-9)


def boxes_of(regions: FrameStack) -> np.ndarray:
    """Bounding boxes [F, 4] of regions uint8 [F, h, w], smoothed over time."""
    boxes = np.zeros((len(regions), 4))
    for index, region in enumerate(regions):
        x, y, width, height = cv2.boundingRect((region > 0).astype(np.uint8))
        boxes[index] = x, y, x + width, y + height
    padded = np.pad(boxes, ((2, 2), (0, 0)), mode="edge")
    return np.median(np.stack([padded[i : i + len(boxes)] for i in range(5)]), axis=0)


def _motion_in(moving: FrameStack, person: Subject, scale: float) -> float:
    """Mean evidence of motion in a person's boxes."""
    means = []
    for index in np.nonzero(person.seen)[0]:
        left, top, right, bottom = np.rint(person.boxes[index] * scale).astype(int)
        inside = moving[index][max(0, top) : bottom, max(0, left) : right]
        means.append(float(inside.mean()) if inside.size else 0.0)
    return float(np.mean(means)) if means else 0.0
