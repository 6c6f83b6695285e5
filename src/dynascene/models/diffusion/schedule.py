"""The noise schedule, one for training and sampling: AnimateDiff's linear one, and that one with
nothing but noise at its end.

Legend: t step 0 … 999, ᾱ_t share of signal power, SNR = ᾱ / (1 − ᾱ), … any shape.
"""

from typing import Literal, get_args

import torch
from torch import Tensor

from dynascene.errors import InputError

Parametrisation = Literal[  # what a denoiser's network puts out
    "epsilon", "clean", "velocity", "guide_residual"
]
Quantity = Literal["epsilon", "clean", "velocity"]  # what losses and samplers see
NoiseSchedule = Literal["linear", "zero_snr"]

# Stable Diffusion itself uses "scaled_linear"; AnimateDiff's motion modules were trained with this
TRAINING_STEPS, BETA_START, BETA_END = 1000, 0.00085, 0.012
SCHEDULER_CONFIG = {  # diffusers' names
    "num_train_timesteps": TRAINING_STEPS,
    "beta_start": BETA_START,
    "beta_end": BETA_END,
    "beta_schedule": "linear",
    "steps_offset": 1,
    "clip_sample": False,
}


def alpha_bars(noise_schedule: NoiseSchedule = "linear") -> Tensor:
    """ᾱ_t for all training steps, [1000] float32 on the CPU: ᾱ_t = Π_{s ≤ t} (1 − β_s).

    With ``zero_snr`` √ᾱ is shifted and scaled so that the first step keeps its value and the last
    one, 0, is nothing but noise (Lin et al., 2024, Algorithm 1).
    """
    steps, float64 = TRAINING_STEPS, torch.float64
    betas = torch.linspace(BETA_START, BETA_END, steps, dtype=float64, device="cpu")
    table = (1 - betas).cumprod(0)
    if noise_schedule == "zero_snr":
        root = table.sqrt()
        # √ᾱ'_t = (√ᾱ_t − √ᾱ_T) · √ᾱ_0 / (√ᾱ_0 − √ᾱ_T)
        table = ((root - root[-1]) * root[0] / (root[0] - root[-1])).square()
    return table.float()


def alpha_bar_at(table: Tensor, timesteps: Tensor) -> Tensor:
    """ᾱ at steps [B], which some schedulers place between integers: linear in the log-SNR, and in ᾱ
    itself where that ends at 0."""
    position = timesteps.float().clamp(0, len(table) - 1)
    below = position.floor().long()
    above = (below + 1).clamp(max=len(table) - 1)
    log_snr = torch.logit(table).to(position.device)
    table = table.to(position.device)
    weight = position - below
    by_log = torch.sigmoid(log_snr[below] * (1 - weight) + log_snr[above] * weight)
    plain = table[below] * (1 - weight) + table[above] * weight
    return torch.where(table[above] > 0, by_log, plain)


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


def velocity_from(clean: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    """v_t = √ᾱ_t ε − √(1 − ᾱ_t) z_0 (Salimans and Ho, 2022)."""
    a = per_clip(alpha_bar, clean)
    return a.sqrt() * noise - (1 - a).sqrt() * clean


def clean_from_velocity(noisy: Tensor, velocity: Tensor, alpha_bar: Tensor) -> Tensor:
    """z_0 = √ᾱ_t z_t − √(1 − ᾱ_t) v_t, at any step, the last one included."""
    a = per_clip(alpha_bar, noisy)
    return a.sqrt() * noisy - (1 - a).sqrt() * velocity


def noise_from_velocity(noisy: Tensor, velocity: Tensor, alpha_bar: Tensor) -> Tensor:
    """ε = √(1 − ᾱ_t) z_t + √ᾱ_t v_t."""
    a = per_clip(alpha_bar, noisy)
    return (1 - a).sqrt() * noisy + a.sqrt() * velocity


def clean_from(quantity: Quantity, value: Tensor, noisy: Tensor, alpha_bar: Tensor) -> Tensor:
    """z_0 of what a network predicts: the one-step estimate."""
    match quantity:
        case "epsilon":
            return clean_from_noise(noisy, value, alpha_bar)
        case "clean":
            return value
        case "velocity":
            return clean_from_velocity(noisy, value, alpha_bar)


def quantity_of(parametrisation: Parametrisation, noise_schedule: NoiseSchedule) -> Quantity:
    """What losses judge and samplers step with.

    ``guide_residual`` gives z_0 and is judged in ε, but not with ``zero_snr``, at whose last step ε
    says nothing.
    """
    if parametrisation == "guide_residual":
        return "clean" if noise_schedule == "zero_snr" else "epsilon"
    return parametrisation


def check_parametrisation(parametrisation: str, noise_schedule: str) -> None:
    """Look whether a network's output can mean this.

    Args:
        parametrisation, noise_schedule: ``prediction`` and ``schedule`` of ``Denoiser``.

    Raises:
        InputError: one is unknown, or they do not go together.
    """
    for what, value, choices in (
        ("prediction", parametrisation, get_args(Parametrisation)),
        ("schedule", noise_schedule, get_args(NoiseSchedule)),
    ):
        if value not in choices:
            raise InputError(f"{what}: {value!r} is none of {', '.join(choices)}")
    if parametrisation == "epsilon" and noise_schedule == "zero_snr":
        raise InputError(
            "prediction epsilon with schedule zero_snr: at its last step ε says nothing of the "
            "frames; predict clean or velocity, or take the schedule linear"
        )


def per_clip(values: Tensor, like: Tensor) -> Tensor:
    """[B] → [B, 1, 1, …], to multiply with ``like``."""
    return values.view(-1, *([1] * (like.ndim - 1)))
