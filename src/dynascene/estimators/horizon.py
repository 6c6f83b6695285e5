"""The horizon of a single picture, without weights; no roll is assumed.

Every candidate pitch gets a log-posterior: a prior (people hold cameras nearly level) plus the
weighted evidence of lines and tones. The estimate is the posterior's median. It minimises the
expected absolute error, and falls back on the prior where the picture shows little.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np

from dynascene.errors import InputError
from dynascene.estimators.horizon_cues import find_segments, line_cues, row_cues
from dynascene.imaging.colour import luma

WORKING_SIZE = 640  # pixels of the longer side
PRIOR_PITCH = -2.5  # degrees
PRIOR_SPREAD = 9.0  # degrees, at most …
PRIOR_SHARE = 0.3  # … and at most this share of the height, for long lenses
CANDIDATES = np.linspace(-3.6, 3.6, 145)  # in prior spreads

# How much each cue counts: 0.6–0.8 of what benchmarks/horizon.py --fit finds on views of
# panoramas, since photographs are less tidy (cropped, distorted, of unknown focal length). The
# tonal boundary is the exception: those places have no sea and would give it nothing, while on
# 36 photographs marked by eye it lowered the mean error from 9.6 to 7.7 % of the height.
WEIGHTS = {
    "uprights": 6.5,
    "level lines": 5.0,
    "vanishing points": 3.0,
    "tonal boundary": 1.2,
    "detail": 8.0,
}
CLEAR_SUPPORT = 0.5  # in log-likelihood: less than that from every cue is no reason


class Horizon(NamedTuple):
    """The horizon of a picture.

    Attributes:
        row: in pixels from the picture's top; may lie outside it.
        confidence: share of the prior's expected error that the picture removes: 0 (only the prior)
            … 1 (certain).
        method: the cue with the clearest support for the row, or "prior".
    """

    row: float
    confidence: float
    method: str


def estimate_horizon(picture: np.ndarray, focal: float) -> Horizon:
    """Estimate the horizon's row of a picture that was taken without roll.

    Args:
        picture: uint8 [H, W, 3] sRGB.
        focal: in pixels of this picture.

    Raises:
        InputError: the picture has another shape or type, or the focal length is not positive.
    """
    _check(picture, focal)
    height = len(picture)
    pitches = candidate_pitches(height, focal)
    evidence = np.array(list(WEIGHTS.values()))[:, None] * gather_cues(picture, focal, pitches)
    prior, posterior = probability(np.zeros_like(evidence)), probability(evidence)

    pitch = median(pitches, posterior)
    doubt = posterior @ np.abs(pitches - pitch) / (prior @ np.abs(pitches - PRIOR_PITCH))
    support = evidence[:, np.abs(pitches - pitch).argmin()] - evidence @ prior
    return Horizon(
        row=height / 2 + focal * math.tan(math.radians(pitch)),
        confidence=float(np.clip(1 - doubt, 0, 1)),
        method=list(WEIGHTS)[support.argmax()] if support.max() > CLEAR_SUPPORT else "prior",
    )


def candidate_pitches(height: int, focal: float) -> np.ndarray:
    """The candidate pitches [P] in degrees, spaced by the prior's spread."""
    share = math.degrees(math.atan(PRIOR_SHARE * height / focal))
    return PRIOR_PITCH + min(PRIOR_SPREAD, share) * CANDIDATES


def gather_cues(picture: np.ndarray, focal: float, pitches: np.ndarray) -> np.ndarray:
    """All evidence curves [cues, P], in the order of WEIGHTS."""
    height, width = picture.shape[:2]
    scale = min(1.0, WORKING_SIZE / max(height, width))
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    focal = focal * scale
    rows = picture.shape[0] / 2 + focal * np.tan(np.radians(pitches))
    segments = find_segments(luma(picture), focal)
    by_rows = row_cues(picture, rows, degree=math.radians(focal))
    return np.concatenate([line_cues(segments, pitches), by_rows])


def probability(evidence: np.ndarray) -> np.ndarray:
    """The probabilities [P] of the candidates, from weighted evidence [cues, P] and the prior."""
    log_density = evidence.sum(axis=0) - 0.5 * CANDIDATES**2
    density = np.exp(log_density - log_density.max())
    return density / density.sum()


def median(values: np.ndarray, probability: np.ndarray) -> float:
    """The interpolated median of a distribution [P] over rising values [P]."""
    below = np.cumsum(probability) - probability / 2
    return float(np.interp(0.5, below, values))


def _check(picture: np.ndarray, focal: float) -> None:
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise InputError(
            f"horizon: the picture is {picture.dtype} {list(picture.shape)}, "
            "expected uint8 [H, W, 3] with at least one pixel"
        )
    if not (math.isfinite(focal) and focal > 0):
        raise InputError(f"horizon: focal length {focal} is not a positive number of pixels")
