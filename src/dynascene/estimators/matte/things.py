"""What a person rides, holds or carries: it moves otherwise than the place, and goes with them.

BlazePose sees people alone. What moves is found by the backend motion. A thing need not touch its
bearer in every frame: between suitcase and hand there is a thin bar, and a ball is ahead between
two kicks. So contact is looked for in the average over about a second, in a frame that goes with
the person. There a thing stays in its place, and what only passes by, such as a post near the
camera, fades. The backend goes by colours, too, where nobody moves, so a table of the person's
colour would come along: a thing must be seen moving.

F frames, h w working pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from dynascene.estimators.frame_spool import FrameSpool, FrameStack, spooled
from dynascene.estimators.matte.motion import MotionMatter
from dynascene.estimators.matte.pose import PersonMatter
from dynascene.estimators.matte.stance import find_stances, usual_shape
from dynascene.estimators.working_frames import shrunk_frames

USUAL = 0.2  # share of the time: what goes with the person so often is joined to them
LIVELY = 0.05  # how surely a thing moves, on average; a table of alike colour has 0.00
# Of the square root of the person's area:
REACH = 1.3  # how far from them a thing may go on
RIM = 0.05  # what moves no farther from their outline is the outline's doubt, and no thing


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
        size = frames.shape[2], frames.shape[1]
        opinions = motion(shrunk_frames(frames, motion.working_pixels), None)
        moves = _enlarged(opinions, size)
        assert motion.moving is not None  # it has made its mattes
        lively = _enlarged(motion.moving, size)
        person = super().__call__(frames, boxes, start)
        return with_things(spooled(one.astype(np.float16) for one in person), moves, lively)


def with_things(
    people: FrameStack, opinions: FrameStack, moving: FrameStack
) -> Iterator[np.ndarray]:
    """Yield the probability of the person or a thing of theirs: float32 [h, w] per frame.

    Args:
        people: probability of the person, [F, h, w].
        opinions: probability that something moves otherwise than the place, by motion and
            colours, [F, h, w].
        moving: the same by motion alone, [F, h, w].
    """
    stances = find_stances(people)
    either = spooled(np.maximum(p, m) for p, m in zip(people, opinions, strict=True))
    usual, lively = usual_shape(either, stances), usual_shape(moving, stances)
    for person, moves, share, motion, stance in zip(
        people, opinions, usual, lively, stances, strict=True
    ):
        alone, either_way = person.astype(np.float32), moves.astype(np.float32)
        yield join_things(alone, either_way, share > USUAL, motion, stance.size)


def join_things(
    person: np.ndarray, moves: np.ndarray, in_step: np.ndarray, lively: np.ndarray, size: float
) -> np.ndarray:
    """The probability of the person or a thing of theirs in one frame: float32 [h, w].

    Args:
        person: probability of the person, [h, w].
        moves: probability that something moves otherwise than the place, [h, w].
        in_step: bool [h, w], where the person usually is, or something goes with them.
        lively: how surely something usually moves there, whatever its colour, [h, w].
        size: square root of the person's usual area, pixels.
    """
    body = person > 0.5
    if not body.any():
        return person
    _, labels = cv2.connectedComponents((body | in_step).astype(np.uint8))
    joined = np.isin(labels, np.unique(labels[body]))
    away, rim = _distance(body), max(1.0, RIM * size)
    thing = _lively_parts((moves > 0.5) & joined & (away > rim) & (away <= REACH * size), lively)
    if not thing.any():
        return person
    return np.maximum(person, moves * (joined & (_distance(thing) <= rim + 1)))


def _lively_parts(things: np.ndarray, lively: np.ndarray) -> np.ndarray:
    """The connected parts of a mask [h, w] of which motion says something, on average."""
    count, labels = cv2.connectedComponents(things.astype(np.uint8))
    parts = labels.ravel()
    totals = np.bincount(parts, lively.ravel(), count)
    enough = totals > LIVELY * np.bincount(parts, minlength=count)
    return things & np.isin(labels, np.flatnonzero(enough))


def _enlarged(pictures: Iterable[np.ndarray], size: tuple[int, int]) -> FrameSpool:
    """Pictures at another size (width, height): float16 [F, h, w]."""
    return spooled(cv2.resize(one.astype(np.float32), size).astype(np.float16) for one in pictures)


def _distance(mask: np.ndarray) -> np.ndarray:
    """Pixels to the nearest one of a mask [h, w] that is not empty: float32 [h, w]."""
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3)
