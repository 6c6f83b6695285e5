"""Training denoisers on rendered shots: at size small, and by the recipes of short clips."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TypedDict

from dynascene.errors import InputError
from dynascene.models.autoencoders import same_encoder
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.diffusion_loss import DiffusionLoss
from dynascene.models.sizes import MICRO
from dynascene.models.systems import SYSTEMS
from dynascene.models.systems.system import RenderedTraining, System, all_parameters
from dynascene.recipes.bundled import load_autoencoder
from dynascene.recipes.filmed import filmed_run
from dynascene.recipes.short_clips import short_run
from dynascene.recipes.start import Components, require_start, starting_point
from dynascene.recipes.validation import moves_validation, rendered_validation
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.training.batch_encoding import BatchEncoder, StoredClipEncoder
from dynascene.training.clips import ClipBudget, ClipSamples, EncodedShots, Pool
from dynascene.training.denoising import DenoisingObjective
from dynascene.training.run import Optimiser, Run, Settings
from dynascene.training.short_clips import ShortClipObjective

log = logging.getLogger(__name__)

# of the examination: clips, frames
WHOLE_SHOTS = (6, 8)
PLAIN_MOVES = (12, 3)


def rendered_recipes() -> dict[str, Callable[[Settings], Run]]:
    """All recipes for rendered shots by name, SYSTEM.NAME."""
    return {
        recipe_name(system, training): partial(_run_of(training), system, training)
        for system in SYSTEMS.values()
        for training in system.rendered
    }


def _run_of(training: RenderedTraining) -> Callable[[System, RenderedTraining, Settings], Run]:
    return short_run if training.size.name == MICRO.name else rendered_run


def recipe_name(system: System, training: RenderedTraining) -> str:
    """The name for ``dynascene train``."""
    return f"{system.name}.{training.name}"


def rendered_run(system: System, training: RenderedTraining, settings: Settings) -> Run:
    """A run on whole shots, at the training's size.

    Raises:
        InputError: where settings name clips, or no run to go on from, against what it takes.
        ValueError: the training draws conditions, which short clips alone know.
    """
    name = recipe_name(system, training)
    if settings.clips and training.on_clips is not None:
        run = filmed_run(system, system.stage(training.on_clips), training.size, settings)
        log.info("recipe %s: %s is trained on rendered shots", run.name, name)
        return run
    settings.refuse_clips(name)
    require_start(name, training.continues, settings)
    choices = (
        training.composites,
        training.matte_errors,
        training.without_points,
        training.walkers,
    )
    if any(choices) or training.person_share != 0.5:
        raise ValueError(
            f"{name}: composites, faulty mattes, clips without points, walkers and a share of "
            "people are for size micro alone"
        )
    batch = settings.batch or training.batch

    return Run(
        name=name,
        settings=settings,
        objective=partial(_objective, system, training, settings),
        samples=lambda: ClipSamples(
            partial(_encoded_clips, training, settings),
            batch=batch,
            lengths=training.lengths,
            pool=Pool(first=training.first_clips, uses=training.uses),
            seed=settings.seed,
        ),
        collate=ClipBudget(batch * min(training.lengths)),
        optimiser=Optimiser(
            learning_rate=settings.learning_rate or training.learning_rate,
            warmup=training.warmup,
            floor=training.floor,
            weight_decay=0.01,
        ),
        steps=settings.steps or training.steps,
        batch=batch,
        ema=training.ema,
        log_every=10,
        checkpoint_every=100,
        examine_every=500,
    )


def _objective(
    system: System, training: RenderedTraining, settings: Settings
) -> DenoisingObjective:
    denoiser = system.denoiser(training.size, training.variant)
    parts = _components(system, training, denoiser, settings)
    networks = (denoiser, parts.image_encoder, parts.vae, all_parameters(denoiser))
    numbers = _Numbers(
        batch_encoder=StoredClipEncoder(training.target),
        loss=training.loss.with_terms(system.loss_terms),
        additive=False,  # how many clips ClipBudget keeps depends on all of a step's
        steps=training.sampling[0],
        guidance=training.sampling[1],
    )
    if training.examined == "moves":
        return ShortClipObjective(
            *networks,
            partial(
                moves_validation,
                settings.data,
                training.clip_size or training.size.resolution,
                *PLAIN_MOVES,
            ),
            **numbers,
        )
    shots = partial(rendered_validation, settings.data, training.size.resolution, *WHOLE_SHOTS)
    return DenoisingObjective(*networks, shots, **numbers)


class _Numbers(TypedDict):
    batch_encoder: BatchEncoder
    loss: DiffusionLoss
    additive: bool
    steps: int
    guidance: float


def _components(
    system: System, training: RenderedTraining, denoiser: Denoiser, settings: Settings
) -> Components:
    """Initialise the denoiser, and return the networks beside it."""
    parts = starting_point(system, denoiser, settings.start, settings.autoencoder, training.added)
    if not same_encoder(parts.vae, load_autoencoder(settings.autoencoder)):
        raise InputError(
            f"{recipe_name(system, training)}: the weights to start from have another autoencoder "
            "than the clips; name theirs with `autoencoder`"
        )
    return parts


def _encoded_clips(training: RenderedTraining, settings: Settings) -> EncodedShots:
    shots = SyntheticShots(
        "train",
        training.clip_size or training.size.resolution,
        training.clip_frames or training.size.frames,
        settings.seed,
        folder=settings.data,
        worlds=settings.worlds,
    )
    cache = settings.cache or settings.out / "clips"
    return EncodedShots(shots, load_autoencoder(settings.autoencoder), cache)
