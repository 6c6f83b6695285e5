"""Does the camera stand, turn on the spot, or travel? Judged over many distances in time."""

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
    """What a rotation leaves unexplained of held-out tracks between frames of one distance.

    Medians over pairs of frames. motion: of the points, pixels. turn_error: distance from where the
    rotation puts them.
    epipolar_error: distance from what a fundamental matrix allows, as the same kind of spread.
    """

    motion: float
    turn_error: float
    epipolar_error: float

    @property
    def turns(self) -> bool:
        """Whether the rotation is explanation enough."""
        limit = max(TURN_ERROR, TURN_SHARE * self.motion)
        floor = max(EPIPOLAR_FLOOR, self.epipolar_error)
        return self.turn_error <= limit and self.turn_error <= TURN_AGAINST_EPIPOLAR * floor


def largest_motion(tracks: PointTracks) -> float:
    """How far the background gets from where it was, in pixels: nearly the largest over time.

    For every distance in time the median over points, then a high quantile over frames, so that
    neither what moves by itself nor a single bumped frame decides. Infinite where no track lasts.
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
    """Whether the background stays where it is, but for noise and a tripod's slight shake."""
    return largest_motion(tracks) <= STILL * max(tracks.size)


def judge_turn(held_out: PointTracks, fit: RotationFit) -> dict[int, TurnEvidence]:
    """The rotation against fundamental matrices, for each distance in time with enough tracks.

    Errors of both are turned into the spread of a single coordinate, so that they compare: the
    turn leaves two coordinates of two noisy points, the epipolar line one.
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
    """Spread about the epipolar lines of the points that the fundamental matrix was not given."""
    a, b = pairs.points_a[here], pairs.points_b[here]
    try:
        fundamental, _ = cv2.findFundamentalMat(a[::2], b[::2], cv2.USAC_MAGSAC, 1.0, 0.999, 2000)
    except cv2.error:  # its way of saying that no sample gave a model
        return None
    if fundamental is None or fundamental.shape != (3, 3):
        return None
    distances = sampson_distance(*(torch.from_numpy(x) for x in (fundamental, a[1::2], b[1::2])))
    return float(distances.nanmedian()) / 0.6745  # a Gaussian's median distance
