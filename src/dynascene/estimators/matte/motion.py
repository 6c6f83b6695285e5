"""The person as what the camera's motion does not explain. No weights.

Three looks at the clip, each informed by the one before:
1. Plates (the place as other frames show it) of the whole frames; where a frame differs from its
   plate, something moves. The blob that does so through the clip is the subject's region.
2. Plates from which the region is left out. What moves beside it, and as lively, joins it (a
   person who fills the picture hides most of their own motion from the first look). Such plates
   are free of the person, so being like them means place, where they show anything. Where they
   do not (a person who stays in one spot), colours decide: the person's over the clip against
   those around them. What the clip knows of this opinion mends it (see `opinion`).
3. Plates from which the second look's matte is left out in place of the region, so that they show
   more of the place. With them, the opinion is mended once more.

What is known of each frame lies in temporary files (``frame_spool``), so memory does not grow with
the clip. F frames, h w working pixels. A logit is positive where the person is likelier.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from dynascene.estimators.frame_spool import FrameSpool, FrameStack, spooled
from dynascene.estimators.matte.camera_motion import chain_homographies
from dynascene.estimators.matte.evidence import Evidence, gather_evidence, moving_share
from dynascene.estimators.matte.opinion import (
    CALM,
    dilated,
    first_opinion,
    pooled_opinion,
    probabilities,
)
from dynascene.estimators.matte.plate import PlateMaker
from dynascene.estimators.matte.regions import subject_regions
from dynascene.estimators.matte.unrest import unrest
from dynascene.imaging.colour import luma

AS_LIVELY = 0.3  # of the region's motion: where there is so much, the subject goes on
DOUBTFUL, SPARE = 0.0, 0.015  # logit; share of the width: what the third plates leave out


class MotionMatter:
    """Mattes by motion, of anything that moves independently of the place.

    Attributes:
        moving: [F, h, w] in 0 … 1, how surely each pixel differs from the place behind it, without
            the colours' say; after the first matte, None before.
    """

    name = "motion"
    working_pixels = 432 * 240
    needs_boxes = False
    least_frames = 3  # or nothing moves

    def __init__(self) -> None:
        self.moving: FrameStack | None = None

    def __call__(
        self,
        frames: FrameStack,
        boxes: np.ndarray | None,
        start: tuple[float, float] | None = None,
    ) -> Iterator[np.ndarray]:
        greys = spooled(luma(frame) for frame in frames)
        chain = chain_homographies(greys)
        first = gather_evidence(frames, PlateMaker(frames, greys, chain))
        if boxes is None:
            region, moving, second = self._find_region(frames, greys, chain, first, start)
        else:
            region, moving = _filled(boxes, greys.shape[1:]), moving_share(first)
            second = gather_evidence(frames, PlateMaker(frames, greys, chain, region))
        self.moving = moving
        rough = first_opinion(frames, region, moving, first, second)
        rough = pooled_opinion(frames, region, first, second, rough)
        person = spooled(dilated(r > DOUBTFUL, SPARE * r.shape[1]) for r in rough)
        third = gather_evidence(frames, PlateMaker(frames, greys, chain, person))
        restless = unrest(first.spread, rough, CALM)
        for logit in pooled_opinion(frames, region, first, third, rough, restless):
            yield probabilities(logit.astype(np.float32))

    @staticmethod
    def _find_region(
        frames: FrameStack,
        greys: FrameStack,
        chain: np.ndarray,
        first: Evidence,
        start: tuple[float, float] | None,
    ) -> tuple[FrameStack, FrameStack, Evidence]:
        """The region, the probability of motion, and the evidence without the region.

        Of a person who fills the picture the first look sees little more than the outline of the
        head, since the flow passes for parallax. Without that region in the plates the rest shows.
        It belongs to the subject if it moves about as much, and is parallax if not.
        """
        moving = moving_share(first)
        region = subject_regions(moving, start)
        while True:
            evidence = gather_evidence(frames, PlateMaker(frames, greys, chain, region))
            both = _larger(moving, moving_share(evidence))
            grown = _larger(region, subject_regions(both, start))
            within = (one > 0 for one in region)
            beyond = ((g > 0) & (r == 0) for g, r in zip(grown, region, strict=True))
            if not _mean(both, beyond) > AS_LIVELY * _mean(both, within):
                return region, moving, evidence
            region, moving = grown, both


def _larger(some: FrameStack, others: FrameStack) -> FrameSpool:
    """The larger value of both at every pixel [F, h, w]."""
    return spooled(np.maximum(one, other) for one, other in zip(some, others, strict=True))


def _mean(values: FrameStack, where: Iterable[np.ndarray]) -> float:
    """The mean where masks bool [F, h, w] hold; 0 where they hold nowhere."""
    total, count = 0.0, 0
    for plane, mask in zip(values, where, strict=True):
        total += float(plane[mask].sum(dtype=np.float64))
        count += int(np.count_nonzero(mask))
    return total / count if count else 0.0


def _filled(boxes: np.ndarray, shape: tuple[int, ...]) -> FrameSpool:
    """Boxes [F, 4] with a margin, as masks uint8 [F, h, w]; shape: h, w."""
    region = FrameSpool(shape, np.uint8)
    for left, top, right, bottom in boxes:
        plane = np.zeros(shape, np.uint8)
        x, y = 0.15 * (right - left), 0.1 * (bottom - top)
        rows = slice(max(0, round(top - y)), max(1, round(bottom + y)))
        plane[rows, max(0, round(left - x)) : max(1, round(right + x))] = 255
        region.append(plane)
    return region
