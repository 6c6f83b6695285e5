"""The scene projected along the track (docs/design.md §4): ours, beyond the paper."""

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.injection import Injection
from dynascene.models.latents import EncodedClip


class Guide(Conditioner):
    """[filled guide latent 4 | visibility 1], and the latent on which the prediction builds.

    Structural: it has no unconditional value. Guidance therefore pushes the picture away from what
    the guide alone would give, never away from the guide.
    """

    channels = 5

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        if clip.guide is None or clip.guide_visibility is None:
            raise InputError("this model needs a guide: pass guide and guide_visibility")
        channels = torch.cat([clip.guide, clip.guide_visibility], dim=2)
        return Injection(channels=channels, anchor=clip.guide)
