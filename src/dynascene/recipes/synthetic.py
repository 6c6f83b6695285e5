"""What the small denoisers' recipes share: encoded synthetic shots, and one pass over them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from torch import nn

from dynascene.errors import InputError
from dynascene.models.denoiser import Denoiser
from dynascene.models.sizes import SMALL
from dynascene.recipes.bundled import load_autoencoder
from dynascene.recipes.start import starting_point
from dynascene.synthetic.shots.dataset import ShotBatch, SyntheticShots, collate
from dynascene.training.clips import ClipBudget, ClipSamples, EncodedShots, Pool
from dynascene.training.denoising import DenoisingObjective, Target, same_latents
from dynascene.training.run import Optimiser, Run, Settings

BATCH = 24  # single frames; as many as 3 clips of 8 or one of 24
# frames: single ones (stage I: no motion modules) show many places at once, motion is learnt from
# short clips, and long ones teach the whole window
LENGTHS = (1, 8, 1, 24)
POOL = Pool(first=150, uses=240)
EXAMINED = (6, 8)  # clips, frames


def small_denoising_run(
    name: str,
    settings: Settings,
    denoiser: Callable[[], Denoiser],
    trained: Callable[[Denoiser], list[nn.Parameter]],
    *,
    target: Target,
    noise_offset: float,
    sampling: tuple[int, float],
    steps: int,
    learning_rate: float = 4e-4,
    loss: type[DenoisingObjective] = DenoisingObjective,
) -> Run:
    """A run of size ``small``; what differs between systems comes in as arguments.

    sampling: steps and guidance of the sheets and of the exported weights. learning_rate: its peak;
    40 times the paper's 1e-5 by default: a small network from scratch, not a large one kept close
    to where it was.
    """
    settings.refuse_clips(name)
    batch = settings.batch or BATCH

    def objective() -> DenoisingObjective:
        network = denoiser()
        return loss(
            network,
            *_components(name, network, settings),
            trained(network),
            partial(_unseen, settings),
            target=target,
            noise_offset=noise_offset,
            steps=sampling[0],
            guidance=sampling[1],
        )

    return Run(
        name=name,
        settings=settings,
        objective=objective,
        samples=lambda: ClipSamples(
            partial(_encoded_clips, settings),
            batch=batch,
            lengths=LENGTHS,
            pool=POOL,
            seed=settings.seed,
        ),
        collate=ClipBudget(batch * min(LENGTHS)),
        optimiser=Optimiser(
            learning_rate=settings.learning_rate or learning_rate, warmup=200, weight_decay=0.01
        ),
        steps=settings.steps or steps,
        batch=batch,
        ema=0.999,  # a thousand steps long; not in the paper
        log_every=10,
        checkpoint_every=100,
        examine_every=500,
    )


def _components(name: str, network: Denoiser, settings: Settings) -> tuple[nn.Module, Any]:
    """The image encoder and the autoencoder beside a network, which is filled."""
    vae, image_encoder = starting_point(network, settings.start, settings.autoencoder)
    if not same_latents(vae, load_autoencoder(settings.autoencoder)):
        raise InputError(
            f"{name}: the weights to start from have another autoencoder than the clips; name "
            "theirs with --autoencoder"
        )
    return image_encoder, vae


def _encoded_clips(settings: Settings) -> EncodedShots:
    shots = SyntheticShots(
        "train",
        SMALL.resolution,
        SMALL.frames,
        settings.seed,
        folder=settings.data,
        worlds=settings.worlds,
    )
    cache = settings.cache or settings.out / "clips"
    return EncodedShots(shots, load_autoencoder(settings.autoencoder), cache)


@lru_cache(maxsize=1)
def _unseen(settings: Settings) -> ShotBatch:
    clips, frames = EXAMINED
    shots = SyntheticShots("val", SMALL.resolution, frames, folder=settings.data)
    return collate([shots[index] for index in range(clips)])
