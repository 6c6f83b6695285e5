"""The person as what the camera's motion does not explain. No weights.

Three looks at the clip, each informed by the one before:
1. Plates (the place as other frames show it) of the whole frames; where a frame differs from its
   plate, something moves. The blob that does so through the clip is the subject's region.
2. Plates from which the region is left out. What moves beside it, and as lively, joins it (a
   person who fills the picture hides most of their own motion from the first look). Such plates
   are free of the person, so being like them means place, where they show anything. Where they
   do not (a person who stays in one spot), colours decide: the person's over the clip against
   those around them.
3. The same with the second look's matte left out in place of the region, so that plates show more
   of the place.

F frames, h w working pixels. A logit is positive where the person is likelier.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from dynascene.estimators.matte.appearance import Appearance
from dynascene.estimators.matte.camera_motion import chain_homographies
from dynascene.estimators.matte.guided_filter import Guide
from dynascene.estimators.matte.plate import Plate, PlateMaker
from dynascene.estimators.matte.regions import subject_regions
from dynascene.estimators.matte.shape import average_shape
from dynascene.estimators.matte.unrest import unrest

NOISE = 6.0  # 8-bit values by which a frame may differ from its plate for no reason
LIKE_PLACE = 1.5  # deviations at which place and person are equally likely …
STEEPNESS = 1.5  # … and what each more adds to the logit
FREE = 0.5  # share of neighbours that must show the place
ENOUGH_VIEWS = 4  # neighbours that make a plate reliable
MOST_LOGIT = 4.0  # that motion can add, either way is sure
COLOUR_LIMIT = 2.5  # logit that a colour can add
COLOUR_BESIDE_PLATE = 0.3  # of its weight, where a plate says more
OUTSIDE = -5.0  # logit off the region
SHAPE, HALF_SHAPE = 6.0, 0.35  # logit per unit of shape; the shape that speaks for neither
SHAPE_BESIDE_PLATE = 0.5  # of its weight, where a plate says more
UNREST, CALM = 3.0, 0.25  # logit per unit of unrest; the unrest that speaks for neither
AS_LIVELY = 0.3  # of the region's motion: where there is so much, the subject goes on
ROUNDS = 3  # of colours from matte and matte from colours
COUPLING, COUPLING_ROUNDS = 1.2, 2  # of a pixel to its neighbours of like colour
GUIDE_RADIUS, GUIDE_RIDGE = 0.01, 1e-3  # of the width; variance
DOUBTFUL, SPARE = 0.0, 0.015  # logit; share of the width: what the third plates leave out
NEAR, FAR = 0.07, 0.25  # of the width: around the region, for the matte and for colours


class Evidence(NamedTuple):
    """deviation: [F, h, w] float16, how far frames are off their plates, in units of noise.
    views: [F, h, w] uint8, how many neighbours showed the place.
    spread: [F, h, w] uint8, how far these differ among themselves, in 8-bit values.
    """

    deviation: np.ndarray
    views: np.ndarray
    spread: np.ndarray

    def of(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Deviation and views of one frame, [h, w] float32."""
        return self.deviation[index].astype(np.float32), self.views[index].astype(np.float32)


