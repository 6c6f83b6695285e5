"""What trainings are examined with: rendered places of the val split, and filmed clips of theirs.

The same few every time; who examines keeps them.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

from dynascene.clip_fields import CLIP_FIELDS
from dynascene.datasets.filmed.survey import open_manifest
from dynascene.datasets.tasks.collation import collate_samples
from dynascene.datasets.tasks.samples import TaskSamples
from dynascene.errors import InputError
from dynascene.recipes.clip_sources import open_clips
from dynascene.synthetic.shots.dataset import SyntheticShot, SyntheticShots
from dynascene.synthetic.shots.moved_shots import MovedShot, MovedShots, with_opposite
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.synthetic.shots.walkers import WalkerShots
from dynascene.task_mix import TaskMix
from dynascene.training.run import Settings
from dynascene.training_batch import TrainingBatch, collate
from dynascene.types import Size

CLIPS, STEPS = 4, 10  # how many are sampled, and how finely
log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def rendered_validation(
    folder: Path | None, size: Size, clips: int, frames: int, *, apart: bool = False
) -> TrainingBatch:
    """Whole rendered shots of the val split, with a guide.

    Args:
        folder: of imagery; None = procedural pictures.
        size, clips, frames: of the shots.
        apart: whether each frame is a clip of its own, as in stage I.
    """
    shots = SyntheticShots("val", size, frames, folder=folder)
    samples: list[object] = []
    for index in range(clips):
        samples += _single_frames(shots[index]) if apart else [shots[index]]
    return collate(samples)


def _single_frames(shot: SyntheticShot) -> list[SimpleNamespace]:
    """The frames of a shot as shots of one frame, which share its scene picture."""
    fields = {name: value for name, value in vars(shot).items() if name in CLIP_FIELDS}
    return [
        SimpleNamespace(
            **{
                name: value[frame : frame + 1] if CLIP_FIELDS[name].per_frame else value
                for name, value in fields.items()
            }
        )
        for frame in range(len(shot.matte))
    ]


@lru_cache(maxsize=1)
def moves_validation(
    folder: Path | None,
    size: Size,
    clips: int,
    frames: int,
    *,
    apart: bool = False,
    person_share: float = 0.5,
    walkers: bool = False,
    inputs: frozenset[str] = frozenset(),
) -> list[MovedShot]:
    """Short rendered clips of the val split, whose cameras make plain moves.

    Args:
        folder: of imagery; None = procedural pictures.
        size, clips, frames: of the clips.
        apart: of each clip the last frame alone, for stages that train single frames.
        person_share: share of the clips with a person.
        walkers: whether the clips are those of walkers instead, whose cameras do as steps tell.
        inputs: names of further fields.
    """
    if walkers:
        walks = WalkerShots("val", size, frames, folder=folder, inputs=inputs)
        shots = (with_opposite(walks[index]) for index in range(clips))
    else:
        moved = MovedShots(
            ShortShots("val", size, frames, folder=folder, person_share=person_share, inputs=inputs)
        )
        shots = (moved[index] for index in range(clips))
    return [_last_frame(shot) if apart else shot for shot in shots]


def _last_frame(moved: MovedShot) -> MovedShot:
    names = ("video", "background", "matte", "foreground", "cam_from_world", "intrinsics", "seen")
    last = {name: getattr(moved.shot, name)[-1:] for name in names}
    return replace(moved, shot=replace(moved.shot, **last), opposite=moved.opposite[-1:])


def filmed_validation(
    settings: Settings, mix: TaskMix, size: Size, length: int, *, guided: bool
) -> list[TrainingBatch]:
    """The same few clips every time, one in a batch.

    Args:
        settings: name the sources.
        mix: the tasks of the training.
        size, length: of the clips, in pixels and frames.
        guided: see ``TaskSamples``.

    Returns:
        Clips in pixels; none where no source has a val split with clips of that length, or where
        its clips suit no task, which is logged.
    """
    manifests = {source: open_manifest(source, settings.cache) for source in settings.clips}
    sources = [source for source, m in manifests.items() if m.has_split("val", frames=length)]
    if not sources:
        return []
    try:
        clips, mix = open_clips(sources, mix, size, length, 0, cache=settings.cache, split="val")
        samples = TaskSamples(lambda: clips, mix, 0, guided=guided)
        return [collate_samples([samples[index]]) for index in range(CLIPS)]
    except InputError as error:
        log.warning("the val split is not examined: %s", error)
        return []
