"""Where the public weights that training starts from are found: names alone."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PublicWeights:
    """The public components of one size; each a hub id, a folder or a file.

    Args:
        summary: what they are, for people.
        inpainting: a Stable Diffusion inpainting model (U-Net and autoencoder).
        motion: motion modules; None leaves them fresh.
        clip: the image encoder.
    """

    summary: str
    inpainting: str
    motion: str | None
    clip: str


SD15_PUBLIC = PublicWeights(
    summary="Stable Diffusion 1.5 inpainting, CLIP ViT-L/14, AnimateDiff v2",
    inpainting="stable-diffusion-v1-5/stable-diffusion-inpainting",
    motion="guoyww/animatediff-motion-adapter-v1-5-2",
    clip="openai/clip-vit-large-patch14",
)
