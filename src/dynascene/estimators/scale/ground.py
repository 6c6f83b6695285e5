"""How high and how steeply a clip was filmed, from the feet and the head of who stands in it.

With δ the depression of a ray (its angle below the level), a person of height H whose feet touch
a level ground under a camera at height h, at the distance D along the ground, is seen at

    tan δ_foot = h / D,   tan δ_head = (h − H) / D,   so   h · (1 − tan δ_head / tan δ_foot) = H.

Every frame gives that one equation for the height and the pitch; frames at several distances, the
horizon in the picture, a track that turns, and habit tell the rest. All of it is weighed on a grid
of pitches and heights.

Shapes: F frames, P pitches, Q heights.
"""

import math
from typing import NamedTuple

import numpy as np

ADULT_SPREAD = 0.05  # of the logarithm of people's height
UPRIGHT_SHARE = 0.985  # of it, from the sole to the top of the head, in somebody who walks
POSTURE_SPREAD = 0.025  # of the logarithm: strides, nods, hats, loose mattes
OUTLIER = 0.02  # likelihood of any height, against 1 for the right one: jumps, raised arms
USUAL_HEIGHT, HEIGHT_SPREAD = 1.45, 0.35  # of a camera: metres, and of the logarithm
USUAL_PITCH, PITCH_SPREAD = -2.5, 9.0  # degrees
PITCHES = np.arange(-60.0, 35.01, 0.5)
HEIGHTS = np.exp(np.linspace(math.log(0.15), math.log(15.0), 160))
INDEPENDENT = 0.25  # seconds after which a person's posture is another one
FRAMES_USED = 40
LEAST_SLOPE = 0.01  # of the ray to the feet: at the horizon they tell nothing


class PitchEvidence(NamedTuple):
    """A measurement of the first frame's pitch.

    Attributes:
        pitch: in degrees.
        spread: standard deviation in degrees.
    """

    pitch: float
    spread: float


class GroundFit(NamedTuple):
    """The ground under the first frame's camera.

    Attributes:
        height: of the camera above the ground, in metres.
        height_spread: standard deviation of its natural logarithm.
        pitch: in degrees, positive: the camera looks up.
        pitch_spread: standard deviation in degrees.
        agreement: share of the frames, 0 … 1, that agree with the assumed height of the person.
        evidence: log-likelihood of all observations, to compare fits of the same frames.
    """

    height: float
    height_spread: float
    pitch: float
    pitch_spread: float
    agreement: float
    evidence: float


def down_vectors(pitch: np.ndarray, roll: float) -> np.ndarray:
    """The down direction [P, 3] in the axes of a camera.

    Args:
        pitch: [P] in degrees, positive: the camera looks up.
        roll: in degrees, clockwise.
    """
    p, r = np.radians(pitch), math.radians(roll)
    return np.stack([math.sin(r) * np.cos(p), math.cos(r) * np.cos(p), -np.sin(p)], axis=-1)


def slopes(rays: np.ndarray, down: np.ndarray) -> np.ndarray:
    """tan δ of rays [F, 3] for each down vector [P, 3] → [P, F]."""
    descent = down @ rays.T
    level = np.sqrt((rays**2).sum(-1) - descent**2)
    return descent / np.maximum(level, 1e-9)


def fit_ground(
    foot: np.ndarray,
    head: np.ndarray,
    rise: np.ndarray,
    roll: float,
    seconds: float,
    person_height: float,
    evidence: list[PitchEvidence],
    known_pitch: float | None = None,
) -> GroundFit:
    """Evaluate all pitches and heights on a grid, or all heights at a known pitch.

    Args:
        foot, head: rays [F, 3] in the first camera's axes.
        rise: [F, 3], position of each camera relative to the first in metres, same axes.
        roll: of the first camera, in degrees clockwise.
        seconds: time from the first frame to the last.
        person_height: in metres.
        evidence: other measurements of the pitch.
        known_pitch: in degrees; None: estimate it.
    """
    every = max(1, math.ceil(len(foot) / FRAMES_USED))
    foot, head, rise = foot[::every], head[::every], rise[::every]
    pitches = PITCHES if known_pitch is None else np.array([known_pitch])
    down = down_vectors(pitches, roll)
    below, above = slopes(foot, down), slopes(head, down)
    share = 1 - above / np.maximum(below, LEAST_SLOPE)
    height = HEIGHTS[None, :, None] - (down @ rise.T)[:, None, :]
    seen = (height * share[:, None, :] / (UPRIGHT_SHARE * person_height)).clip(1e-3)
    fits = np.exp(-0.5 * (np.log(seen) / POSTURE_SPREAD) ** 2)
    fits *= (below > LEAST_SLOPE)[:, None, :]
    independent = min(len(foot), 1 + seconds / INDEPENDENT)
    score = np.log(fits + OUTLIER).mean(axis=-1) * independent
    score += _habit(pitches) + _other_evidence(evidence, pitches)[:, None]
    return _summary(score, fits, pitches)


def _habit(pitches: np.ndarray) -> np.ndarray:
    """Log-prior [P, Q]: cameras are held at chest or eye height, and look down a little."""
    height = np.log(HEIGHTS / USUAL_HEIGHT) / HEIGHT_SPREAD
    pitch = (pitches - USUAL_PITCH) / PITCH_SPREAD
    return -0.5 * (pitch[:, None] ** 2 + height**2)


def _other_evidence(evidence: list[PitchEvidence], pitches: np.ndarray) -> np.ndarray:
    """Log-likelihood [P] of the other evidence; heavy-tailed, since it may be wrong altogether."""
    total = np.zeros(len(pitches))
    for pitch, spread in evidence:
        total += np.log(np.exp(-0.5 * ((pitches - pitch) / spread) ** 2) + OUTLIER)
    return total


def _summary(score: np.ndarray, fits: np.ndarray, pitches: np.ndarray) -> GroundFit:
    weight = np.exp(score - score.max())
    weight /= weight.sum()
    by_pitch, by_height = weight.sum(axis=1), weight.sum(axis=0)
    pitch, height = by_pitch @ pitches, by_height @ np.log(HEIGHTS)
    return GroundFit(
        height=math.exp(height),
        height_spread=math.sqrt(by_height @ (np.log(HEIGHTS) - height) ** 2),
        pitch=float(pitch),
        pitch_spread=math.sqrt(by_pitch @ (pitches - pitch) ** 2),
        agreement=float((fits > 0.1).mean(axis=-1).flat[score.argmax()]),
        evidence=float(score.max() + math.log(np.exp(score - score.max()).sum())),
    )
