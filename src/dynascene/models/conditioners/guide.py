"""The scene projected along the track (docs/design.md §4): ours, beyond the paper."""

from torch import Tensor

from dynascene.models.conditioners.base import Conditioner
from dynascene.models.injection import Injection
from dynascene.models.input_layout import GUIDE_LATENT, GUIDE_VISIBILITY
from dynascene.models.latents import EncodedClip


class Guide(Conditioner):
    """[filled guide latent 4 | visibility 1], and the latent on which the output builds.

    What the visibility says of painted colours stands with ``guide_visibility`` in ``clip_fields``.
    Structural: it has no unconditional value. Guidance therefore pushes the picture away from what
    the guide alone would give, never away from the guide.
    """

    reads = ("guide", "guide_visibility")
    channels = (GUIDE_LATENT, GUIDE_VISIBILITY)

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        guide, visibility = clip.require(self.reads, f"conditioner {self.name}")
        channels = {GUIDE_LATENT.meaning: guide, GUIDE_VISIBILITY.meaning: visibility}
        return Injection(channels=channels, anchor=guide)