class MotionMatter:
    """Mattes by motion. Works for whatever moves otherwise than the place, people or not."""

    name = "motion"
    working_pixels = 432 * 240
    needs_boxes = False
    least_frames = 3  # or nothing moves

    def __call__(
        self,
        frames: np.ndarray,
        boxes: np.ndarray | None,
        start: tuple[float, float] | None = None,
    ) -> Iterator[np.ndarray]:
        greys = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames])
        chain = chain_homographies(greys)
        first = gather_evidence(frames, PlateMaker(frames, greys, chain))
        if boxes is None:
            region, moving, second = self._find_region(frames, greys, chain, first, start)
        else:
            region, moving = _filled(boxes, greys.shape), moving_share(first)
            second = gather_evidence(frames, PlateMaker(frames, greys, chain, region))
        rough = segment(frames, region, moving, first, second)
        person = np.stack(
            [_dilated((r > DOUBTFUL).astype(np.uint8), SPARE * r.shape[1]) for r in rough]
        )
        third = gather_evidence(frames, PlateMaker(frames, greys, chain, person))
        restless = unrest(first.spread, rough, CALM)
        for logit in segment(frames, region, moving, first, third, restless):
            yield 1 / (1 + np.exp(-logit.astype(np.float32)))

    @staticmethod
    def _find_region(
        frames: np.ndarray,
        greys: np.ndarray,
        chain: np.ndarray,
        first: Evidence,
        start: tuple[float, float] | None,
    ) -> tuple[np.ndarray, np.ndarray, Evidence]:
        """The region, how surely each pixel moves, and the evidence without the region.

        Of a person who fills the picture the first look sees the outline of the head and little
        more, as their own flow passes for parallax. With that left out, the rest shows; it is
        the subject's if it moves about as much, and the place's unexplained parallax if not.
        """
        moving = moving_share(first)
        region = subject_regions(moving, start)
        while True:
            evidence = gather_evidence(frames, PlateMaker(frames, greys, chain, region))
            both = np.maximum(moving, moving_share(evidence))
            grown = np.maximum(region, subject_regions(both, start))
            beyond = (grown > 0) & (region == 0)
            if not _mean(both, beyond) > AS_LIVELY * _mean(both, region > 0):
                return region, moving, evidence
            region, moving = grown, both


def _mean(values: np.ndarray, where: np.ndarray) -> float:
    return float(values[where].mean(dtype=np.float64)) if where.any() else 0.0


def gather_evidence(frames: np.ndarray, plates: PlateMaker) -> Evidence:
    """How far each frame is off its plate."""
    deviation = np.zeros(frames.shape[:3], np.float16)
    views, spread = np.zeros((2, *frames.shape[:3]), np.uint8)
    for index, frame in enumerate(frames):
        plate = plates(index)
        deviation[index] = off_plate(frame, plate)
        views[index], spread[index] = plate.count, plate.spread
    return Evidence(deviation, views, spread)


def off_plate(frame: np.ndarray, plate: Plate) -> np.ndarray:
    """[h, w] ≥ 0: difference to the plate in units of what is usual there; 0 where none shows."""
    difference = np.abs(frame - plate.colour).max(axis=-1)
    units = difference / (1.5 * plate.spread + NOISE) * (plate.count > 1)
    return cv2.GaussianBlur(units.astype(np.float32), (0, 0), 0.7)


def moving_share(evidence: Evidence) -> np.ndarray:
    """How surely something moves there: [F, h, w] float16 in 0 … 1."""
    moving = np.empty(evidence.deviation.shape, np.float16)
    for index in range(len(moving)):
        moving[index] = _moving(*evidence.of(index))
    return moving


def _moving(deviation: np.ndarray, views: np.ndarray) -> np.ndarray:
    known = np.clip((views - 1) / (ENOUGH_VIEWS - 1), 0, 1)
    return known * np.clip((deviation - LIKE_PLACE) / 4, 0, 1)


class Cue(NamedTuple):
    """What motion says about one frame. logit, reliable (0 … 1): [h, w] float32; a colour only
    counts in full where motion is not reliable. person, place: [h, w] 0 … 1, the pixels that are
    surely one or the other.
    """

    logit: np.ndarray
    reliable: np.ndarray
    person: np.ndarray
    place: np.ndarray


