"""sRGB, linear light and luma. The transfer functions take NumPy arrays and torch tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import cv2
import numpy as np

from dynascene.imaging.tables import look_up

if TYPE_CHECKING:
    from torch import Tensor

# How much R, G and B count for the brightness that the eye sees:
LUMINANCE_709 = (0.2126, 0.7152, 0.0722)  # of linear light (Rec. 709)
LUMA_601 = (0.299, 0.587, 0.114)  # of stored values (Rec. 601)


@overload
def linear_from_srgb(srgb: np.ndarray) -> np.ndarray: ...
@overload
def linear_from_srgb(srgb: Tensor) -> Tensor: ...
def linear_from_srgb(srgb: Any) -> Any:
    """Light from stored values (IEC 61966-2-1).

    Args:
        srgb: 0 … 1, floating-point, of any shape.

    Returns:
        Light 0 … 1, of the same shape and type.
    """
    return _where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


@overload
def srgb_from_linear(light: np.ndarray) -> np.ndarray: ...
@overload
def srgb_from_linear(light: Tensor) -> Tensor: ...
def srgb_from_linear(light: Any) -> Any:
    """Stored values from light (IEC 61966-2-1), the inverse of linear_from_srgb.

    Args:
        light: floating-point, of any shape; clipped to 0 … 1.

    Returns:
        sRGB 0 … 1, of the same shape and type.
    """
    light = light.clip(0, 1)
    return _where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def _where(condition: Any, value: Any, other: Any) -> Any:
    """np.where or torch.where; torch is not imported for arrays."""
    if isinstance(value, np.ndarray):
        return np.where(condition, value, other)
    return value.where(condition, other)


LIGHT_OF_BYTE = linear_from_srgb(np.arange(256) / 255).astype(np.float32)  # [256]
_STEPS = 2**16 - 1  # of light: a step is at most 1/20 of one between bytes
_BYTE_OF_STEP = np.rint(srgb_from_linear(np.arange(_STEPS + 1) / _STEPS) * 255).astype(np.uint8)


def bytes_from_light(light: np.ndarray) -> np.ndarray:
    """Stored bytes from light, the inverse of LIGHT_OF_BYTE; quick, by a table.

    Args:
        light: float32 of any shape; clipped to 0 … 1.

    Returns:
        uint8 sRGB of the same shape, rounded; what lies within 1/20 of the middle between two
        values may be either.
    """
    steps = np.clip(light, 0, 1)
    steps *= _STEPS
    steps += 0.5
    return look_up(steps.astype(np.uint16), _BYTE_OF_STEP)


def light_of(picture: np.ndarray) -> np.ndarray:
    """Linear light of a picture.

    Args:
        picture: uint8, or float32 sRGB in 0 … 1, of any shape.

    Returns:
        float32 of the same shape.
    """
    is_stored = picture.dtype == np.uint8
    return look_up(picture, LIGHT_OF_BYTE) if is_stored else linear_from_srgb(picture)


def picture_of_light(light: np.ndarray, like: np.ndarray) -> np.ndarray:
    """The inverse of ``light_of``: float32 light as uint8 or float32, whichever ``like`` is."""
    if like.dtype == np.uint8:
        return bytes_from_light(light)
    return srgb_from_linear(light).astype(np.float32)


def luma(picture: np.ndarray) -> np.ndarray:
    """Luma by Rec. 601: uint8 [H, W, 3 or 4] → uint8 [H, W]; alpha is ignored."""
    return cv2.cvtColor(picture[..., :3], cv2.COLOR_RGB2GRAY)
