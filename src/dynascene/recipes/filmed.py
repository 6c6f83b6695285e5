"""Training on filmed clips: DynaScene as the paper does, every row of its Tables 3 and 4; ours with
the guide; ActAnywhere.

Stage I trains the 2-D part on single frames, stage II the motion modules and the camera's on clips;
everything else stays as it was.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from torch import nn
from torch.utils.data import Dataset

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.tasks.collation import collate_samples
from dynascene.datasets.tasks.mix import TaskMix
from dynascene.datasets.tasks.samples import TaskSamples
from dynascene.datasets.tasks.tables import ACTANYWHERE, SINGLE_STAGE, TABLE_3
from dynascene.models.denoiser import Denoiser
from dynascene.models.sizes import SD15, SMALL, ModelSize
from dynascene.models.systems.actanywhere import actanywhere
from dynascene.models.systems.actanywhere import trainable as trainable_of_actanywhere
from dynascene.models.systems.dynascene import dynascene, trainable
from dynascene.recipes.clip_sources import open_clips
from dynascene.recipes.start import starting_point
from dynascene.synthetic.shots.dataset import ShotBatch, SyntheticShots, collate
from dynascene.training.run import Optimiser, Run, Settings
from dynascene.training.task_training import TaskObjective

Part = Literal["image", "video", "all"]
PARTS: tuple[Part, Part] = ("image", "video")  # of stages I and II


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a stage of one size trains. frames: of a sample's clip."""

    steps: int
    batch: int
    frames: int
    learning_rate: float
    warmup: int
    floor: float
    ema: float


# §5 of the paper: Adam, 1e-5; stage I 50 k steps of 3 pictures, stage II 1 M steps of one clip of
# 24 frames, on eight A100. Warm-up, decay and averages of weights are not mentioned.
PAPER_STAGES: dict[Part, Schedule] = {
    "image": Schedule(50_000, 3, 1, 1e-5, 0, 1.0, 0.9999),
    "video": Schedule(1_000_000, 1, 24, 1e-5, 0, 1.0, 0.9999),
    "all": Schedule(1_000_000, 1, 24, 1e-5, 0, 1.0, 0.9999),
}
# Ours: a small network from scratch learns at 40 times that rate, in fewer steps
SMALL_STAGES: dict[Part, Schedule] = {
    "image": Schedule(20_000, 24, 1, 4e-4, 200, 0.05, 0.999),
    "video": Schedule(40_000, 3, 8, 4e-4, 200, 0.05, 0.999),
    "all": Schedule(60_000, 1, 8, 4e-4, 200, 0.05, 0.999),
}
SCHEDULES = {SD15.name: PAPER_STAGES, SMALL.name: SMALL_STAGES}
EXAMINED = (2, 8)  # shots, frames
NOTES = {
    "steps": "paper §5: 50,000 in stage I, 1,000,000 in stage II",
    "batch": "paper §5: 3 in stage I, 1 in stage II, on each of eight A100",
    "learning_rate": "paper §5: 1e-5, Adam",
    "frames": "paper §5: single frames in stage I, 24 consecutive ones in stage II",
    "resolution": "paper §5: 768x432",
    "loss": "paper Eq. 2, plain mean: neither min-SNR nor noise offset",
    "ema": "not in the paper",
}


@dataclass(frozen=True)
class System:
    """What a recipe trains. guided: the samples come with a guide."""

    denoiser: Callable[[ModelSize], Denoiser]
    trainable: Callable[[Denoiser, Any], list[nn.Parameter]]
    guided: bool = False


DYNASCENE = System(dynascene, trainable)
GUIDED = System(partial(dynascene, guide=True), trainable, guided=True)
WITHOUT_CAMERA = System(actanywhere, trainable_of_actanywhere)


def filmed(
    name: str,
    size: ModelSize,
    mix: TaskMix,
    part: Part,
    settings: Settings,
    *,
    system: System = DYNASCENE,
) -> Run:
    """One stage of one row. part: what it trains, see the system's ``trainable``."""
    schedule = SCHEDULES[size.name][part]
    clips = partial(_clips, size, schedule.frames, mix, settings)
    return Run(
        name=name,
        settings=settings,
        objective=partial(_objective, system, size, part, settings),
        samples=lambda: TaskSamples(clips, mix, settings.seed, guided=system.guided),
        collate=collate_samples,
        optimiser=Optimiser(
            learning_rate=settings.learning_rate or schedule.learning_rate,
            warmup=schedule.warmup,
            floor=schedule.floor,
            betas=(0.9, 0.999),
        ),
        steps=settings.steps or schedule.steps,
        batch=settings.batch or schedule.batch,
        ema=schedule.ema,
        log_every=10,
        checkpoint_every=500,
        examine_every=1000,
        notes=NOTES,
    )


def _objective(system: System, size: ModelSize, part: Part, settings: Settings) -> TaskObjective:
    denoiser = system.denoiser(size)
    vae, image_encoder = starting_point(denoiser, settings.start, settings.autoencoder)
    return TaskObjective(
        denoiser,
        image_encoder,
        vae,
        system.trainable(denoiser, part),
        partial(_unseen, size, settings),
        target="video",
        noise_offset=0.0,
        gamma=None,
        steps=25,
        guidance=3.5,
        freeze_image_encoder=size.name == SD15.name or part == "video",
    )


def _clips(size: ModelSize, frames: int, mix: TaskMix, settings: Settings) -> Dataset[FilmedClip]:
    return open_clips(
        settings.clips,
        mix,
        size.resolution,
        frames,
        settings.seed,
        imagery=settings.data,
        worlds=settings.worlds,
        cache=settings.cache,
    )


def _unseen(size: ModelSize, settings: Settings) -> ShotBatch:
    clips, frames = EXAMINED
    shots = SyntheticShots("val", size.resolution, frames, folder=settings.data)
    return collate([shots[index] for index in range(clips)])


Recipe = Callable[[Settings], Run]


def recipes() -> dict[str, Recipe]:
    """All of them by name: dynascene.SIZE.stage1, dynascene.SIZE.ROW.stage1, and so on.

    ROW is that of Table 3 (baseline, cc, bo; its last row, sv, is the whole and has no name of its
    own); dynascene.SIZE.single_stage is Table 4's other row, dynascene.SIZE.guided the same with
    our guide; actanywhere.SIZE.filmed is ActAnywhere's own training.
    """
    found: dict[str, Recipe] = {}
    for size in (SD15, SMALL):
        for row, stages in TABLE_3.items():
            short = row.strip("+").lower()
            prefix = f"dynascene.{size.name}" + ("" if short == "sv" else f".{short}")
            for number, (mix, part) in enumerate(zip(stages, PARTS, strict=True), 1):
                name = f"{prefix}.stage{number}"
                found[name] = partial(filmed, name, size, mix, part)
        for system, mix, name in (
            (DYNASCENE, SINGLE_STAGE, f"dynascene.{size.name}.single_stage"),
            (GUIDED, SINGLE_STAGE, f"dynascene.{size.name}.guided"),
            (WITHOUT_CAMERA, ACTANYWHERE, f"actanywhere.{size.name}.filmed"),
        ):
            found[name] = partial(filmed, name, size, mix, "all", system=system)
    return found
