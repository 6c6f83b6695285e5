"""From a diffusion model to one that is right after a single step.

From pure noise a network that minimises Eq. 2 gives the mean of what might be there, but steps that
are drawn evenly spend one clip in a thousand on that. Here the same network is trained on, mostly
at the step where such a pipeline starts, with the error weighted by what is delivered of it: where
the picture shows the place, the photograph itself is.

Legend: B clips, F frames, h w latent grid.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Generator, Tensor

from dynascene.models.diffusion.loss import sample_noise
from dynascene.models.diffusion.schedule import (
    TRAINING_STEPS,
    add_noise,
    alpha_bar_at,
    clean_from_noise,
    snr,
)
from dynascene.models.latents import EncodedClip
from dynascene.training.denoising import DenoisingObjective

FIRST_STEP_SHARE = 0.75  # of the clips; the others keep the other steps alive
SEEN_WEIGHT = 0.25  # of a cell that the picture shows
DROP_PROBABILITY = 0.1  # of the conditions, for guidance


class OneStepObjective(DenoisingObjective):
    """As DenoisingObjective, for denoisers with a guide; see the head of this file."""

    def forward(
        self, batch: Mapping[str, Tensor], generators: Sequence[Generator]
    ) -> dict[str, Tensor]:
        clip, clean = self._clip(batch), batch[self.target]
        assert clip.guide_visibility is not None
        steps, drop, noise = self._draw(clean, generators[: len(clip)])
        painted = self._painted(clip, clean, steps, drop, noise)
        # z_0's error counts as in ``loss_weight``: clamp(SNR, 1, γ)
        ratio = snr(alpha_bar_at(self.denoiser.alpha_bars, steps)).clamp(1, self.gamma)
        weight = 1 - (1 - SEEN_WEIGHT) * clip.guide_visibility
        errors = ((painted - clean).square() * weight).flatten(1).mean(dim=1)
        return {"loss": (ratio * errors).mean()}

    def _draw(
        self, clean: Tensor, generators: Sequence[Generator]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Steps [B], dropped conditions [B] and noise, each clip's from its own generator."""
        drawn = [
            TRAINING_STEPS - 1
            if float(torch.rand((), generator=g)) < FIRST_STEP_SHARE
            else int(torch.randint(TRAINING_STEPS, (), generator=g))
            for g in generators
        ]
        drop = torch.cat([torch.rand(1, generator=g) for g in generators]) < DROP_PROBABILITY
        noise = sample_noise(clean, self.noise_offset, generators)
        return torch.tensor(drawn, device=clean.device), drop.to(clean.device), noise

    def _painted(
        self, clip: EncodedClip, clean: Tensor, steps: Tensor, drop: Tensor, noise: Tensor
    ) -> Tensor:
        """z_0 as the network sees it, float32."""
        alpha_bar = alpha_bar_at(self.denoiser.alpha_bars, steps)
        noisy = add_noise(clean, noise, alpha_bar)
        # a single step starts where the pipeline starts it: at the mean of pure noise
        first = (steps == TRAINING_STEPS - 1).view(-1, 1, 1, 1, 1)
        noisy = torch.where(first, 0, noisy)
        predicted = self.denoiser(noisy, steps, clip, drop=drop, motion=clip.frames > 1).noise
        with torch.autocast(clean.device.type, enabled=False):
            return clean_from_noise(noisy, predicted, alpha_bar)
