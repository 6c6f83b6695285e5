"""The shake of a hand-held camera, as controls."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from dynascene.geometry.easing import smootherstep

BAND = (0.4, 3.0)  # cycles per second: slow sway to tremor
WAVES = 12  # sinusoids per control: few enough to stay smooth, enough not to repeat
RAMP = 0.5  # seconds until the full amount is reached, so that frame 0 is still
ARM = 0.5  # track units of sway per radian of shake

# root mean square per degree of amount; rolling is what hands do least
WEIGHTS: Mapping[str, float] = {
    "pan": 1.0,
    "tilt": 1.0,
    "roll": 0.5,
    "right": ARM * math.radians(1),
    "up": ARM * math.radians(1),
    "forward": ARM * math.radians(1),
}


def handheld_controls(
    amount: float, frames: int, seed: int, frame_rate: float = 24.0
) -> dict[str, Tensor]:
    """Smooth random controls [F], 0 at frame 0; pan and tilt have ``amount`` degrees rms.

    Sums of sinusoids inside BAND whose amplitude falls with frequency. The same seed gives the
    same shake for every length: a longer clip continues a shorter one.

    Args:
        frame_rate: in frames per second.
    """
    generator = torch.Generator().manual_seed(seed)
    shape = (len(WEIGHTS), WAVES, 1)
    low, high = (math.log(f) for f in BAND)
    within, phase = torch.rand(2, *shape, dtype=torch.float64, generator=generator)
    # one frequency in each of WAVES equal parts of the band, so that no two beat
    part = (torch.arange(WAVES)[:, None] + within) / WAVES
    frequency = torch.exp(low + (high - low) * part)
    amplitude = 1 / frequency
    amplitude = amplitude / (amplitude**2 / 2).sum(dim=1, keepdim=True).sqrt()  # rms 1
    time = torch.arange(frames, dtype=torch.float64) / frame_rate
    waves = (amplitude * torch.sin(2 * math.pi * (frequency * time + phase))).sum(dim=1)
    waves = waves * smootherstep((time / RAMP).clamp(max=1))
    return {
        name: amount * weight * wave
        for (name, weight), wave in zip(WEIGHTS.items(), waves, strict=True)
    }
