"""The training loss: Eq. 2, with the lineage's weights as options.

Legend: B clips, F frames, h w latent grid, SNR = ᾱ / (1 − ᾱ).
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.schedule import (
    TRAINING_STEPS,
    Parametrisation,
    add_noise,
    alpha_bar_at,
    snr,
)
from dynascene.models.latents import EncodedClip


def denoising_losses(
    predicted: Tensor, noise: Tensor, weight: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Eq. 2 clip by clip: the mean of ‖ε − ε_θ‖² times the clip's weight [B]; gives [B].

    mask: [B, F, 1, h, w] in 0 … 1, where the loss counts; each clip's mean is taken over what
    counts in that clip, 0 where nothing does.
    """
    error = (predicted.float() - noise.float()).square()
    if mask is None:
        return weight * error.flatten(1).mean(dim=1)
    mask = mask.expand_as(error)
    return weight * (error * mask).flatten(1).sum(dim=1) / mask.flatten(1).sum(dim=1).clamp(min=1)


def loss_weight(alpha_bar: Tensor, prediction: Parametrisation, gamma: float | None = 5) -> Tensor:
    """How much the ε-loss counts at each step, [B] → [B].

    In units of z_0 the plain ε-loss weighs a step by its SNR. ``epsilon``: min(SNR, γ) / SNR, so
    that nearly clean steps do not rule (min-SNR); γ = None is the paper's plain mean.
    ``guide_residual``: the network gives z_0, and its error must count at the noisy end too, where
    sampling begins: clamp(SNR, 1, γ) / SNR.
    """
    ratio = snr(alpha_bar)
    if prediction == "guide_residual":
        return ratio.clamp(min=1, max=gamma) / ratio
    return torch.ones_like(ratio) if gamma is None else ratio.clamp(max=gamma) / ratio


def sample_noise(like: Tensor, offset: float, generators: Sequence[torch.Generator]) -> Tensor:
    """ε ~ N(0, I) in the shape of ``like`` [B, …, C, h, w], each clip's from its own generator.

    The offset shifts whole channels by N(0, offset²): without it a network cannot learn pictures
    that are darker or brighter than the average. Generators are of the CPU.
    """
    clips = [_clip_noise(like.shape[1:], offset, generator) for generator in generators]
    return torch.stack(clips).to(like)


def _clip_noise(shape: Sequence[int], offset: float, generator: torch.Generator) -> Tensor:
    noise = torch.randn(shape, generator=generator)
    if offset:
        noise += offset * torch.randn((*shape[:-2], 1, 1), generator=generator)
    return noise


def diffusion_losses(
    denoiser: Denoiser,
    clip: EncodedClip,
    latents: Tensor,
    *,
    generators: Sequence[torch.Generator],
    drop_probability: float = 0.1,
    noise_offset: float = 0.05,
    gamma: float | None = 5,
    mask: Tensor | None = None,
    motion: bool = True,
) -> Tensor:
    """A loss per clip [B]: a random step and noise, conditions dropped at random.

    latents: [B, F, 4, h, w], the encoded target. generators: one per clip, of the CPU: a clip's
    draws depend on nothing but its own, wherever and beside whatever it is trained. ``motion`` =
    False is stage I. Everything with weights happens in the denoiser's one forward call.
    """
    if len(generators) != len(clip):
        raise ValueError(f"{len(generators)} generators for {len(clip)} clips")
    device = latents.device
    steps = torch.cat([torch.randint(TRAINING_STEPS, (1,), generator=g) for g in generators])
    drop = torch.cat([torch.rand(1, generator=g) for g in generators]) < drop_probability
    steps, drop = steps.to(device), drop.to(device)
    noise = sample_noise(latents, noise_offset, generators)
    core: Denoiser = getattr(denoiser, "module", denoiser)
    alpha_bar = alpha_bar_at(core.alpha_bars, steps)
    noisy = add_noise(latents, noise, alpha_bar)
    predicted = denoiser(noisy, steps, clip, drop=drop, motion=motion).noise
    weight = loss_weight(alpha_bar, core.prediction, gamma)
    return denoising_losses(predicted, noise, weight, mask)


def diffusion_loss(
    denoiser: Denoiser,
    clip: EncodedClip,
    latents: Tensor,
    *,
    generators: Sequence[torch.Generator],
    **options: Any,
) -> Tensor:
    """The mean over clips of ``diffusion_losses``, which takes the same options.

    It is additive: the mean over two equal halves of a batch is the mean of their two losses,
    masks or not, so that sharing a batch out changes nothing but rounding.
    """
    return diffusion_losses(denoiser, clip, latents, generators=generators, **options).mean()
