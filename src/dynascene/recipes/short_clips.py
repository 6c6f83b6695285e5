"""Training denoisers of size micro on short rendered clips, which are kept as bytes."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

from torch.utils.data import Dataset

from dynascene.models.systems.system import RenderedTraining, System, all_parameters
from dynascene.recipes.start import require_start, starting_point
from dynascene.recipes.validation import moves_validation
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.training.batch_encoding import PixelEncoder
from dynascene.training.condition_frames import ConditionFrames
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
        samples=partial(_samples, training, settings),
        collate=collate,
        optimiser=Optimiser(
            learning_rate=settings.learning_rate or training.learning_rate,
            warmup=training.warmup,
            floor=training.floor,
            weight_decay=0.01,
        ),
        steps=settings.steps or training.steps,
        batch=settings.batch or training.batch,
        ema=training.ema,
        log_every=20,
        checkpoint_every=200,
        examine_every=200,
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
        partial(moves_validation, settings.data, size.resolution, PLAIN_MOVES, size.frames),
        batch_encoder=PixelEncoder(training.target),
        loss=training.loss.with_terms(system.loss_terms),
        additive=True,
        steps=training.sampling[0],
        guidance=training.sampling[1],
    )


def _samples(training: RenderedTraining, settings: Settings) -> Dataset[SimpleNamespace]:
    size = training.size
    shots = ShortShots(
        "train",
        size.resolution,
        size.frames,
        settings.seed,
        folder=settings.data,
        worlds=settings.worlds,
    )
    cache = CachedShots(shots, settings.cache or settings.out / "clips")
    samples = ShotSamples(cache, Stock(), settings.seed)
    if not (training.composites or training.matte_errors):
        return samples
    return ConditionFrames(samples, training.composites, training.matte_errors, settings.seed)
