"""The log-odds of person against place for every pixel, from motion and from colours.

The first opinion comes from motion in each frame, with the person's colours over the clip. The
pooled opinion starts from another one and pools it over the clip: the colours of each part of the
person and of what is beside it, and where the person usually is. What is right in most frames so
corrects what is wrong in some. Where colours do not separate the two, motion decides.

F frames, h w working pixels. A logit is positive where person is more likely.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from dynascene.estimators.frame_spool import FrameSpool, FrameStack, spooled
from dynascene.estimators.matte.appearance import Appearance
from dynascene.estimators.matte.evidence import ENOUGH_VIEWS, LIKE_PLACE, Evidence
from dynascene.estimators.matte.guided_filter import GuidedFilter
from dynascene.estimators.matte.shape import average_shape
from dynascene.estimators.matte.stance import find_stances, usual_shape

STEEPNESS = 1.5  # what each deviation from the plate adds to the logit
FREE = 0.5  # share of neighbours that must show the place
MOST_LOGIT = 4.0  # that motion can add, either way is sure
OUTSIDE = -5.0  # logit off the region
NEAR, FAR = 0.07, 0.25  # of the width: around the region, for the matte and for colours
COUPLING, COUPLING_ROUNDS = 1.2, 2  # of a pixel to its neighbours of like colour
GUIDE_RADIUS, GUIDE_RIDGE = 0.01, 1e-3  # of the width; variance
UNREST, CALM = 3.0, 0.25  # logit per unit of unrest; the unrest that speaks for neither

FIRST_ROUNDS = 3  # of colours from opinion and opinion from colours
COLOUR_LIMIT = 2.5  # logit that a colour can add
COLOUR_BESIDE_PLATE = 0.3  # of its weight, where a plate says more
SHAPE, HALF_SHAPE = 6.0, 0.35  # logit per unit of shape; the shape that speaks for neither
SHAPE_BESIDE_PLATE = 0.5  # of its weight, where a plate says more

POOLED_ROUNDS = 2
PART_LIMIT = 4.0  # logit that a colour can add where it is
USUAL_LIMIT = 1.0  # logit that the usual shape can add
POOLED_BESIDE_PLATE = 0.6  # of both weights, where a plate says more


class Cue(NamedTuple):
    """What plates say about one frame.

    Attributes:
        logit: float32 [h, w], of person against place.
        reliable: float32 [h, w] in 0 … 1, weight of the logit.
        near: bool [h, w], where the person can be at all.
    """

    logit: np.ndarray
    reliable: np.ndarray
    near: np.ndarray


def plate_cue(
    region: np.ndarray,
    first: tuple[np.ndarray, np.ndarray],
    second: tuple[np.ndarray, np.ndarray],
) -> Cue:
    """The cue from plates with and without the person's pixels.

    Args:
        region: uint8 [h, w], 255 = roughly the subject.
        first: deviation and views [h, w] of plates of whole frames.
        second: the same of plates without the region.
    """
    (off, views), (off_free, views_free) = first, second
    # where most neighbours show the place, the first plate is free of the person and knows more
    free = views_free >= FREE * np.maximum(views, 1)
    off_free = np.where(free, np.minimum(off, off_free), off_free)
    near = dilated(region, NEAR * region.shape[1]) > 0
    reliable = np.clip((views_free - 1) / (ENOUGH_VIEWS - 1), 0, 1) * near
    return Cue(np.clip((off_free - LIKE_PLACE) * STEEPNESS, -3, MOST_LOGIT), reliable, near)


def first_opinion(
    frames: FrameStack,
    region: FrameStack,
    moving: FrameStack,
    first: Evidence,
    second: Evidence,
) -> FrameSpool:
    """Logits [F, h, w] float16 from motion and colours.

    Args:
        frames: uint8 [F, h, w, 3].
        region: uint8 [F, h, w], 255 = roughly the subject.
        moving: [F, h, w] in 0 … 1, probability of motion.
        first, second: evidence of plates of whole frames, and of those without the region.
    """
    shapes = average_shape(moving, region)
    motion, colour_weight, person, place = (
        FrameSpool(region.shape[1:], np.float16) for _ in range(4)
    )
    for index, one in enumerate(region):
        cue = plate_cue(one, first.of(index), second.of(index))
        shape, moved = shapes[index].astype(np.float32), moving[index].astype(np.float32)
        likely = np.clip(SHAPE * (shape - HALF_SHAPE), -2.0, 1.0)
        unreliable = 1 - cue.reliable
        moves = (cue.reliable * (cue.logit + SHAPE_BESIDE_PLATE * likely)).astype(np.float16)
        moves += unreliable * (3 * moved + likely) + np.where(cue.near, 0, OUTSIDE)
        motion.append(moves)
        colour_weight.append(1 - (1 - COLOUR_BESIDE_PLATE) * cue.reliable)
        ours = (cue.reliable * np.clip(cue.logit / 3, 0, 1)).astype(np.float16)
        ours += unreliable * moved * (shape > HALF_SHAPE)
        person.append(ours)
        empty = cue.reliable * (cue.logit < -1) + unreliable * (shape < HALF_SHAPE / 2)
        place.append(np.where(one > 0, empty, 1))
    colours, around = Appearance(frames), _around(region)
    for _ in range(FIRST_ROUNDS):
        logits = FrameSpool(region.shape[1:], np.float16)
        for index, ratio in enumerate(colours.log_ratios(person, _product(place, around))):
            colour = np.clip(ratio, -COLOUR_LIMIT, COLOUR_LIMIT)
            single = motion[index].astype(np.float32) + colour * colour_weight[index]
            logits.append(_coupled(single, frames[index]))
        person, place = _sides(logits)
    return logits


def pooled_opinion(
    frames: FrameStack,
    region: FrameStack,
    first: Evidence,
    second: Evidence,
    opinion: FrameStack,
    restless: FrameStack | None = None,
) -> FrameStack:
    """Logits [F, h, w] float16, from another opinion pooled over the clip.

    Args:
        frames, region, first, second: see ``first_opinion``.
        opinion: logits [F, h, w].
        restless: [F, h, w] in 0 … 1, see `unrest`; None: unknown.
    """
    motion, colour_weight = (FrameSpool(region.shape[1:], np.float16) for _ in range(2))
    for index, one in enumerate(region):
        cue = plate_cue(one, first.of(index), second.of(index))
        moves = (cue.reliable * cue.logit + np.where(cue.near, 0, OUTSIDE)).astype(np.float16)
        if restless is not None:
            unrest = restless[index].astype(np.float32) - CALM
            moves += (1 - cue.reliable) * UNREST * unrest
        motion.append(moves)
        colour_weight.append(1 - (1 - POOLED_BESIDE_PLATE) * cue.reliable)
    around = _around(region)
    for _ in range(POOLED_ROUNDS):
        probability = spooled(probabilities(logit) for logit in opinion)
        stances = find_stances(probability)
        shapes = usual_shape(probability, stances)
        person, place = _sides(opinion)
        ratios = Appearance(frames, stances).log_ratios(person, _product(place, around))
        opinion = FrameSpool(region.shape[1:], np.float16)
        for index, (ratio, shape) in enumerate(zip(ratios, shapes, strict=True)):
            usual = np.log((shape + 0.01) / (1.01 - shape))
            pooled = np.clip(ratio, -PART_LIMIT, PART_LIMIT)
            pooled += np.clip(usual, -USUAL_LIMIT, USUAL_LIMIT)
            single = motion[index].astype(np.float32) + colour_weight[index] * pooled
            opinion.append(_coupled(single, frames[index]))
    return opinion


def probabilities(logits: np.ndarray) -> np.ndarray:
    """The logistic function of logits, in their own precision."""
    return (1 + np.tanh(logits / 2)) / 2


def dilated(mask: np.ndarray, pixels: float) -> np.ndarray:
    """A mask uint8 [h, w], dilated by ``pixels``: 0 or 255."""
    distance = cv2.distanceTransform((mask == 0).astype(np.uint8), cv2.DIST_L2, 3)
    return (distance <= pixels).astype(np.uint8) * 255


def _around(region: FrameStack) -> FrameSpool:
    """Where the colours of the place are counted: bool [F, h, w]."""
    return spooled(dilated(one, FAR * one.shape[1]) > 0 for one in region)


def _product(weights: FrameStack, masks: FrameStack) -> FrameSpool:
    """Weights [F, h, w] where the masks bool [F, h, w] hold, else 0."""
    return spooled(weight * mask for weight, mask in zip(weights, masks, strict=True))


def _sides(logits: FrameStack) -> tuple[FrameSpool, FrameSpool]:
    """Weights [F, h, w] of each pixel for person and for place, 0 … 1 each."""
    certainty = spooled(np.tanh(logit / 2) for logit in logits)
    person = spooled(np.clip(one, 0, 1) for one in certainty)
    return person, spooled(np.clip(-one, 0, 1) for one in certainty)


def _coupled(single: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Mean field: each pixel is pulled towards its neighbours, most towards those of its colour."""
    radius = max(2, round(GUIDE_RADIUS * frame.shape[1]))
    guide, logit = GuidedFilter(frame, radius, GUIDE_RIDGE), single
    for _ in range(COUPLING_ROUNDS):
        logit = single + COUPLING * guide.filter(np.tanh(logit / 2))
    return logit
