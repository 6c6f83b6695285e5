"""What a training on filmed clips is examined with: their val split, in its own tasks."""

from __future__ import annotations

import logging

from dynascene.datasets.filmed.survey import open_manifest
from dynascene.datasets.tasks.collation import collate_samples
from dynascene.datasets.tasks.samples import TaskSamples
from dynascene.errors import InputError
from dynascene.recipes.clip_sources import open_clips
from dynascene.task_mix import TaskMix
from dynascene.training.run import Settings
from dynascene.training_batch import TrainingBatch
from dynascene.types import Size

CLIPS, STEPS = 4, 10  # how many are sampled, and how finely
log = logging.getLogger(__name__)


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
