"""The person over the background, in linear light."""

import cv2
import numpy as np

from dynascene.geometry.intrinsics import cover_scale
from dynascene.imaging.colour import LIGHT_OF_BYTE, bytes_from_light, srgb_from_linear
from dynascene.types import Size


def composite(person: np.ndarray, matte: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Lay the person over the background: uint8 [H, W, 3], matte uint8 [H, W, 1], 255 = person.

    Light adds linearly, so soft edges mix in linear light: C = m·P + (1 − m)·B. Where the matte is
    0 or 255 the pixel is the background's or the person's own, bit by bit.
    """
    alpha = matte[..., 0]
    result = np.where(matte == 255, person, background)
    soft = (alpha > 0) & (alpha < 255)
    m = alpha[soft, None].astype(np.float32) / 255
    light = m * LIGHT_OF_BYTE[person[soft]] + (1 - m) * LIGHT_OF_BYTE[background[soft]]
    result[soft] = np.rint(srgb_from_linear(light) * 255).astype(np.uint8)
    return result


def shade(background: np.ndarray, shadow: np.ndarray) -> np.ndarray:
    """Take light from the background: B·(1 − s), in linear light.

    Args:
        background: uint8 [H, W, 3].
        shadow: uint8 [H, W, 1], 255 = no light at all; where it is 0 nothing changes.

    Returns:
        uint8 [H, W, 3].
    """
    rows, columns = (np.flatnonzero(shadow[..., 0].any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return background
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    light = LIGHT_OF_BYTE[background[part]] * (1 - shadow[part].astype(np.float32) / 255)
    result = background.copy()
    result[part] = bytes_from_light(light)
    return result


def fit_background(background: np.ndarray, size: Size) -> np.ndarray:
    """Scale the background to cover the person's frame and crop it centrally."""
    height, width = background.shape[:2]
    if (width, height) == size:
        return background
    scale = cover_scale(Size(width, height), size)
    scaled = Size(max(size.width, round(width * scale)), max(size.height, round(height * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(background, scaled, interpolation=method)
    left, top = (scaled.width - size.width) // 2, (scaled.height - size.height) // 2
    return resized[top : top + size.height, left : left + size.width]
