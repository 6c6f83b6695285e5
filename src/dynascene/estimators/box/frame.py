"""How a camera stands to a place of three right-angled directions, from line segments.

The camera has no roll, so two angles and the focal length say everything: its pitch, and the
azimuth of the level direction that is nearest to its axis. Every combination is tried, first on a
grid with a wide tolerance; the best ones are refined.

S segments, K candidate azimuths. Directions are in the camera's axes (x right, y down, z ahead).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from dynascene.estimators.horizon_cues import Segments, view_segments

PITCHES = np.arange(-27.0, 27.1, 1.5)  # degrees
AZIMUTHS = np.arange(-45.0, 45.0, 1.5)
PITCH_SPREAD, USUAL_PITCH = 9.0, -2.5  # degrees: people hold cameras nearly level
# Spread of the logarithm of focal lengths that are shorter and longer than the assumed one: places
# are photographed with wide lenses, and towards long ones the lines tell less and less
SHORTER, LONGER = 0.3, 0.15
FOCALS = np.exp(np.linspace(-0.55, 0.55, 7))  # tried, as shares of the assumed one
PRIOR_WEIGHT = 0.04  # of the priors against the lines' mean log-likelihood
NOISE = math.radians(0.5)  # of a segment's direction, besides that of its ends
COARSE_NOISE = math.radians(1.2)
END_NOISE = 0.5  # pixels
OUTLIER = 0.05  # of the peak of an agreeing segment's likelihood
REFINED = 3
AGREEING = 0.3  # of the peak: segments that point to a direction


class LevelFrame(NamedTuple):
    """The attitude of a camera, degrees, and its focal length in pixels of the segments' picture.

    Attributes:
        pitch: positive, it looks up.
        azimuth: of a level direction of the place, to the right of the camera's, −45 … 45.
        focal: assumed or estimated.
        score: mean log-likelihood ratio of the segments against outliers, with the priors.
    """

    pitch: float
    azimuth: float
    focal: float
    score: float

    @property
    def camera_from_box(self) -> np.ndarray:
        """Columns: the place's directions across, down and ahead, [3, 3]."""
        return directions(np.radians(self.pitch), np.radians(self.azimuth))


def directions(pitch: float | np.ndarray, azimuth: float | np.ndarray) -> np.ndarray:
    """Directions across, down and ahead as columns, [..., 3, 3]; angles in radians, [...]."""
    pitch, azimuth = np.broadcast_arrays(pitch, azimuth)
    sine, cosine = np.sin(pitch), np.cos(pitch)

    def level(angle: np.ndarray) -> np.ndarray:
        return np.stack([np.sin(angle), sine * np.cos(angle), cosine * np.cos(angle)], axis=-1)

    down = np.stack([np.zeros_like(sine), cosine, -sine], axis=-1)
    return np.stack([level(azimuth + math.pi / 2), down, level(azimuth)], axis=-1)


def agreement(segments: Segments, direction: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """How well segments point to vanishing points: directions [..., 3] → [..., S], 0 … 1.

    noise: [S], standard deviation of the segments' directions.
    """
    # sin² of the angle between the segment's plane and that of its middle and the vanishing point
    off_plane = (direction @ segments.normal.T) ** 2
    apart = 1 - (direction @ segments.middle.T) ** 2
    return np.exp(-0.5 * off_plane / np.maximum(apart, 1e-6) / noise**2)


def segment_noise(segments: Segments, diagonal: float, spread: float) -> np.ndarray:
    """Standard deviation of the segments' directions, [S]; diagonal of the picture in pixels."""
    return np.hypot(spread, END_NOISE / (segments.length * diagonal))


def find_frame(
    ends: np.ndarray,
    shape: tuple[int, int],
    focals: Sequence[float],
    pitch: float | None = None,
) -> LevelFrame | None:
    """The attitude and focal length that most segments agree with.

    Args:
        ends: of the segments, [S, 4].
        shape: (H, W) of their picture.
        focals: focal lengths in pixels to try (``focal_candidates``); a single one is taken as
            known.
        pitch: of the camera in degrees, where it is known.

    Returns:
        The frame; None without segments.
    """
    if not len(ends):
        return None
    assumed = float(np.exp(np.mean(np.log(focals))))
    pitches = PITCHES if pitch is None else np.array([pitch])
    starts = []
    for focal in focals:
        segments = view_segments(ends, shape, focal)
        noise = segment_noise(segments, math.hypot(*shape), COARSE_NOISE)
        axes = directions(*np.radians(np.meshgrid(pitches, AZIMUTHS, indexing="ij")))
        value = _likelihood(segments, axes, noise) + _prior(pitches[:, None], focal, assumed)
        row, column = np.unravel_index(value.argmax(), value.shape)
        starts.append((value.max(), pitches[row], AZIMUTHS[column], focal))
    starts.sort(key=lambda start: -start[0])
    free = (pitch is None, True, len(focals) > 1)
    refined = [_refined(ends, shape, start[1:], free, assumed) for start in starts[:REFINED]]
    return max(refined, key=lambda frame: frame.score)


def focal_candidates(focal: float) -> list[float]:
    """Focal lengths to try about an assumed one."""
    return [float(focal * share) for share in FOCALS]


def _refined(
    ends: np.ndarray,
    shape: tuple[int, int],
    start: tuple[float, float, float],
    free: tuple[bool, bool, bool],
    assumed: float,
) -> LevelFrame:
    """The frame at the top of the likelihood near a start (pitch, azimuth, focal)."""
    first = np.array([start[0], start[1], math.log(start[2])])
    scale = np.array([1.0, 1.0, 0.05])
    chosen = np.array(free)

    def value(step: np.ndarray, spread: float) -> float:
        point = first.copy()
        point[chosen] += step * scale[chosen]
        segments = view_segments(ends, shape, math.exp(point[2]))
        noise = segment_noise(segments, math.hypot(*shape), spread)
        axes = directions(math.radians(point[0]), math.radians(point[1]))
        prior = float(_prior(point[:1], math.exp(point[2]), assumed)[0])
        return -float(_likelihood(segments, axes, noise)) - prior

    step, score = np.zeros(int(chosen.sum())), 0.0
    for spread in (COARSE_NOISE, NOISE):
        optimum = minimize(value, step, args=(spread,), method="Nelder-Mead",
                         options={"xatol": 1e-3, "fatol": 1e-7, "maxfev": 200})  # fmt: skip
        step, score = optimum.x, -float(optimum.fun)
    first[chosen] += step * scale[chosen]
    azimuth = (first[1] + 45) % 90 - 45
    return LevelFrame(float(first[0]), float(azimuth), math.exp(first[2]), score)


def _likelihood(segments: Segments, axes: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Mean log-likelihood ratio over the segments' length; axes [..., 3, 3] as columns → [...]."""
    best = agreement(segments, axes[..., 0], noise)
    for column in (1, 2):
        np.maximum(best, agreement(segments, axes[..., column], noise), out=best)
    return np.log1p(best / OUTLIER) @ segments.length / segments.length.sum()


def _prior(pitch: np.ndarray, focal: float, assumed: float) -> np.ndarray:
    off = (pitch - USUAL_PITCH) / PITCH_SPREAD
    lens = math.log(focal / assumed)
    lens /= SHORTER if lens < 0 else LONGER
    return -0.5 * PRIOR_WEIGHT * (off**2 + lens**2)
