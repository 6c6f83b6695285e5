"""The terms of a loss: each reads what a denoiser predicted for some clips.

Legend: B clips, F frames, C channels, h w latent grid, SNR = ᾱ / (1 − ᾱ).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.models.denoiser import Prediction
from dynascene.models.diffusion.denoising_error import (
    denoising_losses,
    loss_weight,
    prediction_target,
)
from dynascene.models.diffusion.noising import NoisyLatents
from dynascene.models.diffusion.schedule import Parametrisation, Quantity
from dynascene.models.latents import EncodedClip


@dataclass(frozen=True, kw_only=True)
class DenoisingStep:
    """One forward pass of training, as terms see it.

    Args:
        clip: what conditioned the denoiser.
        clean: z_0 [B, F, C, h, w], the target.
        noisy: what it was given, and what was drawn for it.
        prediction: ε and the probes that were asked for.
        parametrisation: what the network puts out.
        quantity: what ``prediction.value`` is.
        mask: [B, F, 1, h, w] in 0 … 1, where the loss counts; None = everywhere.
    """

    clip: EncodedClip
    clean: Tensor
    noisy: NoisyLatents
    prediction: Prediction
    parametrisation: Parametrisation
    quantity: Quantity = "epsilon"
    mask: Tensor | None = None


@dataclass(frozen=True, kw_only=True)
class LossTerm:
    """A part of a loss.

    Args:
        name: in figures and messages.
        losses: gives a loss per clip [B].
        weight: what they are multiplied with in the sum.
        reads: the fields of the encoded clip that it cannot do without.
        probes: what attention readers are to leave for it in ``prediction.probes``.
        quantity: in which the denoiser must be trained; None = any.
        note: how it weighs, for tables.
    """

    name: str
    losses: Callable[[DenoisingStep], Tensor]
    weight: float = 1.0
    reads: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    quantity: Quantity | None = None
    note: str = ""

    @property
    def summary(self) -> str:
        """Name, note and weight in one line."""
        note = f" ({self.note})" if self.note else ""
        return f"{self.name}{note}" if self.weight == 1 else f"{self.weight:g} × {self.name}{note}"

    def check(self, quantity: Quantity) -> None:
        """Look whether the term suits denoisers that are trained in ``quantity``.

        Raises:
            InputError: it judges something else.
        """
        if self.quantity not in (None, quantity):
            raise InputError(
                f"loss {self.name}: judges {self.quantity}, and this denoiser gives {quantity}: "
                "train it with prediction_error"
            )


def noise_error(gamma: float | None = 5) -> LossTerm:
    """Eq. 2 with the weight that ``loss_weight`` gives.

    γ = None is the paper's plain mean for denoisers that predict ε (``epsilon``), not for others.
    It judges ε: denoisers that are trained in another quantity take ``prediction_error``.
    """
    note = "plain mean" if gamma is None else f"min-SNR {gamma:g}"
    losses = partial(_noise_error, gamma)
    return LossTerm(name="noise", losses=losses, quantity="epsilon", note=note)


def _noise_error(gamma: float | None, step: DenoisingStep) -> Tensor:
    weight = loss_weight(step.noisy.alpha_bar, step.parametrisation, gamma)
    noise = step.noisy.noise_for("loss noise")
    return denoising_losses(step.prediction.noise, noise, weight, step.mask)


def prediction_error() -> LossTerm:
    """The plain mean of ‖p − p_θ‖², p = ε, z_0 or v: whatever the denoiser is trained in."""
    return LossTerm(name="prediction", losses=_prediction_error, note="plain mean")


def _prediction_error(step: DenoisingStep) -> Tensor:
    noisy = step.noisy
    target = step.clean
    if step.quantity != "clean":
        noise = noisy.noise_for("loss prediction")
        target = prediction_target(step.quantity, step.clean, noise, noisy.alpha_bar)
    weight = torch.ones_like(noisy.alpha_bar)
    return denoising_losses(step.prediction.value, target, weight, step.mask)


def probe_names(terms: Sequence[LossTerm]) -> tuple[str, ...]:
    """All probes that some terms read, each once."""
    return tuple(dict.fromkeys(probe for term in terms for probe in term.probes))


def weighted_losses(terms: Sequence[LossTerm], step: DenoisingStep) -> dict[str, Tensor]:
    """The losses [B] of each term by its name, times its weight.

    Raises:
        InputError: the clip lacks a field that a term reads.
    """
    losses = {}
    for term in terms:
        step.clip.require(term.reads, f"loss {term.name}")
        losses[term.name] = term.weight * term.losses(step)
    return losses
