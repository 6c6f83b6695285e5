"""From a diffusion model to one that is right after a single step.

From pure noise a network that minimises Eq. 2 gives the mean of what might be there, but steps that
are drawn evenly spend one clip in a thousand on that. Here the same network is trained on, mostly
at the step where such a pipeline starts, with the error weighted by what is delivered of it: where
the picture shows the place, the photograph itself is.

Legend: B clips, F frames, h w latent grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Generator, Tensor

from dynascene.models.diffusion.denoising_error import clip_means
from dynascene.models.diffusion.noising import (
    NOISIEST_STEP,
    NoisyLatents,
    drawn_drops,
    drawn_steps,
    sample_noise,
)
from dynascene.models.diffusion.schedule import add_noise, alpha_bar_at, clean_from, snr
from dynascene.models.diffusion.terms import DenoisingStep, LossTerm

SEEN_WEIGHT = 0.25  # of a cell that the picture shows


@dataclass(frozen=True, kw_only=True)
class MostlyNoisiestStep:
    """The noisiest step, at the mean of pure noise as sampling by a single step starts; or any.

    It gives no ε to compare with, so it takes losses of the clean latents, not ``noise_error``.

    Args:
        offset: of the noise, see ``sample_noise``.
        noisiest_share: see ``drawn_steps``; the other clips keep the other steps alive.
        drop_probability: how often a clip's conditions are dropped.
    """

    offset: float = 0.0
    noisiest_share: float = 0.75
    drop_probability: float = 0.1

    def __call__(
        self, clean: Tensor, generators: Sequence[Generator], alpha_bars: Tensor
    ) -> NoisyLatents:
        steps = drawn_steps(generators, self.noisiest_share).to(clean.device)
        drop = drawn_drops(generators, self.drop_probability)
        noise = sample_noise(clean, self.offset, generators)
        alpha_bar = alpha_bar_at(alpha_bars, steps)
        noisy = add_noise(clean, noise, alpha_bar)
        noisiest = (steps == NOISIEST_STEP).view(-1, 1, 1, 1, 1)
        noisy = torch.where(noisiest, 0, noisy)
        # what starts from zero was made by no noise
        return NoisyLatents(noisy, None, steps, alpha_bar, drop.to(clean.device))


def painting_error(gamma: float | None = 5) -> LossTerm:
    """The error of z_0 where it is delivered, for denoisers with a guide.

    A step counts as in ``loss_weight``: clamp(SNR, 1, γ). Beside the visibility the step's mask
    says where the loss counts.
    """
    return LossTerm(
        name="painting",
        losses=partial(_painting_error, gamma),
        reads=("guide_visibility",),
        note="plain mean" if gamma is None else f"min-SNR {gamma:g}",
    )


def _painting_error(gamma: float | None, step: DenoisingStep) -> Tensor:
    (visibility,) = step.clip.require(("guide_visibility",), "loss painting")
    noisy = step.noisy
    with torch.autocast(step.clean.device.type, enabled=False):
        painted = clean_from(step.quantity, step.prediction.value, noisy.noisy, noisy.alpha_bar)
    ratio = snr(noisy.alpha_bar).clamp(1, gamma)
    weight = 1 - (1 - SEEN_WEIGHT) * visibility
    return clip_means((painted - step.clean).square() * weight, ratio, step.mask)
