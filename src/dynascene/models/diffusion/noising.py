"""How a training clip is made noisy: its step, its noise, and whether its conditions are dropped.

Legend: B clips, F frames, h w latent grid. Generators are of the CPU, one per clip, and a clip's
draws depend on nothing but its own, wherever and beside whatever it is trained.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from dynascene.errors import InputError
from dynascene.models.diffusion.schedule import TRAINING_STEPS, add_noise, alpha_bar_at

NOISIEST_STEP = TRAINING_STEPS - 1


class NoisyLatents(NamedTuple):
    """Latents on their way through the network.

    Args:
        noisy: z_t [B, F, C, h, w].
        noise: ε that made ``noisy`` of the clean latents by Eq. 1, of the same shape; None where
            some clips were made otherwise, so that no ε is the answer for them.
        steps: t [B].
        alpha_bar: ᾱ_t [B].
        drop: [B] bool, whose conditions are dropped, for guidance.
    """

    noisy: Tensor
    noise: Tensor | None
    steps: Tensor
    alpha_bar: Tensor
    drop: Tensor

    def noise_for(self, reader: str) -> Tensor:
        """``noise``, for what compares with it, such as ``loss noise``.

        Raises:
            InputError: some clips were made noisy otherwise.
        """
        if self.noise is None:
            raise InputError(
                f"{reader}: compares with the noise that made a clip noisy, and some clips here "
                "were made without: combine this noising with a loss of the clean latents"
            )
        return self.noise


Noising = Callable[[Tensor, Sequence[Generator], Tensor], NoisyLatents]
"""(clean latents [B, F, C, h, w], a generator per clip, table of ᾱ) → noisy ones."""


@dataclass(frozen=True, kw_only=True)
class UniformSteps:
    """Every step is as likely as any other, but for a share of the clips at the noisiest one.

    Args:
        offset: shifts whole channels by N(0, offset²), see ``sample_noise``.
        drop_probability: how often a clip's conditions are dropped.
        noisiest_share: see ``drawn_steps``.
    """

    offset: float = 0.05
    drop_probability: float = 0.1
    noisiest_share: float = 0.0

    def __call__(
        self, clean: Tensor, generators: Sequence[Generator], alpha_bars: Tensor
    ) -> NoisyLatents:
        device = clean.device
        steps = drawn_steps(generators, self.noisiest_share)
        drop = drawn_drops(generators, self.drop_probability)
        steps, drop = steps.to(device), drop.to(device)
        noise = sample_noise(clean, self.offset, generators)
        alpha_bar = alpha_bar_at(alpha_bars, steps)
        return NoisyLatents(add_noise(clean, noise, alpha_bar), noise, steps, alpha_bar, drop)


def drawn_steps(generators: Sequence[Generator], noisiest_share: float) -> Tensor:
    """t [B], on the CPU.

    Args:
        generators: one per clip.
        noisiest_share: of the clips, at ``NOISIEST_STEP``, where sampling starts and only the
            conditions tell anything; the others are drawn evenly from all steps.
    """
    return torch.tensor([_drawn_step(generator, noisiest_share) for generator in generators])


def _drawn_step(generator: Generator, noisiest_share: float) -> int:
    # without a share nothing is drawn for it
    if noisiest_share and float(torch.rand((), generator=generator)) < noisiest_share:
        return NOISIEST_STEP
    return int(torch.randint(TRAINING_STEPS, (), generator=generator))


def drawn_drops(generators: Sequence[Generator], probability: float) -> Tensor:
    """[B] bool, on the CPU: True with a probability."""
    return torch.cat([torch.rand(1, generator=g) for g in generators]) < probability


def sample_noise(like: Tensor, offset: float, generators: Sequence[Generator]) -> Tensor:
    """ε ~ N(0, I) in the shape of ``like`` [B, …, C, h, w], each clip's from its own generator.

    The offset shifts whole channels by N(0, offset²): without it a network cannot learn pictures
    that are darker or brighter than the average.
    """
    clips = [_clip_noise(like.shape[1:], offset, generator) for generator in generators]
    return torch.stack(clips).to(like)


def _clip_noise(shape: Sequence[int], offset: float, generator: Generator) -> Tensor:
    noise = torch.randn(shape, generator=generator)
    if offset:
        noise += offset * torch.randn((*shape[:-2], 1, 1), generator=generator)
    return noise
