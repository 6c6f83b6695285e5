"""The small components around the denoiser, fresh: autoencoder, image encoder, pipeline."""

from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny

from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.pipeline import DynaScenePipeline

AUTOENCODER_WIDTH = 48  # on CPUs multiples of 16 cost no more than the numbers below them


def small_autoencoder(width: int = AUTOENCODER_WIDTH) -> AutoencoderTiny:
    """8× smaller, 4 latent channels, deterministic.

    ``scaling_factor`` and ``shift_factor`` of its config bring its latents to unit variance; set
    them with ``register_to_config`` once it is trained.
    """
    widths = (width,) * 4
    return AutoencoderTiny(encoder_block_out_channels=widths, decoder_block_out_channels=widths)


def small_pipeline(denoiser: Denoiser) -> DynaScenePipeline:
    """A pipeline of fresh small components around a denoiser."""
    return DynaScenePipeline(
        vae=small_autoencoder(),
        image_encoder=SmallImageEncoder(denoiser.size.token_width),
        denoiser=denoiser,
        scheduler=ddim_scheduler(),
    )
