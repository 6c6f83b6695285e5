"""sRGB and linear light."""

import torch
from torch import Tensor


def linear_from_srgb(colour: Tensor) -> Tensor:
    """IEC 61966-2-1, 0 … 1."""
    return torch.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(light: Tensor) -> Tensor:
    """IEC 61966-2-1, 0 … 1."""
    light = light.clamp(0, 1)
    return torch.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
