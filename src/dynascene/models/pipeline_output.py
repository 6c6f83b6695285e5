"""The frames of a pipeline in the forms that users of diffusers know.

Legend: B clips, F frames, C latent channels, H W pixels, h w latent grid.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from diffusers.utils import BaseOutput
from diffusers.video_processor import VideoProcessor
from torch import Tensor, nn

from dynascene.errors import InputError
from dynascene.models.latents import decode_latents

OutputType = Literal["pt", "np", "pil", "latent"]


@dataclass
class DynaSceneOutput(BaseOutput):
    """The result of sampling.

    Attributes:
        frames: by ``output_type``: "pt": tensor [B, F, 3, H, W] in 0 … 1. "np": float32 array
            [B, F, H, W, 3] in 0 … 1. "pil": for each clip a list of pictures. "latent": tensor
            [B, F, C, h, w], scaled.
    """

    frames: Any


def check_output_type(output_type: str, *, decodes: bool) -> None:
    """Check how frames are wanted.

    Args:
        output_type: see ``DynaSceneOutput``.
        decodes: whether there is an autoencoder.

    Raises:
        InputError: the form is unknown, or takes an autoencoder that is not there.
    """
    choices = get_args(OutputType)
    if output_type not in choices:
        raise InputError(f"output_type {output_type!r}: is one of {', '.join(choices)}")
    if output_type != "latent" and not decodes:
        raise InputError(
            f"output_type {output_type!r}: this pipeline has no vae to decode with; "
            "give it one, or ask for latent"
        )


def frames_of(latents: Tensor, vae: nn.Module, output_type: str) -> Any:
    """Latents [B, F, C, h, w] in a form that ``check_output_type`` has let through."""
    if output_type == "latent":
        return latents
    clips = decode_latents(vae, latents).transpose(1, 2)  # diffusers: [B, 3, F, H, W]
    return VideoProcessor().postprocess_video(clips, output_type)
