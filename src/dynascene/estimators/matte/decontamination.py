"""The person's own colour at soft edges, where the frame mixes it with the old background.

Light adds: I = α F + (1 − α) B in linear light. F̂ and B̂, estimates of the person's and of the
background's colour, are blurred averages weighted by α and by 1 − α. Of all F and B that explain I,
those nearest to F̂ and B̂ are

    F = F̂ + α r / (α² + (1 − α)²)   with the residual   r = I − α F̂ − (1 − α) B̂.
"""

from __future__ import annotations

import cv2
import numpy as np

from dynascene.imaging.colour import light_of, picture_of_light
from dynascene.imaging.pixels import unit_floats

REACHES = 0.03, 0.015, 0.006  # of the frame's longer side: each average refines the one before
LEAST_REACH = 2.5  # pixels
MOST_ACROSS = 1024  # pixels of what OpenCV samples at once; it takes no rows of 32,768
WIDER, FAR_SHARE = 4, 1e-3  # times the reach, and the weight, of the averages far from the person


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
    # elsewhere a pixel is its own side's colour from the start, and has no weight on the other side
    soft = np.nonzero((alpha > 0) & (alpha < 1))
    mixed, share = light[soft], alpha[soft][:, None]
    person, place = _weighted(light, _solid(alpha)), _weighted(light, _solid(1 - alpha))
    near_person: np.ndarray = light
    for reach in REACHES:
        sigma = max(LEAST_REACH, reach * max(frame.shape[:2]))
        near_person, near_place = _averages(person, sigma), _averages(place, sigma)
        own, other = _refined(
            mixed, _at(soft, near_person, alpha.shape), _at(soft, near_place, alpha.shape), share
        )
        person[(*soft, np.s_[:3])] = own * person[(*soft, np.s_[3:])]
        place[(*soft, np.s_[:3])] = other * place[(*soft, np.s_[3:])]
    near_person = _enlarged(near_person, alpha.shape)
    near_person[soft] = own
    cleaned = picture_of_light(near_person, frame)
    result = frame.copy()
    result[rows, columns] = np.where(alpha[..., None] == 1, part, cleaned)
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
    near_person = _averages(_weighted(light_of(frame), alpha), sigma)
    carried = picture_of_light(_enlarged(near_person, alpha.shape), frame)
    return np.where(alpha[..., None] > 0, frame, carried)


def _refined(
    mixed: np.ndarray, near_person: np.ndarray, near_place: np.ndarray, share: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """F and B of N pixels from I, F̂ and B̂ [N, 3] and α [N, 1]."""
    left_over = mixed - share * near_person - (1 - share) * near_place
    left_over /= share**2 + (1 - share) ** 2
    person = np.clip(near_person + share * left_over, 0, 1)
    return person, np.clip(near_place + (1 - share) * left_over, 0, 1)


def _solid(alpha: np.ndarray) -> np.ndarray:
    """Shares to the power of 8, so that nearly solid pixels make the averages."""
    for _ in range(3):
        alpha = alpha * alpha
    return alpha


def _weighted(colour: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Colours [H, W, 3] times their weights [H, W], and the weights themselves: [H, W, 4]."""
    weighted = np.empty((*weight.shape, 4), np.float32)
    np.multiply(colour, weight[..., None], out=weighted[..., :3])
    weighted[..., 3] = weight
    return weighted


def _averages(weighted: np.ndarray, sigma: float) -> np.ndarray:
    """Weighted Gaussian averages; far from any weight, wider ones.

    weighted: [H, W, 4], see ``_weighted``.

    Returns:
        float32 [h, w, 3], smaller where they are wide; see ``_enlarged``.
    """
    step = max(1, round(sigma / 3))
    coarse, narrow = _shrunk(weighted, step), sigma / step
    farther = max(1, int(WIDER * narrow / 3))
    far = cv2.GaussianBlur(_shrunk(coarse, farther), (0, 0), WIDER * narrow / farther)
    total = cv2.GaussianBlur(coarse, (0, 0), narrow) + FAR_SHARE * _enlarged(far, coarse.shape)
    return total[..., :3] / (total[..., 3:] + 1e-12)


def _enlarged(field: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A field [h, w, C] at the size [H, W]."""
    return cv2.resize(field, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def _at(pixels: tuple[np.ndarray, ...], field: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The values [N, C] that ``_enlarged`` has at some pixels (rows [N], columns [N])."""
    if not len(pixels[0]):
        return np.empty((0, field.shape[2]), np.float32)
    extent = -(-len(pixels[0]) // MOST_ACROSS), MOST_ACROSS
    y, x = (
        np.resize((place + 0.5) * (small / large) - 0.5, extent).astype(np.float32)
        for place, small, large in zip(pixels, field.shape, shape, strict=False)
    )
    values = cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return values.reshape(-1, field.shape[2])[: len(pixels[0])]


def _shrunk(field: np.ndarray, step: int) -> np.ndarray:
    height, width = field.shape[:2]
    small = max(1, width // step), max(1, height // step)
    return cv2.resize(field, small, interpolation=cv2.INTER_AREA)


def _surroundings(alpha: np.ndarray) -> tuple[slice, slice]:
    """The part of the frame over which the averages near the person reach."""
    margin = round(4 * REACHES[0] * max(alpha.shape)) + 10
    slices = []
    for axis in (1, 0):
        occupied = np.nonzero(alpha.any(axis=axis))[0]
        low, high = (occupied[0], occupied[-1]) if len(occupied) else (0, 0)
        slices.append(slice(max(0, low - margin), high + margin + 1))
    return slices[0], slices[1]
