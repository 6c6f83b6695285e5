"""The rough region of the moving subject: one blob followed through the clip.

F frames, h w working pixels; the search runs on a coarse grid.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np

from dynascene.estimators.frame_spool import FrameSpool, FrameStack

COARSE = 4  # evidence is searched at a quarter of the resolution
BLOB = 0.03  # of the frame's diagonal: parts of a body closer than this belong together
CANDIDATES = 5  # per frame
BLOB_SHARE = 0.08  # of the blob's peak: where it ends …
ABOVE_NOISE = 4.0  # … unless the frame is that noisy: times what its quietest third shows
STEADIED = 8  # frames before and after that say where the subject may be, too …
LEAST_PRESENCE = 0.25  # … if so large a share of them does
LEAP = 0.08  # of the diagonal: a subject that moves so far in a frame loses one unit of score


class RegionCandidate(NamedTuple):
    """A blob of motion in one frame.

    Attributes:
        blob: bool [h, w], coarse, eight pixels to a byte (``numpy.packbits``).
        centre: x, y in coarse pixels.
        score: log of its evidence.
    """

    blob: np.ndarray
    centre: np.ndarray
    score: float


def subject_regions(evidence: FrameStack, start: tuple[float, float] | None = None) -> FrameSpool:
    """Follow the blobs with the most evidence that stay near each other from frame to frame.

    Args:
        evidence: of motion, [F, h, w] in 0 … 1.
        start: a pixel (x, y) near which the first blob must lie; None: anywhere.

    Returns:
        Where the subject is, uint8 [F, h, w], 0 or 255.
    """
    _, height, width = evidence.shape
    small = max(1, width // COARSE), max(1, height // COARSE)
    diagonal = float(np.hypot(*small))
    candidates = [
        _candidates(cv2.resize(one.astype(np.float32), small, interpolation=cv2.INTER_AREA))
        for one in evidence
    ]
    if start is not None:
        candidates[0] = [_nearest(candidates[0], np.array(start) / COARSE)]
    # whoever was pointed at is not left for somebody livelier
    leap = LEAP * diagonal if start is None else LEAP * diagonal / 10
    chosen = _smoothest_path(candidates, leap)
    blobs = [one[number].blob for one, number in zip(candidates, chosen, strict=True)]
    regions = FrameSpool((height, width), np.uint8)
    for frame in range(len(blobs)):
        steady = _present_nearby(blobs, frame, small[::-1]).astype(np.uint8) * 255
        regions.append(cv2.resize(steady, (width, height), interpolation=cv2.INTER_LINEAR))
    return regions


def _present_nearby(blobs: list[np.ndarray], frame: int, shape: tuple[int, int]) -> np.ndarray:
    """bool [h, w], where enough of the blobs around a frame lie; the ends go on for ever."""
    nearby = range(frame - STEADIED, frame + STEADIED + 1)
    count = np.zeros(shape, np.int32)
    for number in nearby:
        count += _unpacked(blobs[min(max(number, 0), len(blobs) - 1)], shape)
    return count >= LEAST_PRESENCE * len(nearby)


def _unpacked(blob: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    return np.unpackbits(blob, count=shape[0] * shape[1]).reshape(shape)


def _candidates(evidence: np.ndarray) -> list[RegionCandidate]:
    """The strongest blobs of one frame, each around a peak outside all stronger ones."""
    sigma = BLOB * float(np.hypot(*evidence.shape))
    density = cv2.GaussianBlur(evidence, (0, 0), sigma)
    left, candidates = density.copy(), []
    noise = ABOVE_NOISE * float(np.quantile(density, 0.3))
    for _ in range(CANDIDATES):
        peak = np.unravel_index(left.argmax(), left.shape)
        level = max(BLOB_SHARE * density[peak], min(noise, 0.5 * density[peak]))
        _, labels = cv2.connectedComponents((density > level).astype(np.uint8))
        blob = _convex(labels == labels[peak])
        mass = density * blob
        centre = np.array([(mass.sum(axis=a) * np.arange(mass.shape[1 - a])).sum() for a in (0, 1)])
        total = float(mass.sum()) + 1e-6
        candidates.append(RegionCandidate(np.packbits(blob), centre / total, float(np.log(total))))
        left[blob] = 0
        if left.max() < 0.05 * density.max():
            break
    return candidates


def _convex(blob: np.ndarray) -> np.ndarray:
    """The convex hull of a mask: a person's outline shows motion, the inside often not."""
    rows, columns = np.nonzero(blob)
    hull = cv2.convexHull(np.stack([columns, rows], axis=1).astype(np.int32))
    return cv2.fillConvexPoly(np.zeros(blob.shape, np.uint8), hull, 1) > 0


def _nearest(candidates: list[RegionCandidate], point: np.ndarray) -> RegionCandidate:
    return min(candidates, key=lambda c: float(np.linalg.norm(c.centre - point)))


def _smoothest_path(candidates: list[list[RegionCandidate]], leap: float) -> list[int]:
    """One candidate per frame with the greatest sum of scores minus distances (Viterbi)."""
    best = np.array([c.score for c in candidates[0]])
    back: list[np.ndarray] = []
    for before, now in pairwise(candidates):
        distance = np.linalg.norm(
            np.array([c.centre for c in now])[:, None] - np.array([c.centre for c in before]),
            axis=-1,
        )
        total = best[None] - distance / leap
        back.append(total.argmax(axis=1))
        best = total.max(axis=1) + np.array([c.score for c in now])
    path = [int(best.argmax())]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    return path[::-1]
