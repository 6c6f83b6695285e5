"""Whether the camera stands, turns on the spot or travels, judged at many distances in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import torch

from dynascene.estimators.camera.point_tracks import PointTracks
from dynascene.estimators.camera.rotation import (
    FramePairs,
    RotationFit,
    baselines,
    frame_pairs,
    transfer_errors,
)
from dynascene.geometry.epipolar import sampson_distance

Kind = Literal["static", "rotation", "general"]
KIND_WORDS: dict[Kind, str] = {
    "static": "stands still", "rotation": "turns in place", "general": "travels",
}  # fmt: skip

STILL = 0.003  # of the longer side: a tripod's shake, and what nobody sees
STILL_FRAMES = 0.9  # of the frames stay within it
TURN_ERROR = 0.75  # pixels: a rotation is believed below …
TURN_SHARE = 0.015  # … or below this share of the motion, which lenses bend that much
TURN_AGAINST_EPIPOLAR = 8.0  # times the error that any two views leave: above, there is parallax
EPIPOLAR_FLOOR = 0.1  # pixels: no track is more exact
JUDGED_PAIRS = 5  # of each distance in time
LEAST_JUDGED = 30  # points of a pair; the fundamental matrix takes every other one


@dataclass(frozen=True)
class TurnEvidence:
    """How well a rotation explains held-out tracks, over pairs of frames of one distance in time.

    Attributes:
        motion: median motion of the points, in pixels.
        turn_error: median distance of a point from where the rotation puts it, in pixels.
        epipolar_error: median distance from the epipolar line of a fundamental matrix, in pixels.
            Both errors are scaled to the standard deviation of one coordinate.
    """

    motion: float
    turn_error: float
    epipolar_error: float

    @property
    def turns(self) -> bool:
        """Whether the rotation is a sufficient explanation."""
        limit = max(TURN_ERROR, TURN_SHARE * self.motion)
        floor = max(EPIPOLAR_FLOOR, self.epipolar_error)
        return self.turn_error <= limit and self.turn_error <= TURN_AGAINST_EPIPOLAR * floor


def largest_motion(tracks: PointTracks) -> float:
    """The largest motion of the background over any distance in time, in pixels.

    For each distance the median over points, then a high quantile over frames, so that neither a
    moving object nor a single shaken frame decides.

    Returns:
        Infinity where no track lasts.
    """
    motions = []
    for distance in baselines(tracks.frames):
        medians = []
        for a in range(0, tracks.frames - distance, max(1, distance // 2)):
            _, before, after = tracks.shared(a, a + distance)
            if len(before):
                medians.append(np.median(np.linalg.norm(after - before, axis=1)))
        if not medians and distance == 1:
            return np.inf
        motions += [np.quantile(medians, STILL_FRAMES)] if medians else []
    return float(max(motions, default=0.0))


def stands_still(tracks: PointTracks) -> bool:
    """Whether the background stays in place, apart from noise and the slight shake of a tripod."""
    return largest_motion(tracks) <= STILL * max(tracks.size)


def judge_turn(held_out: PointTracks, fit: RotationFit) -> dict[int, TurnEvidence]:
    """Compare the rotation with fundamental matrices at each distance in time.

    Both errors are scaled to the standard deviation of one coordinate of a noisy point: the
    rotation leaves two coordinates of two noisy points, the epipolar line one.

    Returns:
        The evidence by distance in frames; distances with too few tracks are left out.
    """
    pairs = frame_pairs(held_out)
    if pairs is None:
        return {}
    errors = np.linalg.norm(transfer_errors(pairs, fit.rotations, fit.focal), axis=1)
    counts = np.bincount(pairs.pair, minlength=len(pairs.a))
    evidence = {}
    for distance in baselines(held_out.frames):
        alike = np.flatnonzero((pairs.b - pairs.a == distance) & (counts >= LEAST_JUDGED))
        some = alike[:: max(1, len(alike) // JUDGED_PAIRS)]
        rows = [row for pair in some if (row := _judge_pair(pairs, pairs.pair == pair, errors))]
        if rows:
            evidence[distance] = TurnEvidence(*(float(x) for x in np.median(rows, axis=0)))
    return evidence


def _judge_pair(
    pairs: FramePairs, here: np.ndarray, errors: np.ndarray
) -> tuple[float, float, float] | None:
    epipolar = _epipolar_error(pairs, here)
    if epipolar is None:
        return None
    motion = np.linalg.norm(pairs.points_b[here] - pairs.points_a[here], axis=1)
    turn = np.median(errors[here]) / (1.177 * np.sqrt(2))  # Rayleigh's median, two noisy points
    return float(np.median(motion)), float(turn), epipolar


def _epipolar_error(pairs: FramePairs, here: np.ndarray) -> float | None:
    """The spread about the epipolar lines of the points that the matrix was not fitted to."""
    a, b = pairs.points_a[here], pairs.points_b[here]
    try:
        fundamental, _ = cv2.findFundamentalMat(a[::2], b[::2], cv2.USAC_MAGSAC, 1.0, 0.999, 2000)
    except cv2.error:  # its way of saying that no sample gave a model
        return None
    if fundamental is None or fundamental.shape != (3, 3):
        return None
    distances = sampson_distance(*(torch.from_numpy(x) for x in (fundamental, a[1::2], b[1::2])))
    return float(distances.nanmedian()) / 0.6745  # a Gaussian's median distance
