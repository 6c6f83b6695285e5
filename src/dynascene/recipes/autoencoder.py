"""``autoencoder.small``: the small models' way from pixels to latents. Ours; the paper uses Stable
Diffusion's autoencoder, frozen."""

from functools import lru_cache, partial

import torch
from torch import Tensor

from dynascene.models.small import small_autoencoder
from dynascene.training.autoencoding import AutoencoderObjective, start_weights
from dynascene.training.images import CropSamples, stack
from dynascene.training.run import Optimiser, Run, Settings

WIDTH = 48  # channels; on CPUs multiples of 16 cost no more than the numbers below them
SIDE = 64  # pixels: small crops of many places teach more per second than large ones of few
MEASURED = 24  # crops of unseen places


def small(settings: Settings) -> Run:
    """L1, gradients and texture energy on crops of photographs, panoramas and textures."""
    return Run(
        name="autoencoder.small",
        settings=settings,
        objective=lambda: AutoencoderObjective(
            start_weights(small_autoencoder(WIDTH)), partial(_measured, settings)
        ),
        samples=lambda: CropSamples("train", SIDE, settings.seed, settings.data),
        collate=stack,
        optimiser=Optimiser(learning_rate=settings.learning_rate or 1e-3, warmup=50, floor=0.02),
        steps=settings.steps or 20_000,
        batch=settings.batch or 8,
        ema=0.998,  # a few hundred steps long
        log_every=20,
        checkpoint_every=200,
        examine_every=500,
    )


@lru_cache(maxsize=1)
def _measured(settings: Settings) -> Tensor:
    """The crops on which PSNR and the latents' scale are measured, [N, 3, 128, 128]."""
    crops = CropSamples("val", 128, 1, settings.data)
    return torch.stack([crops[index] for index in range(MEASURED)])
