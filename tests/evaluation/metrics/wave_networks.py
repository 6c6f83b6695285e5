"""Backbones whose weights are the same everywhere, and pictures for them."""

import numpy as np
import torch
from torch import nn

from dynascene.evaluation.metrics.lpips import BACKBONES, Lpips


def fill(network: nn.Module) -> None:
    """Weights that are the same everywhere: waves, scaled to keep the activations' size."""
    with torch.no_grad():
        for number, parameter in enumerate(network.parameters()):
            wave = np.sin(0.37 * np.arange(parameter.numel()) + number)
            fan_in = parameter[0].numel() if parameter.ndim > 1 else 100
            values = torch.from_numpy(wave.reshape(parameter.shape) * np.sqrt(4 / fan_in))
            parameter.copy_(values)


def wave_lpips(name: str) -> Lpips:
    backbone = BACKBONES[name]().eval()
    fill(backbone)
    heads = [
        torch.from_numpy(np.sin(0.7 * np.arange(width)) ** 2).float() for width in backbone.widths
    ]
    return Lpips(backbone, heads)


def pictures(phase: float) -> np.ndarray:
    """uint8 [2, 48, 64, 3]"""
    t, y, x, c = np.mgrid[:2, :48, :64, :3]
    wave = np.sin(0.3 * x + phase * t) + np.cos(0.2 * y * (1 + c) + phase)
    return np.rint(127.5 + 60 * wave).astype(np.uint8)
