"""From a probability of person to a matte: stable over time, one piece, soft edges.

h w working pixels, H W the frame's own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import reduce

import cv2
import numpy as np

from dynascene.estimators.frame_spool import FrameStack
from dynascene.estimators.matte.around_person import around_person
from dynascene.estimators.matte.camera_motion import Flow, look_up, pixel_grid
from dynascene.estimators.matte.colour_line import ColourLine, fit_colour_line
from dynascene.estimators.matte.guided_filter import GuidedFilter, apply_coefficients
from dynascene.imaging.colour import luma

SAME_COLOUR = 14.0  # 8-bit values: how well a neighbouring frame's pixel must fit to be heard
NEIGHBOUR_WEIGHT = 0.5
NOBODY = 0.02  # a probability that steadying leaves as it is, away from the person
LEAST_PART = 0.15  # of the largest part: others must be close to it,
CLOSE = 0.025  # this share of the width, to be the subject's
BAND = 0.012  # of the width, at least two pixels: how far from the outline edges may be soft
RIDGE = 3e-4  # variance of colour that makes an edge
DOUBT = 0.2, 0.6  # opinions beyond are sure
EXPLAINED = 0.5, 0.9  # of the opinion's variance: a window whose colours explain less has no say
GUIDED_ENDS = 0.2, 0.8  # of what the guided filter makes; beyond is stretched to 0 and 1

OFF = 0.02  # of the side of a square of the person's area: how far an outline may be off
# Pixels that it may be off: below, its colours are told at the working size, above at half of it;
COARSE = 3.5, 4.5  # in between both count, so that who comes nearer meets no jump.
TOLD_APART = 3.0  # deviations between person and place from which colours decide the edge
LINE_ENDS = 0.1, 0.9  # of the colour line; beyond is stretched to 0 and 1
SEEN = 0.2, 0.6  # opinions: what looks as the place does is the place below, the person above
PURITY = 4  # power of a pixel's share that weighs it in its side's mean colour


def steady(probabilities: Iterator[np.ndarray], frames: FrameStack) -> Iterator[np.ndarray]:
    """Average each frame's probabilities [h, w] with its neighbours', warped by flow.

    Args:
        probabilities: of each frame.
        frames: uint8 [F, h, w, 3]. A neighbour counts only where its warped colour matches.
    """
    flow = Flow()
    before: np.ndarray | None = None
    for index, (this, after) in enumerate(_with_next(probabilities)):
        others = [(n, p) for n, p in ((index - 1, before), (index + 1, after)) if p is not None]
        before = this
        near = around_person([this, *(probability for _, probability in others)], NOBODY)
        if near is None:  # nobody is there, so nothing moves
            yield this
            continue
        rows, columns = near
        own, total = frames[index][rows, columns], this[rows, columns].copy()
        weight, grid = np.ones_like(total), pixel_grid(*total.shape)
        for other, probability in others:
            colours = frames[other][rows, columns]
            places = grid + flow(luma(own), luma(colours))
            apart = cv2.absdiff(look_up(colours, places), own)
            off = reduce(cv2.max, cv2.split(apart)).astype(np.float32)
            weights = NEIGHBOUR_WEIGHT * np.exp(-0.5 * (off / SAME_COLOUR) ** 2)
            total += weights * look_up(probability[rows, columns], places)
            weight += weights
        result = this.copy()
        result[rows, columns] = total / weight
        yield result


def keep_subject(probability: np.ndarray) -> np.ndarray:
    """Keep the largest parts [h, w] and those close to them, such as a hand behind a pole."""
    result = np.zeros_like(probability)
    close, rim = CLOSE * probability.shape[1], 2 * _band(probability.shape[1])
    near = around_person([probability], 0.5, (max(close, rim) + 1) / probability.shape[1])
    if near is None:
        return result
    person = probability[near] > 0.5
    count, labels, figures, _ = cv2.connectedComponentsWithStats(person.astype(np.uint8))
    areas = figures[:, cv2.CC_STAT_AREA] * (np.arange(count) > 0)
    main = np.isin(labels, np.nonzero(areas >= LEAST_PART * areas.max())[0])
    parts = np.isin(labels, np.setdiff1d(labels[_grown(main, close) > 0], 0))
    result[near] = probability[near] * _grown(parts, rim)
    return result


def _grown(mask: np.ndarray, pixels: float) -> np.ndarray:
    """A mask [h, w], dilated by ``pixels``: uint8 0 or 1."""
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3)
    return (distance <= pixels).astype(np.uint8)


def full_resolution(
    probability: np.ndarray,
    working: np.ndarray,
    frame: np.ndarray,
    place: np.ndarray | None = None,
) -> np.ndarray:
    """The matte of a frame: uint8 [H, W, 1], with its edges on those of the frame.

    Args:
        probability: of person, [h, w].
        working: the frame shrunk, uint8 [h, w, 3].
        frame: uint8 [H, W, 3].
        place: [h, w] in 0 … 1, how surely a pixel looks as the place does there; None: unknown.
    """
    whole = np.clip((probability - DOUBT[0]) / (DOUBT[1] - DOUBT[0]), 0, 1)
    matte = np.zeros((*frame.shape[:2], 1), np.uint8)
    if not whole.any():
        return matte
    band = _band(working.shape[1])
    reach = _reach(whole, band)
    near, shown = _surroundings(whole, 3 * band + 7 * round(reach) + 2, frame.shape[:2])
    opinion, picture = np.ascontiguousarray(whole[near]), np.ascontiguousarray(working[near])
    inner = cv2.boxFilter(opinion, -1, (2 * band + 1,) * 2)
    guided, trust = GuidedFilter(picture, band, RIDGE).explained(opinion, *EXPLAINED)
    line, certainty = _edge_line_of(opinion, picture, reach)
    colour = frame[shown]
    opinion, guided, trust, inner, line, certainty = (
        _enlarged(field, colour.shape[:2])
        for field in (opinion, guided, trust, inner, line, certainty)
    )
    by_opinion = opinion + trust * (
        _stretched(apply_coefficients(guided, colour), *GUIDED_ENDS) - opinion
    )
    by_colour = _stretched(apply_coefficients(line, colour), *LINE_ENDS)
    soft = by_opinion + certainty * (by_colour - by_opinion)
    # far inside and far outside there is no edge, whatever the colours do
    soft = np.where(inner > 0.97, 1, np.where(inner < 0.03, 0, soft))
    if place is not None:
        outside = 1 - _stretched(probability[near], *SEEN)
        soft *= 1 - _enlarged(place[near] * outside, colour.shape[:2])
    matte[(*shown, 0)] = np.rint(soft * 255)
    return matte


def _surroundings(
    opinion: np.ndarray, margin: int, shape: tuple[int, ...]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The rows and columns, of [h, w] and of a frame [H, W], within ``margin`` working pixels of
    the person: what lies beyond has no say in any edge. Both begin and end at the same places of
    the picture, so that either enlarges to the other.
    """
    left, top, width, height = cv2.boundingRect((opinion > 0).astype(np.uint8))
    near, shown = [], []
    for start, length, small, large in zip(
        (top, left), (height, width), opinion.shape, shape[:2], strict=True
    ):
        step = small // math.gcd(small, large)
        low = max(0, start - margin) // step * step
        high = min(small, -(-(start + length + margin) // step) * step)
        near.append(slice(low, high))
        shown.append(slice(low * large // small, high * large // small))
    return (near[0], near[1]), (shown[0], shown[1])


def _enlarged(field: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A field [h, w] or [h, w, N], N ≤ 4, at the size [H, W]."""
    return field if field.shape[:2] == shape else cv2.resize(field, (shape[1], shape[0]))


def _edge_line_of(
    opinion: np.ndarray, working: np.ndarray, reach: float
) -> tuple[np.ndarray, np.ndarray]:
    """``_edge_line``, at half the size where its windows are wide: means over them hardly change,
    and a person who is near costs a quarter.
    """
    coarseness = float(np.clip((reach - COARSE[0]) / (COARSE[1] - COARSE[0]), 0, 1))
    if coarseness == 0:
        return _edge_line(opinion, working, round(reach))
    size = max(1, opinion.shape[1] // 2), max(1, opinion.shape[0] // 2)
    small, picture = (cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in (opinion, working))
    coarse = _edge_line(small, picture, (round(reach) + 1) // 2)
    if coarseness == 1:
        return coarse
    fine = _edge_line(opinion, working, round(reach))
    line, certainty = (
        one + coarseness * (_enlarged(other, opinion.shape) - one)
        for one, other in zip(fine, coarse, strict=True)
    )
    return line, certainty


def _edge_line(
    opinion: np.ndarray, working: np.ndarray, reach: int
) -> tuple[np.ndarray, np.ndarray]:
    """The colour line [h, w, 4] along an outline that may be off by ``reach`` pixels, and its
    reliability [h, w] in 0 … 1.
    """
    person, place = _depth(opinion > 0.5, reach), _depth(opinion <= 0.5, reach)
    line, certainty = _averaged_lines(
        fit_colour_line(working, person, place, 2 * reach, RIDGE), reach
    )
    # what the first line puts on the other side blurs the means no longer
    alpha = opinion + certainty * (np.clip(apply_coefficients(line, working), 0, 1) - opinion)
    person, place = person * alpha**PURITY, place * (1 - alpha) ** PURITY
    line, certainty = _averaged_lines(
        fit_colour_line(working, person, place, 2 * reach, RIDGE), reach
    )
    around = cv2.boxFilter(opinion, -1, (2 * reach + 1,) * 2)
    return line, certainty * np.clip(8 * around * (1 - around), 0, 1)


def _averaged_lines(line: ColourLine, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """Lines averaged over the windows that hold a pixel, weighted by their reliability."""
    certainty = line.present / (1 + (TOLD_APART / (line.separation + 1e-6)) ** 4)
    window = (2 * reach + 1,) * 2
    mean = cv2.boxFilter(certainty, -1, window)
    lines = cv2.boxFilter(line.coefficients * certainty[..., None], -1, window)
    return lines / (mean + 1e-6)[..., None], mean


def _reach(opinion: np.ndarray, band: int) -> float:
    """How far off an outline may be, in pixels: less for a small person, whose socks and straps are
    thin and have colours of their own.
    """
    return float(np.clip(OFF * np.sqrt((opinion > 0.5).sum()), 1, band))


def _depth(mask: np.ndarray, reach: int) -> np.ndarray:
    """float32 [h, w], 0 outside a mask, rising to 1 ``reach`` pixels inside it."""
    distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    return np.minimum(distance / reach, 1) ** 2


def _stretched(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.clip((values - low) / (high - low), 0, 1)


def _band(width: int) -> int:
    return max(2, round(BAND * width))


def _with_next(
    items: Iterator[np.ndarray],
) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Each item with the one after it."""
    before: np.ndarray | None = None
    for item in items:
        if before is not None:
            yield before, item
        before = item
    if before is not None:
        yield before, None
