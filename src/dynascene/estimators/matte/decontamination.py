"""The person's own colour at soft edges, where the frame mixes it with the old background.

Light adds: I = α F + (1 − α) B in linear light. F̂ and B̂, estimates of the person's and of the
background's colour, are blurred averages weighted by α and by 1 − α. Of all F and B that explain I,
those nearest to F̂ and B̂ are

    F = F̂ + α r / (α² + (1 − α)²)   with the residual   r = I − α F̂ − (1 − α) B̂.
"""

from __future__ import annotations

import cv2
import numpy as np

from dynascene.imaging.colour import light_of, srgb_from_linear
from dynascene.imaging.pixels import stored_bytes, unit_floats

REACHES = 0.03, 0.015, 0.006  # of the frame's longer side: each average refines the one before
LEAST_REACH = 2.5  # pixels
SOLID = 8  # power of the weights: nearly solid pixels make the averages


def decontaminate(frame: np.ndarray, matte: np.ndarray) -> np.ndarray:
    """Replace mixed colours by the person's own.

    Args:
        frame: [H, W, 3] sRGB, uint8, or float32 in 0 … 1.
        matte: [H, W] or [H, W, 1] likewise, the most = person.

    Returns:
        [H, W, 3] of the frame's type. Where the matte is the most it equals the frame exactly.
        Where it is 0 the person's colour is continued, so that resampling brings no halo back.
    """
    alpha = unit_floats(matte.reshape(matte.shape[:2]))
    rows, columns = _surroundings(alpha)
    if not alpha.any():
        return frame.copy()
    part, alpha = frame[rows, columns], alpha[rows, columns]
    light = light_of(part)
    person = place = light
    for reach in REACHES:
        sigma = max(LEAST_REACH, reach * max(frame.shape[:2]))
        person, place = _refined(light, person, place, alpha, sigma)
    own = _stored_like(frame, srgb_from_linear(person))
    result = frame.copy()
    result[rows, columns] = np.where(alpha[..., None] == 1, part, own)
    return result


def continue_colour(frame: np.ndarray, matte: np.ndarray) -> np.ndarray:
    """Carry the person's colour on to where the matte is 0.

    Args:
        frame: [H, W, 3] sRGB, the person's own colours wherever the matte is above 0; uint8, or
            float32 in 0 … 1.
        matte: [H, W] or [H, W, 1] likewise, the most = person.

    Returns:
        [H, W, 3] of the frame's type, equal to the frame where the matte is above 0.
    """
    alpha = unit_floats(matte.reshape(matte.shape[:2]))
    sigma = max(LEAST_REACH, REACHES[0] * max(frame.shape[:2]))
    carried = srgb_from_linear(_average(light_of(frame), alpha, sigma))
    return np.where(alpha[..., None] > 0, frame, _stored_like(frame, carried))


def _stored_like(frame: np.ndarray, values: np.ndarray) -> np.ndarray:
    """sRGB 0 … 1 in the type of a frame."""
    return stored_bytes(values) if frame.dtype == np.uint8 else values.astype(np.float32)


def _refined(
    light: np.ndarray, person: np.ndarray, place: np.ndarray, alpha: np.ndarray, sigma: float
) -> tuple[np.ndarray, np.ndarray]:
    """F and B from I, the previous F and B, and α; sigma in pixels."""
    near_person = _average(person, alpha**SOLID, sigma)
    near_place = _average(place, (1 - alpha) ** SOLID, sigma)
    a = alpha[..., None]
    left_over = light - a * near_person - (1 - a) * near_place
    left_over /= a**2 + (1 - a) ** 2
    return np.clip(near_person + a * left_over, 0, 1), np.clip(
        near_place + (1 - a) * left_over, 0, 1
    )


def _average(colour: np.ndarray, weight: np.ndarray, sigma: float) -> np.ndarray:
    """Weighted Gaussian average [H, W, 3]; far from any weight, a wider one."""
    total, mass = np.zeros_like(colour), np.zeros_like(weight)
    for wider, share in ((1, 1.0), (4, 1e-3)):
        total += share * _blurred(colour * weight[..., None], wider * sigma)
        mass += share * _blurred(weight, wider * sigma)
    return total / (mass + 1e-12)[..., None]


def _blurred(field: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian, at a lower resolution where it is wide."""
    step = max(1, int(sigma / 3))
    if step == 1:
        return cv2.GaussianBlur(field, (0, 0), sigma)
    height, width = field.shape[:2]
    small = max(1, width // step), max(1, height // step)
    coarse = cv2.resize(field, small, interpolation=cv2.INTER_AREA)
    coarse = cv2.GaussianBlur(coarse, (0, 0), sigma / step)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)


def _surroundings(alpha: np.ndarray) -> tuple[slice, slice]:
    """The part of the frame over which the averages near the person reach."""
    margin = round(4 * REACHES[0] * max(alpha.shape)) + 10
    slices = []
    for axis in (1, 0):
        occupied = np.nonzero(alpha.any(axis=axis))[0]
        low, high = (occupied[0], occupied[-1]) if len(occupied) else (0, 0)
        slices.append(slice(max(0, low - margin), high + margin + 1))
    return slices[0], slices[1]
