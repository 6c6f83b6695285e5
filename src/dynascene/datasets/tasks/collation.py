"""Samples of any tasks, stacked into a batch. B samples, F frames, H W pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dynascene.clip_fields import CLIP_FIELDS
from dynascene.clip_tensors import stack_fields
from dynascene.datasets.tasks.sample import TrainingSample, cut_out
from dynascene.errors import InputError
from dynascene.imaging.pixels import signed_values, unit_values
from dynascene.training_batch import TrainingBatch
from dynascene.types import Batch

FRAMES = ("video", "matte", "foreground")  # what PackedBatch packs


@dataclass(frozen=True, kw_only=True)
class PackedBatch:
    """A batch on its way from a worker process to a device, a quarter as large.

    Frames stay bytes, and the foreground is cut out where the batch arrives.

    Args:
        video, matte, loss_mask: [B, F, 3 or 1, H, W], uint8 or float, see ``TrainingSample``.
        has_foreground: [B] bool.
        fields: all other fields of ``clip_fields``, stacked.
        tasks: of the samples.
    """

    video: Tensor
    matte: Tensor
    loss_mask: Tensor
    has_foreground: Tensor
    fields: Mapping[str, Tensor]
    tasks: Sequence[str]

    def to(self, device: torch.device | str) -> TrainingBatch:
        """The batch in floats, on a device."""
        video = signed_values(self.video.to(device))
        matte = unit_values(self.matte.to(device))
        there = self.has_foreground.to(device)[:, None, None, None, None]
        fields = {name: tensor.to(device) for name, tensor in self.fields.items()}
        targets = {name: tensor for name, tensor in fields.items() if CLIP_FIELDS[name].target}
        inputs = {name: tensor for name, tensor in fields.items() if name not in targets}
        return TrainingBatch(
            clip=Batch(**inputs, matte=matte, foreground=cut_out(video, matte, there)),
            targets=targets | {"video": video},
            loss_mask=unit_values(self.loss_mask.to(device)),
            tasks=self.tasks,
        )


def pack_samples(samples: Sequence[TrainingSample]) -> PackedBatch:
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
    return PackedBatch(
        video=torch.stack([sample.video for sample in samples]),
        matte=torch.stack([sample.matte for sample in samples]),
        loss_mask=torch.stack([sample.loss_mask for sample in samples]),
        has_foreground=torch.tensor([sample.has_foreground for sample in samples]),
        fields=stack_fields(samples, without=FRAMES),
        tasks=[sample.task for sample in samples],
    )


def collate_samples(samples: Sequence[TrainingSample]) -> TrainingBatch:
    """``pack_samples`` in floats: what a training step takes.

    Raises:
        InputError: lengths or sizes differ.
    """
    return pack_samples(samples).to("cpu")


def _shape(video: torch.Size) -> str:
    F, _, H, W = video
    return f"{F} frames {W}x{H}"
