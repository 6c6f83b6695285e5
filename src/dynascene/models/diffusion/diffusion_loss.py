"""A denoiser's loss on some clips: made noisy, denoised in one forward call, judged by terms.

Legend: B clips, F frames, C channels, h w latent grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from torch import Generator, Tensor

from dynascene.errors import InputError
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.noising import Noising, UniformSteps
from dynascene.models.diffusion.one_step import MostlyNoisiestStep
from dynascene.models.diffusion.schedule import Quantity
from dynascene.models.diffusion.terms import (
    DenoisingStep,
    LossTerm,
    noise_error,
    probe_names,
    weighted_losses,
)
from dynascene.models.latents import EncodedClip


@dataclass(frozen=True, kw_only=True)
class DiffusionLoss:
    """How clips are made noisy, and the weighted terms that judge the prediction.

    Args:
        noising: draws steps and noise.
        terms: what is summed.
    """

    noising: Noising = field(default_factory=UniformSteps)
    terms: tuple[LossTerm, ...] = field(default_factory=lambda: (noise_error(),))

    @property
    def summary(self) -> str:
        """Its numbers in one line."""
        return "; ".join([*(term.summary for term in self.terms), str(self.noising)])

    def with_terms(self, terms: Sequence[LossTerm]) -> DiffusionLoss:
        """The same with further terms."""
        return replace(self, terms=(*self.terms, *terms))

    def check(self, quantity: Quantity) -> None:
        """Look whether this loss suits denoisers that are trained and sampled in ``quantity``.

        Raises:
            InputError: a term judges something else, or training would start a single step at
                zero, and sampling at noise.
        """
        for term in self.terms:
            term.check(quantity)
        if quantity != "epsilon" and isinstance(self.noising, MostlyNoisiestStep):
            raise InputError(
                "MostlyNoisiestStep: trains a single step that starts at zero, and sampling of a "
                f"network in terms of {quantity} starts at noise; train it with UniformSteps"
            )

    def __call__(
        self,
        denoiser: Denoiser,
        clip: EncodedClip,
        clean: Tensor,
        generators: Sequence[Generator],
        mask: Tensor | None = None,
        *,
        motion: bool = True,
    ) -> dict[str, Tensor]:
        """A loss per clip [B] by the name of its term.

        Each clip's loss depends on that clip alone, so that sharing a batch out over processes
        changes nothing but rounding. Everything with weights happens in the denoiser's one forward
        call.

        Args:
            clip: what conditions.
            clean: z_0 [B, F, C, h, w], the encoded target.
            generators: one per clip, of the CPU.
            mask: [B, F, 1, h, w] in 0 … 1, where the loss counts; None = everywhere.
            motion: False is stage I.

        Raises:
            InputError: the clip lacks a field that a term reads, the denoiser lacks a probe, or
                the loss does not suit what it predicts (``check``).
        """
        if len(generators) != len(clip):
            raise ValueError(f"{len(generators)} generators for {len(clip)} clips")
        # data parallelism wraps what is called; the wrapper has no attributes of the denoiser
        core: Denoiser = getattr(denoiser, "module", denoiser)
        self.check(core.quantity)
        noisy = self.noising(clean, generators, core.alpha_bars)
        prediction = denoiser(
            noisy.noisy,
            noisy.steps,
            clip,
            drop=noisy.drop,
            motion=motion,
            probes=probe_names(self.terms),
        )
        step = DenoisingStep(
            clip=clip,
            clean=clean,
            noisy=noisy,
            prediction=prediction,
            parametrisation=core.prediction,
            quantity=core.quantity,
            mask=mask,
        )
        return weighted_losses(self.terms, step)


# Eq. 2 as printed: noise without an offset and, for denoisers that predict ε, the plain mean;
# others keep the weight that ``loss_weight`` gives them
PLAIN_LOSS = DiffusionLoss(noising=UniformSteps(offset=0.0), terms=(noise_error(gamma=None),))


def summed(losses: dict[str, Tensor]) -> Tensor:
    """The losses of all terms together, [B]."""
    first, *rest = losses.values()
    return sum(rest, start=first)
