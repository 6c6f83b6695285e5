"""What a denoiser says of one step of a clip: its windows, and both halves of guidance.

Legend: B clips, F frames, C latent channels, h w latent grid.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from dynascene.models.conditioners.base import InjectionPart
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.samplers import average_windows, guided, window_weights
from dynascene.models.injection import Injection, merge_injections
from dynascene.models.latents import EncodedClip

Halves = Literal["conditional", "unconditional", "both"]
SHARED_PARTS: tuple[InjectionPart, ...] = ("per_clip", "whole_clip")  # made once for all windows


class GuidedPrediction:
    """The prediction of every step of one clip; what is the same in all steps is computed once.

    Args:
        denoiser: of any system.
        clip: what conditions.
        spans: [start, stop) of the windows that cover its frames.
        overlap: of two windows, in frames.
        batched: whether both halves of guidance go through the denoiser in one batch.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        clip: EncodedClip,
        spans: Sequence[tuple[int, int]],
        overlap: int,
        *,
        batched: bool,
    ) -> None:
        self.denoiser, self.clip, self.batched = denoiser, clip, batched
        self.spans, self.weights = spans, window_weights(spans, overlap)
        # made with the first step that needs them: a callback may turn guidance on
        self._injections: dict[Halves, list[Injection]] = {}

    def __call__(self, noisy: Tensor, timestep: Tensor, scale: float) -> Tensor:
        """ε, z_0 or v of all frames.

        Args:
            noisy: [B, F, C, h, w].
            timestep: of this step, a number.
            scale: of guidance; 1 or less leaves the unconditional half out.

        Returns:
            [B, F, C, h, w], as ``Denoiser.quantity`` says.
        """

        def predict_window(index: int, part: Tensor) -> Tensor:
            if scale <= 1:
                return self._value(part, timestep, index, "conditional")
            if self.batched:
                both = self._value(torch.cat([part, part]), timestep, index, "both")
                without, conditional = both.chunk(2)
            else:
                without = self._value(part, timestep, index, "unconditional")
                conditional = self._value(part, timestep, index, "conditional")
            return guided(without, conditional, scale)

        return average_windows(predict_window, noisy, self.spans, self.weights)

    def _value(self, noisy: Tensor, timestep: Tensor, window: int, halves: Halves) -> Tensor:
        if halves not in self._injections:
            self._injections[halves] = self.inject(halves)
        injection = self._injections[halves][window]
        steps = timestep.to(noisy.device).expand(len(noisy))
        return self.denoiser(noisy, steps, injection, motion=self.clip.frames > 1).value

    def inject(self, halves: Halves) -> list[Injection]:
        """One injection per window; reference and image features are computed once for all.

        halves: both: the unconditional clips, then the conditional ones.
        """
        clip = self.clip
        drop = torch.full((len(clip),), halves == "unconditional", device=clip.foreground.device)
        if halves == "both":
            drop = torch.cat([~drop, drop])
            clip = clip.replace(**{name: torch.cat([field, field]) for name, field in clip.items()})
        shared, whole = (self.denoiser.inject(clip, drop, part=part) for part in SHARED_PARTS)
        own = [self.denoiser.inject(clip.window(*s), drop, part="per_frame") for s in self.spans]
        parts = ([shared, whole.window(*s), p] for s, p in zip(self.spans, own, strict=True))
        return [merge_injections(part) for part in parts]
