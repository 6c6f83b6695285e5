"""Training denoisers on rendered shots: at size small, and by the recipes of short clips."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

from dynascene.errors import InputError
from dynascene.models.autoencoders import same_encoder
from dynascene.models.denoiser import Denoiser
from dynascene.models.sizes import MICRO, ModelSize
from dynascene.models.systems import SYSTEMS
from dynascene.models.systems.system import RenderedTraining, System, all_parameters
from dynascene.recipes.bundled import load_autoencoder
from dynascene.recipes.filmed import filmed_run
from dynascene.recipes.short_clips import short_run
from dynascene.recipes.start import Components, require_start, starting_point
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.training.batch_encoding import StoredClipEncoder
from dynascene.training.clips import ClipBudget, ClipSamples, EncodedShots, Pool
from dynascene.training.denoising import DenoisingObjective
from dynascene.training.run import Optimiser, Run, Settings
from dynascene.training_batch import TrainingBatch, collate

# frames: single ones (stage I: no motion modules) show many places at once, motion is learnt from
# short clips, and long ones teach the whole window
LENGTHS = (1, 8, 1, 24)
POOL = Pool(first=150, uses=240)
EXAMINED = (6, 8)  # clips, frames


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
    size = training.size
    if settings.clips and training.on_clips is not None:
        return filmed_run(system, system.stage(training.on_clips), size, settings)
    name = recipe_name(system, training)
    settings.refuse_clips(name)
    require_start(name, training.continues, settings)
    if training.composites or training.matte_errors:
        raise ValueError(f"{name}: composites and faulty mattes are drawn at size micro alone")
    batch = settings.batch or training.batch

    def objective() -> DenoisingObjective:
        denoiser = system.denoiser(size, training.variant)
        parts = _components(system, name, denoiser, settings)
        return DenoisingObjective(
            denoiser,
            parts.image_encoder,
            parts.vae,
            all_parameters(denoiser),
            partial(_unseen, size, settings),
            batch_encoder=StoredClipEncoder(training.target),
            loss=training.loss.with_terms(system.loss_terms),
            additive=False,  # how many clips ClipBudget keeps depends on all of a step's
            steps=training.sampling[0],
            guidance=training.sampling[1],
        )

    return Run(
        name=name,
        settings=settings,
        objective=objective,
        samples=lambda: ClipSamples(
            partial(_encoded_clips, size, settings),
            batch=batch,
            lengths=LENGTHS,
            pool=POOL,
            seed=settings.seed,
        ),
        collate=ClipBudget(batch * min(LENGTHS)),
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


def _components(system: System, name: str, denoiser: Denoiser, settings: Settings) -> Components:
    """Initialise the denoiser, and return the networks beside it."""
    parts = starting_point(system, denoiser, settings.start, settings.autoencoder)
    if not same_encoder(parts.vae, load_autoencoder(settings.autoencoder)):
        raise InputError(
            f"{name}: the weights to start from have another autoencoder than the clips; name "
            "theirs with `autoencoder`"
        )
    return parts


def _encoded_clips(size: ModelSize, settings: Settings) -> EncodedShots:
    shots = SyntheticShots(
        "train",
        size.resolution,
        size.frames,
        settings.seed,
        folder=settings.data,
        worlds=settings.worlds,
    )
    cache = settings.cache or settings.out / "clips"
    return EncodedShots(shots, load_autoencoder(settings.autoencoder), cache)


@lru_cache(maxsize=1)
def _unseen(size: ModelSize, settings: Settings) -> TrainingBatch:
    clips, frames = EXAMINED
    shots = SyntheticShots("val", size.resolution, frames, folder=settings.data)
    return collate([shots[index] for index in range(clips)])
