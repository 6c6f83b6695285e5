"""The noise schedule, one for training and sampling: AnimateDiff's linear one.

Legend: t step 0 … 999, ᾱ_t share of signal power, SNR = ᾱ / (1 − ᾱ), … any shape.
"""

from typing import Literal

import torch
from torch import Tensor

Parametrisation = Literal["epsilon", "guide_residual"]  # what a denoiser's network puts out

# Stable Diffusion itself uses "scaled_linear"; AnimateDiff's motion modules were trained with this
TRAINING_STEPS, BETA_START, BETA_END = 1000, 0.00085, 0.012
SCHEDULE = {
    "num_train_timesteps": TRAINING_STEPS,
    "beta_start": BETA_START,
    "beta_end": BETA_END,
    "beta_schedule": "linear",
    "steps_offset": 1,
    "clip_sample": False,
}


def alpha_bars() -> Tensor:
    """ᾱ_t for all training steps, [1000] float32 on the CPU: ᾱ_t = Π_{s ≤ t} (1 − β_s)."""
    steps, float64 = TRAINING_STEPS, torch.float64
    betas = torch.linspace(BETA_START, BETA_END, steps, dtype=float64, device="cpu")
    return (1 - betas).cumprod(0).float()


def alpha_bar_at(table: Tensor, timesteps: Tensor) -> Tensor:
    """ᾱ at steps [B], which some schedulers place between integers: linear in the log-SNR."""
    position = timesteps.float().clamp(0, len(table) - 1)
    below = position.floor().long()
    above = (below + 1).clamp(max=len(table) - 1)
    log_snr = torch.logit(table).to(position.device)
    weight = position - below
    return torch.sigmoid(log_snr[below] * (1 - weight) + log_snr[above] * weight)


def snr(alpha_bar: Tensor) -> Tensor:
    """ᾱ / (1 − ᾱ)."""
    return alpha_bar / (1 - alpha_bar)


def add_noise(clean: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    """Eq. 1: z_t = √ᾱ_t z_0 + √(1 − ᾱ_t) ε, with ε ~ N(0, I). ᾱ is [B]."""
    a = per_clip(alpha_bar, clean)
    return a.sqrt() * clean + (1 - a).sqrt() * noise


def noise_from_clean(noisy: Tensor, clean: Tensor, alpha_bar: Tensor) -> Tensor:
    """Eq. 1 solved for ε: (z_t − √ᾱ_t z_0) / √(1 − ᾱ_t).

    At t = 0 an error of z_0 grows 34-fold here and shrinks as much again when a sampler goes back
    to z_0, so this is to be done in float32.
    """
    a = per_clip(alpha_bar, noisy)
    return (noisy - a.sqrt() * clean) / (1 - a).sqrt()


def clean_from_noise(noisy: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    """Eq. 1 solved for z_0: the one-step estimate."""
    a = per_clip(alpha_bar, noisy)
    return (noisy - (1 - a).sqrt() * noise) / a.sqrt()


def per_clip(values: Tensor, like: Tensor) -> Tensor:
    """[B] → [B, 1, 1, …], to multiply with ``like``."""
    return values.view(-1, *([1] * (like.ndim - 1)))
