"""``autoencoder.small`` and ``.small_decoder``: the autoencoder of the small models.

Ours; the paper uses Stable Diffusion's autoencoder, frozen.
"""

from collections.abc import Callable
from functools import lru_cache, partial

import torch
from torch import Tensor

from dynascene.models.small import AUTOENCODER_WIDTH, small_autoencoder
from dynascene.recipes.bundled import load_autoencoder
from dynascene.training.autoencoding import AutoencoderObjective, start_weights
from dynascene.training.images import CropSamples, stack
from dynascene.training.run import Optimiser, Run, Settings

SIDE = 64  # pixels: small crops of many places teach more per second than large ones of few
MEASURED = 24  # crops of unseen places


def small(settings: Settings) -> Run:
    """Train on crops of photographs, panoramas and textures: L1, gradients and texture energy."""
    return _run(
        "autoencoder.small",
        settings,
        lambda: AutoencoderObjective(
            start_weights(small_autoencoder(AUTOENCODER_WIDTH)),
            partial(_validation_crops, settings),
        ),
        learning_rate=1e-3,
        unread=("autoencoder", "cache", "worlds"),
    )


def small_decoder(settings: Settings) -> Run:
    """Train a sharper decoder for the latents of existing denoisers; the encoder is frozen."""
    return _run(
        "autoencoder.small_decoder",
        settings,
        lambda: AutoencoderObjective(
            load_autoencoder(settings.autoencoder),
            partial(_validation_crops, settings),
            decoder_only=True,
        ),
        learning_rate=4e-4,  # it is trained already
        unread=("cache", "worlds"),
    )


def _run(
    name: str,
    settings: Settings,
    objective: Callable[[], AutoencoderObjective],
    *,
    learning_rate: float,
    unread: tuple[str, ...],
) -> Run:
    settings.refuse_clips(name)
    settings.refuse_start(name)
    settings.refuse_unread(name, *unread)
    return Run(
        name=name,
        settings=settings,
        objective=objective,
        samples=lambda: CropSamples("train", SIDE, settings.seed, settings.data),
        collate=stack,
        optimiser=Optimiser(
            learning_rate=settings.learning_rate or learning_rate, warmup=50, floor=0.02
        ),
        steps=settings.steps or 20_000,
        batch=settings.batch or 8,
        ema=0.998,  # a few hundred steps long
        log_every=20,
        checkpoint_every=200,
        examine_every=500,
    )


@lru_cache(maxsize=1)
def _validation_crops(settings: Settings) -> Tensor:
    """The crops on which PSNR and the latents' scale are measured, [N, 3, 128, 128]."""
    crops = CropSamples("val", 128, 1, settings.data)
    return torch.stack([crops[index] for index in range(MEASURED)])