def motion_cue(
    region: np.ndarray,
    moved: np.ndarray,
    restless: np.ndarray | float,
    shape: np.ndarray,
    first: tuple[np.ndarray, np.ndarray],
    second: tuple[np.ndarray, np.ndarray],
) -> Cue:
    """Motion in one frame, from deviation and views [h, w] with and without the region's pixels.

    region: uint8 [h, w], 255 = where the subject is, roughly. moved: [h, w] 0 … 1, how surely
    something moves. restless: [h, w] 0 … 1, see `unrest`. shape: [h, w] 0 … 1, the subject's by
    its shape over time.
    """
    width = region.shape[1]
    (off, views), (off_free, views_free) = first, second
    inside, near = region > 0, _dilated(region, NEAR * width) > 0
    # where most neighbours show the place, the first plate is free of the person and knows more
    free = views_free >= FREE * np.maximum(views, 1)
    off_free = np.where(free, np.minimum(off, off_free), off_free)
    reliable = np.clip((views_free - 1) / (ENOUGH_VIEWS - 1), 0, 1) * near
    told = np.clip((off_free - LIKE_PLACE) * STEEPNESS, -3, MOST_LOGIT)
    likely = np.clip(SHAPE * (shape - HALF_SHAPE), -2.0, 1.0)
    hint = 3 * moved + UNREST * (restless - CALM) + likely
    logit = reliable * (told + SHAPE_BESIDE_PLATE * likely) + (1 - reliable) * hint
    logit = logit + np.where(near, 0, OUTSIDE)
    around = _dilated(region, FAR * width) > 0
    person = reliable * np.clip(told / 3, 0, 1) + (1 - reliable) * moved * (shape > HALF_SHAPE)
    empty = reliable * (told < -1) + (1 - reliable) * (shape < HALF_SHAPE / 2)
    place = around * np.where(inside, empty, 1)
    return Cue(logit, reliable, person, place.astype(np.float32))


def segment(
    frames: np.ndarray,
    region: np.ndarray,
    moving: np.ndarray,
    first: Evidence,
    second: Evidence,
    restless: np.ndarray | None = None,
) -> np.ndarray:
    """Logits [F, h, w] float16 from motion and colours.

    region: uint8 [F, h, w]; moving, restless: [F, h, w] in 0 … 1.
    """
    width = frames.shape[2]
    radius = max(2, round(GUIDE_RADIUS * width))
    colours, logits = Appearance(frames), np.zeros(region.shape, np.float16)
    shapes = average_shape(moving, region)
    logit, reliable, person, place = np.zeros((4, *region.shape), np.float16)
    for index in range(len(frames)):
        cue = motion_cue(
            region[index],
            moving[index].astype(np.float32),
            CALM if restless is None else restless[index].astype(np.float32),
            shapes[index].astype(np.float32),
            first.of(index),
            second.of(index),
        )
        logit[index], reliable[index], person[index], place[index] = cue
    for _ in range(ROUNDS):
        colours.learn(person, place)
        for index, frame in enumerate(frames):
            ratio = np.clip(colours.log_ratio(index), -COLOUR_LIMIT, COLOUR_LIMIT)
            heard = 1 - (1 - COLOUR_BESIDE_PLATE) * reliable[index].astype(np.float32)
            coupled = _coupled(logit[index] + ratio * heard, Guide(frame, radius, GUIDE_RIDGE))
            certainty = np.tanh(coupled / 2)
            person[index] = np.clip(certainty, 0, 1)
            place[index] = np.clip(-certainty, 0, 1) * (_dilated(region[index], FAR * width) > 0)
            logits[index] = coupled
    return logits


def _coupled(single: np.ndarray, guide: Guide) -> np.ndarray:
    """Mean field: each pixel also heeds its neighbours, most those of its own colour."""
    logit = single
    for _ in range(COUPLING_ROUNDS):
        logit = single + COUPLING * guide.filter(np.tanh(logit / 2))
    return logit


def _filled(boxes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Boxes [F, 4] with a margin as uint8 [F, h, w]."""
    region = np.zeros(shape, np.uint8)
    for plane, (left, top, right, bottom) in zip(region, boxes, strict=True):
        x, y = 0.15 * (right - left), 0.1 * (bottom - top)
        rows = slice(max(0, round(top - y)), max(1, round(bottom + y)))
        plane[rows, max(0, round(left - x)) : max(1, round(right + x))] = 255
    return region


def _dilated(mask: np.ndarray, pixels: float) -> np.ndarray:
    """A mask uint8 [h, w], 0 or 255, grown by so many pixels."""
    distance = cv2.distanceTransform((mask == 0).astype(np.uint8), cv2.DIST_L2, 3)
    return (distance <= pixels).astype(np.uint8) * 255
