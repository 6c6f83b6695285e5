"""Samples of any tasks, stacked into a batch. B samples, F frames, H W pixels."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from dynascene.clip_tensors import stack_fields
from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.errors import InputError
from dynascene.types import Batch


class TaskBatch(NamedTuple):
    """A batch, where its loss counts [B, F, 1, H, W], and each sample's task."""

    batch: Batch
    loss_mask: Tensor
    tasks: list[str]


def collate_samples(samples: Sequence[TrainingSample]) -> TaskBatch:
    """Stack samples of one length and size. Raises InputError when they differ."""
    first = samples[0].video.shape
    for sample in samples:
        if sample.video.shape != first:
            raise InputError(
                f"a batch holds {samples[0].task} of {_shape(first)} and {sample.task} of "
                f"{_shape(sample.video.shape)}; draw image and video tasks for separate batches, "
                "or take batches of 1"
            )
    batch = Batch(**stack_fields(samples))
    loss_mask = torch.stack([s.loss_mask for s in samples])
    return TaskBatch(batch, loss_mask, [s.task for s in samples])


def _shape(video: torch.Size) -> str:
    F, _, H, W = video
    return f"{F} frames {W}x{H}"
