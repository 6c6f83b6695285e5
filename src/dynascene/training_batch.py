"""What a training step takes, whether its clips are in pixels or encoded already.

Legend: B clips, F frames, H W pixels, h w latent grid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from dynascene.clip_fields import CLIP_FIELDS, TensorSpec, stored_specs
from dynascene.clip_tensors import ClipTensors, stack_fields
from dynascene.errors import InputError
from dynascene.types import Batch


class StoredClip(ClipTensors):
    """Clips as files of encoded clips hold them: all is on the latent grid but the small picture
    that the image encoder reads."""

    form = "stored clip"

    @staticmethod
    def specs() -> list[TensorSpec]:
        return stored_specs()


@dataclass(frozen=True, kw_only=True)
class TrainingBatch:
    """Clips, what they should become, and where that counts.

    Args:
        clip: what conditions.
        targets: ``video`` and, where it is known, ``background``, in the clip's own form: pixels
            [B, F, 3, H, W] in −1 … 1 beside a ``Batch``, else latents.
        loss_mask: [B, F, 1, H, W], 1 = the loss counts here; None = everywhere.
        tasks: the task of each clip, for figures by task; empty where there are none.
    """

    clip: Batch | StoredClip
    targets: Mapping[str, Tensor] = field(default_factory=dict)
    loss_mask: Tensor | None = None
    tasks: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.clip)

    @property
    def pixels(self) -> Batch:
        """The clips where they are in pixels.

        Raises:
            InputError: they are encoded already.
        """
        if not isinstance(self.clip, Batch):
            raise InputError("training batch: its clips are encoded already, not in pixels")
        return self.clip

    @property
    def stored(self) -> StoredClip:
        """The clips where they were encoded before.

        Raises:
            InputError: they are in pixels.
        """
        if not isinstance(self.clip, StoredClip):
            raise InputError("training batch: its clips are in pixels, not encoded already")
        return self.clip

    def target(self, name: str) -> Tensor:
        """A target by name.

        Raises:
            InputError: it is not there.
        """
        if name not in self.targets:
            names = ", ".join(self.targets) or "none"
            raise InputError(f"training batch: has no target {name}; its targets are {names}")
        return self.targets[name]

    def to(self, device: torch.device | str) -> TrainingBatch:
        """The same batch on another device."""
        mask = self.loss_mask
        return replace(
            self,
            clip=self.clip.to(device),
            targets={name: tensor.to(device) for name, tensor in self.targets.items()},
            loss_mask=None if mask is None else mask.to(device),
        )


def collate(
    samples: Sequence[object], *, loss_mask: Tensor | None = None, tasks: Sequence[str] = ()
) -> TrainingBatch:
    """Stack samples of one size and length, which have fields of the table as attributes."""
    fields = stack_fields(samples)
    targets = {name: tensor for name, tensor in fields.items() if CLIP_FIELDS[name].target}
    inputs = {name: tensor for name, tensor in fields.items() if name not in targets}
    return TrainingBatch(clip=Batch(**inputs), targets=targets, loss_mask=loss_mask, tasks=tasks)
