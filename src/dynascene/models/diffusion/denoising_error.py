"""The training loss: Eq. 2, with the lineage's weights as options.

Legend: B clips, F frames, h w latent grid, SNR = ᾱ / (1 − ᾱ).
"""

import torch
from torch import Tensor

from dynascene.models.diffusion.schedule import Parametrisation, Quantity, snr, velocity_from


def denoising_losses(
    predicted: Tensor, target: Tensor, weight: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Eq. 2 clip by clip: the mean of ‖ε − ε_θ‖² times the clip's weight [B]; gives [B].

    Of other quantities than ε likewise.

    mask: [B, F, 1, h, w] in 0 … 1, where the loss counts; each clip's mean is taken over what
    counts in that clip, 0 where nothing does.
    """
    error = (predicted.float() - target.float()).square()
    return clip_means(error, weight, mask)


def clip_means(error: Tensor, weight: Tensor, mask: Tensor | None = None) -> Tensor:
    """Each clip's mean of an error [B, F, C, h, w], times its weight [B]; gives [B].

    mask: [B, F, 1, h, w] in 0 … 1, where the error counts; a clip of which nothing counts gets 0.
    """
    if mask is None:
        return weight * error.flatten(1).mean(dim=1)
    mask = mask.expand_as(error)
    return weight * (error * mask).flatten(1).sum(dim=1) / mask.flatten(1).sum(dim=1).clamp(min=1)


def prediction_target(
    quantity: Quantity, clean: Tensor, noise: Tensor, alpha_bar: Tensor
) -> Tensor:
    """What a perfect network says: ε, z_0 or v."""
    match quantity:
        case "epsilon":
            return noise
        case "clean":
            return clean
        case "velocity":
            return velocity_from(clean, noise, alpha_bar)


def loss_weight(
    alpha_bar: Tensor, parametrisation: Parametrisation, gamma: float | None = 5
) -> Tensor:
    """How much the ε-loss counts at each step, [B] → [B].

    In units of z_0 the plain ε-loss weighs a step by its SNR. ``epsilon``: min(SNR, γ) / SNR, so
    that nearly clean steps do not rule (min-SNR); γ = None is the paper's plain mean.
    ``guide_residual``: the network gives z_0, and its error must count at the noisy end too, where
    sampling begins: clamp(SNR, 1, γ) / SNR; γ = None is max(SNR, 1) / SNR, not the plain mean.
    """
    ratio = snr(alpha_bar)
    if parametrisation == "guide_residual":
        return ratio.clamp(min=1, max=gamma) / ratio
    return torch.ones_like(ratio) if gamma is None else ratio.clamp(max=gamma) / ratio
