"""Training denoisers of size micro on short rendered clips, which are kept as bytes.

As recipes of their own, and as the paper's stages, whose tasks are drawn from the same clips.
"""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

from torch.utils.data import Dataset

from dynascene.clip_fields import BUILT_IN
from dynascene.datasets.tasks.collation import pack_samples
from dynascene.datasets.tasks.samples import TRIES, TaskSamples
from dynascene.models.inputs import fields_read
from dynascene.models.sizes import ModelSize
from dynascene.models.systems.system import (
    RenderedTraining,
    System,
    TrainingSchedule,
    TrainingStage,
    all_parameters,
)
from dynascene.recipes.start import require_start, starting_point
from dynascene.recipes.validation import moves_validation
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.synthetic.shots.walkers import WalkerShots
from dynascene.task_mix import TaskMix
from dynascene.training.batch_encoding import PixelEncoder
from dynascene.training.cached_clips import CachedClips
from dynascene.training.condition_frames import ConditionFrames
from dynascene.training.masked_points import MaskedPoints
from dynascene.training.run import Optimiser, Run, Settings
from dynascene.training.short_clips import ShortClipObjective
from dynascene.training.shot_cache import CachedShots, ShotSamples, Stock
from dynascene.training_batch import collate

PLAIN_MOVES = 24  # of the examination


def short_run(system: System, training: RenderedTraining, settings: Settings) -> Run:
    """A run on short clips.

    Raises:
        InputError: where settings name clips, or no run to go on from, against what it takes.
    """
    name = f"{system.name}.{training.name}"
    settings.refuse_clips(name)
    require_start(name, training.continues, settings)
    return Run(
        name=name,
        settings=settings,
        objective=partial(_objective, system, training, settings),
        samples=partial(_samples, system, training, settings),
        collate=collate,
        optimiser=_optimiser(settings, training),
        steps=settings.steps or training.steps,
        batch=settings.batch or training.batch,
        ema=training.ema,
        log_every=20,
        checkpoint_every=200,
        examine_every=200,
    )


def short_stage_run(
    system: System, stage: TrainingStage, size: ModelSize, name: str, settings: Settings
) -> Run:
    """A stage on short clips, with all else as ``short_run`` has it.

    Args:
        name: the recipe's.

    Raises:
        InputError: settings name clips.
    """
    settings.refuse_clips(name)
    training_schedule = stage.schedules[size.name]
    return Run(
        name=name,
        settings=settings,
        objective=partial(_stage_objective, system, stage, size, settings),
        samples=partial(_task_samples, stage.mix, size, settings),
        collate=pack_samples,
        optimiser=_optimiser(settings, training_schedule),
        steps=settings.steps or training_schedule.steps,
        batch=settings.batch or training_schedule.batch,
        ema=training_schedule.ema,
        log_every=20,
        checkpoint_every=200,
        examine_every=500,
        notes=stage.notes,
    )


def _optimiser(settings: Settings, schedule: RenderedTraining | TrainingSchedule) -> Optimiser:
    return Optimiser(
        learning_rate=settings.learning_rate or schedule.learning_rate,
        warmup=schedule.warmup,
        floor=schedule.floor,
        weight_decay=0.01,
    )


def _objective(
    system: System, training: RenderedTraining, settings: Settings
) -> ShortClipObjective:
    size = training.size
    denoiser = system.denoiser(size, training.variant)
    parts = starting_point(system, denoiser, settings.start, settings.autoencoder)
    return ShortClipObjective(
        denoiser,
        parts.image_encoder,
        parts.vae,
        all_parameters(denoiser),
        partial(
            moves_validation,
            settings.data,
            size.resolution,
            PLAIN_MOVES,
            size.frames,
            person_share=training.person_share,
            walkers=training.walkers,
            inputs=further_inputs(system, training),
        ),
        batch_encoder=PixelEncoder(training.target),
        loss=training.loss.with_terms(system.loss_terms),
        additive=True,
        steps=training.sampling[0],
        guidance=training.sampling[1],
    )


def _stage_objective(
    system: System, stage: TrainingStage, size: ModelSize, settings: Settings
) -> ShortClipObjective:
    denoiser = system.denoiser(size, stage.variant)
    parts = starting_point(system, denoiser, settings.start, settings.autoencoder)
    training_schedule = stage.schedules[size.name]
    return ShortClipObjective(
        denoiser,
        parts.image_encoder,
        parts.vae,
        stage.trains(denoiser),
        partial(
            moves_validation,
            settings.data,
            size.resolution,
            PLAIN_MOVES,
            size.frames,
            apart=training_schedule.frames == 1,
        ),
        batch_encoder=PixelEncoder("video"),
        loss=stage.loss.with_terms(system.loss_terms),
        additive=True,
        steps=training_schedule.sampling_steps,
        guidance=training_schedule.guidance,
        freeze_image_encoder=not stage.trains_image_encoder,
    )


def further_inputs(system: System, training: RenderedTraining) -> frozenset[str]:
    """The further fields that a training's network and loss read."""
    judged = fields_read(term.reads for term in training.loss.with_terms(system.loss_terms).terms)
    return (system.inputs(training.variant) | judged) - BUILT_IN


def _samples(
    system: System, training: RenderedTraining, settings: Settings
) -> Dataset[SimpleNamespace]:
    shots = CachedShots(
        _training_shots(system, training, settings), settings.cache or settings.out / "clips"
    )
    samples: Dataset[SimpleNamespace] = ShotSamples(shots, Stock(), settings.seed)
    if "points" in shots.shots.inputs:
        samples = MaskedPoints(samples, training.without_points, settings.seed)
    if not (training.composites or training.matte_errors):
        return samples
    return ConditionFrames(samples, training.composites, training.matte_errors, settings.seed)


def _training_shots(system: System, training: RenderedTraining, settings: Settings) -> ShortShots:
    inputs, size = further_inputs(system, training), training.size
    if not training.walkers:
        return _shots(size, settings, training.person_share, inputs)
    # with the flow whether it is read or not, so that trainings share the clips they render
    inputs |= {"background_flow"}
    return WalkerShots(
        "train",
        size.resolution,
        size.frames,
        settings.seed,
        folder=settings.data,
        worlds=settings.worlds,
        inputs=inputs,
    )


def _task_samples(mix: TaskMix, size: ModelSize, settings: Settings) -> TaskSamples:
    """The tasks of a mix, on clips with and without people in the shares that it needs."""
    shots = CachedShots(_shots(size, settings), settings.cache or settings.out / "clips")
    clips = CachedClips(shots, Stock(), mix.person_share, settings.seed, draws=TRIES)
    return TaskSamples(lambda: clips, mix, settings.seed)


def _shots(
    size: ModelSize,
    settings: Settings,
    person_share: float = 0.5,
    inputs: frozenset[str] = frozenset(),
) -> ShortShots:
    return ShortShots(
        "train",
        size.resolution,
        size.frames,
        settings.seed,
        folder=settings.data,
        worlds=settings.worlds,
        person_share=person_share,
        inputs=inputs,
    )
