"""A pipeline of a few kilobytes for tests of generation."""

from pathlib import Path

import torch
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny

from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.models.sizes import ModelSize, size_to_dict
from dynascene.types import Size

TINY = ModelSize(
    name="tiny", resolution=Size(64, 40), frames=3, widths=(8, 12, 16),
    attention=(True, True, True), layers=1, heads=2, groups=4, reference_widths=(8, 8, 16),
    camera_widths=(8, 8, 12), token_width=16,
)  # fmt: skip
PAPER = ("foreground", "scene_reference", "image_embedding", "plucker_camera")


def save_pipeline(
    folder: Path, *, guide: bool, awake: bool, names: tuple[str, ...] = PAPER
) -> Path:
    """A tiny pipeline; awake: every parameter disturbed, so that nothing is silent any more."""
    torch.manual_seed(7)
    names = (*names, "guide") if guide else names
    prediction = "guide_residual" if guide else "epsilon"
    denoiser = Denoiser(size_to_dict(TINY), {name: {} for name in names}, prediction)
    widths, blocks = (8,) * 4, (1,) * 4
    vae = AutoencoderTiny(
        encoder_block_out_channels=widths, decoder_block_out_channels=widths,
        num_encoder_blocks=blocks, num_decoder_blocks=blocks,
    )  # fmt: skip
    if awake:
        with torch.no_grad():
            for parameter in denoiser.parameters():
                parameter += 0.1 * torch.randn(parameter.shape)
    encoder = SmallImageEncoder(TINY.token_width, (1, 2))
    DynaScenePipeline(vae, encoder, denoiser, ddim_scheduler()).save_pretrained(folder)
    return folder
