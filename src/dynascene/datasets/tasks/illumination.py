"""Another light in the scene picture: the augmentation of ABIA.

What light does is computed on linear light, where it multiplies: brightness, colour temperature
and shading. What a camera's tone curve does is computed on sRGB values, where curves are drawn:
gamma and contrast. H W pixels.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.imaging.colour import LUMINANCE_709, linear_from_srgb, srgb_from_linear


@dataclass(frozen=True, kw_only=True)
class LightRanges:
    """How far each part may go, either way; uniform in between. 0 switches a part off.

    Args:
        brightness: stops.
        temperature: stops of red against blue.
        shading: stops from the middle to the corner that the light comes from.
        gamma, contrast: natural logarithm of exponent and slope.
    """

    brightness: float = 0.8
    temperature: float = 0.6
    shading: float = 0.8
    gamma: float = 0.25
    contrast: float = 0.3


def adjust_illumination(
    sample: TrainingSample, rng: np.random.Generator, ranges: LightRanges | None = None
) -> TrainingSample:
    """The sample with another light on what its scene picture shows; holes and target stay."""
    ranges = ranges or LightRanges()
    visible = sample.scene_visibility > 0
    light = random_change(rng, ranges)
    lit = relight(sample.scene_image / 2 + 0.5, visible, light) * 2 - 1
    return replace(sample, scene_image=torch.where(visible, lit, sample.scene_image))


class LightChange(NamedTuple):
    """Another light on a picture, and another tone curve; zeros leave it as it is.

    Args:
        brightness, temperature: stops; positive temperatures are warm.
        angle, shading: radians, from where the light comes, and stops to that corner.
        gamma, contrast: natural logarithm of exponent and slope.
    """

    brightness: float = 0.0
    angle: float = 0.0
    shading: float = 0.0
    temperature: float = 0.0
    gamma: float = 0.0
    contrast: float = 0.0


def random_change(rng: np.random.Generator, ranges: LightRanges) -> LightChange:
    """Every part uniform within its range; shading from nothing on."""
    return LightChange(
        brightness=rng.uniform(-1, 1) * ranges.brightness,
        angle=rng.uniform(0, 2 * math.pi),
        shading=rng.uniform(0, 1) * ranges.shading,
        temperature=rng.uniform(-1, 1) * ranges.temperature,
        gamma=rng.uniform(-1, 1) * ranges.gamma,
        contrast=rng.uniform(-1, 1) * ranges.contrast,
    )


def relight(picture: Tensor, visible: Tensor, light: LightChange) -> Tensor:
    """A picture in sRGB 0 … 1 [3, H, W] under another light, clipped as a camera does.

    Args:
        visible: bool [1, H, W]; contrast turns about the mean of these pixels.
    """
    stops = light.brightness + _shading(picture, light.angle, light.shading)
    tint = _tint(light.temperature).to(picture)
    linear = linear_from_srgb(picture) * 2**stops * tint[:, None, None]
    value = srgb_from_linear(linear) ** math.exp(light.gamma)
    slope = math.exp(light.contrast)
    middle = (value * visible).sum() / (3 * visible.sum()).clamp(min=1)
    return (middle + (value - middle) * slope).clamp(0, 1)


def _shading(picture: Tensor, angle: float, strength: float) -> Tensor:
    """Light that fades across the frame: stops [H, W], 0 in the middle."""
    x, y = math.cos(angle), math.sin(angle)
    down, across = (torch.arange(n).to(picture) + 0.5 for n in picture.shape[-2:])
    down, across = down / len(down) * 2 - 1, across / len(across) * 2 - 1
    return strength * (x * across[None] + y * down[:, None]) / (abs(x) + abs(y))


def _tint(stops: float) -> Tensor:
    """Factors of linear R, G, B: warm for positive stops; a grey keeps its luminance."""
    gains = torch.tensor([2 ** (stops / 2), 1.0, 2 ** (-stops / 2)])
    return gains / (gains @ torch.tensor(LUMINANCE_709))
