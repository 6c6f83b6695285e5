"""Where the public weights that training starts from are found, and what they take in."""

from dataclasses import dataclass, replace

from dynascene.models.input_layout import INPAINTING, TEXT_TO_IMAGE, InputLayout


@dataclass(frozen=True, kw_only=True)
class PublicWeights:
    """The public components of one size; each a hub id, a folder or a file.

    Args:
        summary: what they are, for people.
        stable_diffusion: a model of Stable Diffusion's structure (U-Net and autoencoder).
        motion: motion modules; None leaves them fresh.
        clip: the image encoder.
        layout: what the U-Net's input channels mean.
        unread: groups of them that a denoiser without such an input may leave out.
    """

    summary: str
    stable_diffusion: str
    motion: str | None
    clip: str
    layout: InputLayout = INPAINTING
    unread: tuple[str, ...] = ()


SD15_PUBLIC = PublicWeights(
    summary="Stable Diffusion 1.5 inpainting, CLIP ViT-L/14, AnimateDiff v2",
    stable_diffusion="stable-diffusion-v1-5/stable-diffusion-inpainting",
    motion="guoyww/animatediff-motion-adapter-v1-5-2",
    clip="openai/clip-vit-large-patch14",
)

# for systems without inpainting's channels
SD15_TEXT_TO_IMAGE = replace(
    SD15_PUBLIC,
    summary="Stable Diffusion 1.5, CLIP ViT-L/14, AnimateDiff v2",
    stable_diffusion="stable-diffusion-v1-5/stable-diffusion-v1-5",
    layout=TEXT_TO_IMAGE,
)
