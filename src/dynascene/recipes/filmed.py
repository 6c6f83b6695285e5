"""Training by tasks: the stages of every system, at every size that has a schedule.

They learn from filmed clips, and from rendered ones where none are given, as always at size micro.
"""

from collections.abc import Callable
from functools import lru_cache, partial

from dynascene.datasets.tasks.collation import pack_samples
from dynascene.datasets.tasks.samples import TRIES, TaskSamples
from dynascene.models.sizes import MICRO, SD15, SIZES, ModelSize
from dynascene.models.systems import SYSTEMS
from dynascene.models.systems.system import System, TrainingStage
from dynascene.recipes.clip_sources import open_clips
from dynascene.recipes.short_clips import short_stage_run
from dynascene.recipes.start import require_start, starting_point
from dynascene.recipes.validation import STEPS, filmed_validation, rendered_validation
from dynascene.task_mix import TaskMix
from dynascene.training.batch_encoding import PixelEncoder
from dynascene.training.denoising import DenoisingObjective
from dynascene.training.launching import process_count
from dynascene.training.run import Optimiser, Run, Settings
from dynascene.training.validation import FilmedValidation
from dynascene.training_batch import TrainingBatch

RENDERED_SHOTS = (2, 8)  # of the examination: shots, frames


def filmed_recipes() -> dict[str, Callable[[Settings], Run]]:
    """All recipes for filmed clips by name, SYSTEM.SIZE.STAGE."""
    return {
        recipe_name(system, stage, size): partial(filmed_run, system, stage, size)
        for size in SIZES.values()
        for system in SYSTEMS.values()
        for stage in system.stages
        if size.name in stage.schedules
    }


def recipe_name(system: System, stage: TrainingStage, size: ModelSize) -> str:
    """The name for ``dynascene train``."""
    return f"{system.name}.{size.name}.{stage.name}"


def filmed_run(system: System, stage: TrainingStage, size: ModelSize, settings: Settings) -> Run:
    """One stage of a system at one size.

    Raises:
        InputError: the stage goes on from another one, and nothing says from which run; or settings
            name what it does not read.
    """
    name = recipe_name(system, stage, size)
    if stage.continues is not None:
        before = recipe_name(system, system.stage(stage.continues), size)
        require_start(name, before, settings)
    if size.name == MICRO.name:
        return short_stage_run(system, stage, size, name, settings)
    # rendered clips are of worlds and are not kept; fetched clips are
    settings.refuse_unread(name, "worlds" if settings.clips else "cache")
    training_schedule = stage.schedules[size.name]
    batch = settings.batch or training_schedule.batch * process_count()
    guided = "guide" in system.inputs(stage.variant)
    validation = lru_cache(maxsize=1)(
        partial(
            filmed_validation,
            settings,
            stage.mix,
            size.resolution,
            training_schedule.frames,
            guided=guided,
        )
    )
    return Run(
        name=name,
        settings=settings,
        objective=partial(_objective, system, stage, size, settings, validation),
        samples=partial(
            _samples, size, training_schedule.frames, stage.mix, settings, batch, guided
        ),
        collate=pack_samples,
        optimiser=Optimiser(
            learning_rate=settings.learning_rate or training_schedule.learning_rate,
            warmup=training_schedule.warmup,
            floor=training_schedule.floor,
            betas=(0.9, 0.999),
        ),
        steps=settings.steps or training_schedule.steps,
        batch=batch,
        ema=training_schedule.ema,
        log_every=10,
        checkpoint_every=500,
        examine_every=1000,
        recompute=training_schedule.checkpointing,
        public=system.first_weights.get(size.name) if stage.continues is None else None,
        notes=stage.notes,
    )


def _objective(
    system: System,
    stage: TrainingStage,
    size: ModelSize,
    settings: Settings,
    validation: Callable[[], list[TrainingBatch]],
) -> DenoisingObjective:
    training_schedule = stage.schedules[size.name]
    denoiser = system.denoiser(size, stage.variant)
    parts = starting_point(system, denoiser, settings.start, settings.autoencoder)
    return DenoisingObjective(
        denoiser,
        parts.image_encoder,
        parts.vae,
        stage.trains(denoiser),
        partial(
            rendered_validation,
            settings.data,
            size.resolution,
            *RENDERED_SHOTS,
            apart=training_schedule.frames == 1,
        ),
        batch_encoder=PixelEncoder("video"),
        loss=stage.loss.with_terms(system.loss_terms),
        additive=True,
        steps=training_schedule.sampling_steps,
        guidance=training_schedule.guidance,
        freeze_image_encoder=size.name == SD15.name or not stage.trains_image_encoder,
        filmed=FilmedValidation(clips=validation, steps=STEPS),
    )


def _samples(
    size: ModelSize, frames: int, mix: TaskMix, settings: Settings, batch: int, guided: bool
) -> TaskSamples:
    clips, mix = open_clips(
        settings.clips,
        mix,
        size.resolution,
        frames,
        settings.seed,
        run=TRIES * batch,
        imagery=settings.data,
        worlds=settings.worlds,
        cache=settings.cache,
    )
    return TaskSamples(lambda: clips, mix, settings.seed, guided=guided)
