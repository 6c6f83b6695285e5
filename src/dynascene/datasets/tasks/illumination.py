"""Another light in the scene picture: the augmentation of ABIA.

What light does is computed on linear light, where it multiplies: brightness, colour temperature
and shading. What a camera's tone curve does is computed on sRGB values, where curves are drawn:
gamma and contrast. H W pixels.
"""

import math
from dataclasses import dataclass, replace

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
    lit = relight(sample.scene_image / 2 + 0.5, visible, rng, ranges) * 2 - 1
    return replace(sample, scene_image=torch.where(visible, lit, sample.scene_image))


def relight(
    picture: Tensor, visible: Tensor, rng: np.random.Generator, ranges: LightRanges
) -> Tensor:
    """A picture in sRGB 0 … 1 [3, H, W] under a random light, clipped as a camera does.

    Args:
        visible: bool [1, H, W]; contrast turns about the mean of these pixels.
    """
    stops = rng.uniform(-1, 1) * ranges.brightness + _shading(rng, picture, ranges.shading)
    tint = _tint(rng.uniform(-1, 1) * ranges.temperature).to(picture)
    light = linear_from_srgb(picture) * 2**stops * tint[:, None, None]
    value = srgb_from_linear(light) ** math.exp(rng.uniform(-1, 1) * ranges.gamma)
    slope = math.exp(rng.uniform(-1, 1) * ranges.contrast)
    middle = (value * visible).sum() / (3 * visible.sum()).clamp(min=1)
    return (middle + (value - middle) * slope).clamp(0, 1)


def _shading(rng: np.random.Generator, picture: Tensor, most: float) -> Tensor:
    """Light that fades across the frame in a random direction: stops [H, W], 0 in the middle."""
    angle, strength = rng.uniform(0, 2 * math.pi), rng.uniform(0, 1) * most
    x, y = math.cos(angle), math.sin(angle)
    down, across = (torch.arange(n).to(picture) + 0.5 for n in picture.shape[-2:])
    down, across = down / len(down) * 2 - 1, across / len(across) * 2 - 1
    return strength * (x * across[None] + y * down[:, None]) / (abs(x) + abs(y))


def _tint(stops: float) -> Tensor:
    """Factors of linear R, G, B: warm for positive stops; a grey keeps its luminance."""
    gains = torch.tensor([2 ** (stops / 2), 1.0, 2 ** (-stops / 2)])
    return gains / (gains @ torch.tensor(LUMINANCE_709))
