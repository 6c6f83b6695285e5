"""The filmed person: the inpainting channels of Stable Diffusion, read the other way round."""

from torch import Tensor

from dynascene.models.conditioners.base import Conditioner
from dynascene.models.injection import Injection
from dynascene.models.input_layout import GENERATE_MASK, MASKED_IMAGE_LATENT
from dynascene.models.latents import EncodedClip


class Foreground(Conditioner):
    """[generate mask 1 | foreground latent 4]: mask 1 = generate, the masked image = the person.

    Structural: it has no unconditional value, as in inpainting.
    """

    reads = ("generate_mask", "foreground")
    channels = (GENERATE_MASK, MASKED_IMAGE_LATENT)

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        return Injection(
            channels={
                GENERATE_MASK.meaning: clip.generate_mask,
                MASKED_IMAGE_LATENT.meaning: clip.foreground,
            }
        )
