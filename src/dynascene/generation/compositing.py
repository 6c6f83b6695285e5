"""The person over the background, in linear light."""

import cv2
import numpy as np

from dynascene.geometry.intrinsics import cover_scale
from dynascene.imaging.colour import LIGHT_OF_BYTE, light_of, picture_of_light, srgb_from_linear
from dynascene.imaging.pixels import unit_floats
from dynascene.types import Size


def composite(person: np.ndarray, matte: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Lay the person over the background.

    Light adds linearly, so soft edges mix in linear light: C = m·P + (1 − m)·B. Where the matte is
    0 or 1 the pixel is the background's or the person's own, bit by bit.

    Args:
        person, background: [H, W, 3], uint8, or float32 in 0 … 1.
        matte: [H, W, 1] likewise, the most = person.

    Returns:
        uint8 [H, W, 3] where all are uint8, else float32.
    """
    if not person.dtype == matte.dtype == background.dtype == np.uint8:
        return _composite_of_floats(*map(unit_floats, (person, matte, background)))
    result = background.copy()
    left, top, width, height = cv2.boundingRect(matte)
    if not width:  # nobody is there
        return result
    around = np.s_[top : top + height, left : left + width]
    person, alpha, part = person[around], matte[around][..., 0], result[around]
    soft = (alpha > 0) & (alpha < 255)
    m = alpha[soft, None].astype(np.float32) / 255
    light = m * LIGHT_OF_BYTE[person[soft]] + (1 - m) * LIGHT_OF_BYTE[part[soft]]
    part[soft] = np.rint(srgb_from_linear(light) * 255).astype(np.uint8)
    # OpenCV chooses pixels ten times as fast as numpy
    result[around] = cv2.copyTo(np.ascontiguousarray(person), cv2.inRange(alpha, 255, 255), part)
    return result


def _composite_of_floats(
    person: np.ndarray, matte: np.ndarray, background: np.ndarray
) -> np.ndarray:
    result = np.where(matte >= 1, person, background)
    soft = (matte[..., 0] > 0) & (matte[..., 0] < 1)
    m = matte[soft]
    light = m * light_of(person[soft]) + (1 - m) * light_of(background[soft])
    result[soft] = srgb_from_linear(light)
    return result


def shade(background: np.ndarray, shadow: np.ndarray) -> np.ndarray:
    """Take light from the background: B·(1 − s), in linear light.

    Args:
        background: [H, W, 3], uint8, or float32 in 0 … 1.
        shadow: [H, W, 1] likewise, the most = no light at all; where it is 0 nothing changes.

    Returns:
        [H, W, 3] of the background's type.
    """
    rows, columns = (np.flatnonzero(shadow[..., 0].any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return background
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    light = light_of(background[part]) * (1 - unit_floats(shadow[part]))
    result = background.copy()
    result[part] = picture_of_light(light, background)
    return result


def fit_background(background: np.ndarray, size: Size) -> np.ndarray:
    """Scale the background [H, W, C] to cover the person's frame and crop it centrally.

    uint8, or float32 in 0 … 1, which stays within it.
    """
    height, width = background.shape[:2]
    if (width, height) == size:
        return background
    scale = cover_scale(Size(width, height), size)
    scaled = Size(max(size.width, round(width * scale)), max(size.height, round(height * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(background, scaled, interpolation=method)
    if resized.dtype != np.uint8:
        resized = resized.clip(0, 1)  # bicubic interpolation overshoots at edges
    left, top = (scaled.width - size.width) // 2, (scaled.height - size.height) // 2
    return resized[top : top + size.height, left : left + size.width]
