"""The length of a track's unit, from the feet: a foot on the ground stays in place.

With s metres in a unit, the point that the feet touch in frame i lies at s·A_i + B_i: the camera's
position plus the ray to the feet, intersected with the ground. A walker's point rests during each
step and jumps to the next. So the right s is the one for which most of the point's displacements
over a moment vanish, whatever else the person does.

Shapes: F frames, S scales, M moments.
"""

import math
from typing import NamedTuple

import numpy as np

MOMENTS = (0.1, 0.2, 0.3)  # seconds, shorter than a step
INDEPENDENT = 0.3  # seconds
SHARES = np.exp(
    np.linspace(math.log(1e-3), math.log(20.0), 600)
)  # travel in distances of the person
# Metres across the view, small, so that a sole that rolls off counts as moving; and along it,
# where the lowest point of somebody who walks away wanders from the heel to the toe.
ACROSS_NOISE, FORTH_NOISE = 0.012, 0.06
COLUMN_NOISE, ROW_NOISE = 0.35, 0.8  # pixels
MOVING = 0.02  # likelihood of any displacement, against 1 for none
USUAL_SHARE, SHARE_SPREAD = 0.3, 1.3  # of a camera's travel in distances, and of its logarithm
STANDING_SPEED, WALKING_SPEED, SPEED_SPREAD = 0.15, 1.3, 0.5  # metres a second; of the logarithm
STANDING_SHARE = 0.3
GAIT_SPREAD = 0.1  # of the logarithm: soles that roll, grounds that are not level


class UnitFit(NamedTuple):
    """The unit of a track.

    Attributes:
        metres: in one unit.
        spread: standard deviation of the natural logarithm.
    """

    metres: float
    spread: float


class Contacts(NamedTuple):
    """The points [F, 3] that the feet touch: s·per_unit + fixed in metres, for s metres a unit.

    Attributes:
        per_unit, fixed: [F, 3].
        away: [F, 3], unit vectors along the ground from the camera to the point.
        noise: [F, 2], standard deviation in metres across that direction and along it.
    """

    per_unit: np.ndarray
    fixed: np.ndarray
    away: np.ndarray
    noise: np.ndarray


def contact_points(
    centres: np.ndarray, rays: np.ndarray, down: np.ndarray, height: float, focal: float
) -> Contacts:
    """Intersect the rays to the feet with the ground.

    Args:
        centres: [F, 3] of the cameras in track units, the first at the origin.
        rays: [F, 3].
        down: unit vector [3].
        height: of the first camera, in metres.
        focal: in pixels.

    Returns:
        NaN for rays that do not descend.
    """
    descent = rays @ down
    along = rays / np.where(descent > 1e-3, descent, np.nan)[:, None]
    fixed = height * along
    level = fixed - height * down
    far = np.linalg.norm(level, axis=-1)
    ray = np.hypot(far, height)
    # a row more or less moves the point by D² / (h f)
    across, forth = COLUMN_NOISE * ray / focal, ROW_NOISE * ray**2 / (height * focal)
    noise = np.stack([np.hypot(ACROSS_NOISE, across), np.hypot(FORTH_NOISE, forth)], axis=-1)
    per_unit = centres - (centres @ down)[:, None] * along
    return Contacts(per_unit, fixed, level / far[:, None], noise)


def rest_scores(contacts: list[Contacts], scales: np.ndarray, frame_rate: float) -> np.ndarray:
    """Log-likelihoods [S] of the scales by how well they let the feet rest.

    Args:
        contacts: of several points of the feet.
        scales: [S] in metres a unit.
        frame_rate: frames a second.
    """
    score = np.zeros(len(scales))
    for moment in MOMENTS:
        step = max(1, round(moment * frame_rate))
        off = np.concatenate([_displacements(points, scales, step) for points in contacts], axis=1)
        off = off[:, np.isfinite(off[0])]
        if off.shape[1] < 3:
            continue
        rests = np.log(np.exp(-0.5 * off**2) + MOVING).mean(axis=-1)
        score += rests * off.shape[1] / len(contacts) / step / len(MOMENTS)
    return score


def usual_travel(share: np.ndarray) -> np.ndarray:
    """Log-prior [S] of how far a camera travels, in distances to the person."""
    return -0.5 * (np.log(share / USUAL_SHARE) / SHARE_SPREAD) ** 2


def usual_speed(contacts: list[Contacts], scales: np.ndarray, frame_rate: float) -> np.ndarray:
    """Log-prior [S] of the person's speed from the first third of the clip to the last.

    People stand or walk; running is somewhat less usual.
    """
    frames = np.flatnonzero(np.isfinite(contacts[0].fixed[:, 0]))
    if len(frames) < 3:
        return np.zeros(len(scales))
    first, last = frames[: len(frames) // 3], frames[-(len(frames) // 3) :]
    per_unit, fixed = (
        np.mean([np.median(x[last], axis=0) - np.median(x[first], axis=0) for x in both], axis=0)
        for both in ([c.per_unit for c in contacts], [c.fixed for c in contacts])
    )
    seconds = (last.mean() - first.mean()) / frame_rate
    speed = np.linalg.norm(scales[:, None] * per_unit + fixed, axis=-1) / seconds
    stands = np.exp(-0.5 * (speed / STANDING_SPEED) ** 2)
    walks = np.exp(-0.5 * (np.log(speed.clip(1e-6) / WALKING_SPEED) / SPEED_SPREAD) ** 2)
    return np.log(STANDING_SHARE * stands + walks + MOVING)


def summarise(scales: np.ndarray, score: np.ndarray) -> UnitFit:
    """Mean and spread of the logarithm of scales [S] by their log-likelihoods [S]."""
    weight = np.exp(score - score.max())
    weight /= weight.sum()
    logarithm = weight @ np.log(scales)
    variance = weight @ (np.log(scales) - logarithm) ** 2
    return UnitFit(math.exp(logarithm), math.sqrt(variance + GAIT_SPREAD**2))


def _displacements(contacts: Contacts, scales: np.ndarray, step: int) -> np.ndarray:
    """Displacements of the point over ``step`` frames, in its noise, for each scale: [S, M]."""
    per_unit = contacts.per_unit[step:] - contacts.per_unit[:-step]
    fixed = contacts.fixed[step:] - contacts.fixed[:-step]
    moved = scales[:, None, None] * per_unit + fixed
    forth = (moved * contacts.away[:-step]).sum(axis=-1)
    across = np.sqrt(((moved**2).sum(axis=-1) - forth**2).clip(0))
    noise = np.hypot(contacts.noise[:-step], contacts.noise[step:])
    return np.hypot(across / noise[:, 0], forth / noise[:, 1])
