"""Samples of any tasks, stacked into a batch. B samples, F frames, H W pixels."""

from collections.abc import Sequence

import torch

from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.errors import InputError
from dynascene.training_batch import TrainingBatch, collate


def collate_samples(samples: Sequence[TrainingSample]) -> TrainingBatch:
    """Stack samples of one length and size.

    Raises:
        InputError: they differ.
    """
    first = samples[0].video.shape
    for sample in samples:
        if sample.video.shape != first:
            raise InputError(
                f"a batch holds {samples[0].task} of {_shape(first)} and {sample.task} of "
                f"{_shape(sample.video.shape)}; draw image and video tasks for separate batches, "
                "or take batches of 1"
            )
    loss_mask = torch.stack([sample.loss_mask for sample in samples])
    return collate(samples, loss_mask=loss_mask, tasks=[sample.task for sample in samples])


def _shape(video: torch.Size) -> str:
    F, _, H, W = video
    return f"{F} frames {W}x{H}"
