"""The training loss: Eq. 2, with the lineage's weights as options.

Legend: B clips, F frames, h w latent grid, SNR = ᾱ / (1 − ᾱ).
"""

import torch
from torch import Tensor

from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.schedule import (
    TRAINING_STEPS,
    Parametrisation,
    add_noise,
    alpha_bar_at,
    per_clip,
    snr,
)
from dynascene.models.latents import EncodedClip


def denoising_loss(
    predicted: Tensor, noise: Tensor, weight: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Eq. 2: the mean of ‖ε − ε_θ‖², each clip times its weight [B].

    mask: [B, F, 1, h, w] in 0 … 1, where the loss counts; the mean is taken over what counts.
    """
    error = (predicted.float() - noise.float()).square() * per_clip(weight, noise)
    if mask is None:
        return error.mean()
    mask = mask.expand_as(error)
    return (error * mask).sum() / mask.sum().clamp(min=1)


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


def sample_noise(like: Tensor, offset: float, generator: torch.Generator | None = None) -> Tensor:
    """ε ~ N(0, I) in the shape of ``like``; the offset shifts whole channels by N(0, offset²).

    Without it a network cannot learn pictures that are darker or brighter than the average.
    """
    noise = torch.randn(like.shape, generator=generator, device=like.device, dtype=like.dtype)
    if offset:
        means = (*like.shape[:-2], 1, 1)
        shift = torch.randn(means, generator=generator, device=like.device, dtype=like.dtype)
        noise = noise + offset * shift
    return noise


def diffusion_loss(
    denoiser: Denoiser,
    clip: EncodedClip,
    latents: Tensor,
    *,
    drop_probability: float = 0.1,
    noise_offset: float = 0.05,
    gamma: float | None = 5,
    mask: Tensor | None = None,
    motion: bool = True,
    generator: torch.Generator | None = None,
) -> Tensor:
    """One training loss: a random step and noise per clip, conditions dropped at random.

    latents: [B, F, 4, h, w], the encoded target. ``denoiser`` may be wrapped for data parallelism:
    everything with weights happens in its one forward call. ``motion`` = False is stage I.
    """
    B, device = len(clip), latents.device
    steps = torch.randint(TRAINING_STEPS, (B,), generator=generator, device=device)
    drop = torch.rand(B, generator=generator, device=device) < drop_probability
    noise = sample_noise(latents, noise_offset, generator)
    core: Denoiser = getattr(denoiser, "module", denoiser)
    alpha_bar = alpha_bar_at(core.alpha_bars, steps)
    noisy = add_noise(latents, noise, alpha_bar)
    predicted = denoiser(noisy, steps, clip, drop=drop, motion=motion).noise
    weight = loss_weight(alpha_bar, core.prediction, gamma)
    return denoising_loss(predicted, noise, weight, mask)
