"""A training batch on the latent grid: what conditions, and what is to be reached.

Legend: B clips, F frames, C channels, H W pixels, h w latent grid.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal, NamedTuple

from torch import Tensor, nn

from dynascene.imaging.sheet import clip_grid
from dynascene.models.latents import (
    EncodedClip,
    complete_clip,
    decode_latents,
    encode_clip,
    encode_images,
    latent_stride,
    to_grid,
)
from dynascene.training_batch import TrainingBatch

Target = Literal["background", "video"]


class EncodedBatch(NamedTuple):
    """A training batch as the denoiser's loss takes it.

    Args:
        clip: what conditions.
        clean: z_0 [B, F, C, h, w], the target.
        mask: [B, F, 1, h, w] in 0 … 1, where the loss counts; None = everywhere.
    """

    clip: EncodedClip
    clean: Tensor
    mask: Tensor | None


class BatchEncoder(ABC):
    """How the clips of one form come onto the latent grid; a part of ``DenoisingObjective``.

    Args:
        target: the name of what the denoiser is to make: ``background``, the place without the
            person, which only synthetic shots know, or ``video``, the shot as filmed.
    """

    def __init__(self, target: Target) -> None:
        self.target = target

    @abstractmethod
    def encode(
        self, batch: TrainingBatch, vae: nn.Module, image_encoder: nn.Module
    ) -> EncodedBatch:
        """A batch for the loss.

        Raises:
            InputError: its clips have another form, or it has no such target.
        """

    @abstractmethod
    def picture(self, batch: TrainingBatch, vae: nn.Module) -> Tensor:
        """Of each clip, below each other: the target and what conditions; [3, ·, ·] in 0 … 1."""


class PixelEncoder(BatchEncoder):
    """For clips in pixels."""

    def encode(
        self, batch: TrainingBatch, vae: nn.Module, image_encoder: nn.Module
    ) -> EncodedBatch:
        mask = _loss_mask(batch, vae)
        clip = encode_clip(batch.pixels, vae, image_encoder)
        return EncodedBatch(clip, encode_images(vae, batch.target(self.target)), mask)

    def picture(self, batch: TrainingBatch, vae: nn.Module) -> Tensor:
        target, clip = batch.target(self.target), batch.pixels
        scene = clip.scene_image[:, None].expand(-1, clip.frames, -1, -1, -1)
        mask = clip.generate_mask.expand_as(target)
        return clip_grid([target / 2 + 0.5, clip.foreground / 2 + 0.5, mask, scene / 2 + 0.5])


class StoredClipEncoder(BatchEncoder):
    """For clips that were encoded before: only the image encoder's part is missing."""

    def encode(
        self, batch: TrainingBatch, vae: nn.Module, image_encoder: nn.Module
    ) -> EncodedBatch:
        clip = complete_clip(batch.stored, vae, image_encoder)
        return EncodedBatch(clip, batch.target(self.target), _loss_mask(batch, vae))

    def picture(self, batch: TrainingBatch, vae: nn.Module) -> Tensor:
        clip = batch.stored
        conditions = [clip[name] for name in ("foreground", "guide") if name in clip]
        rows = [batch.target(self.target), *conditions]
        return clip_grid([decode_latents(vae, row) / 2 + 0.5 for row in rows])


def _loss_mask(batch: TrainingBatch, vae: nn.Module) -> Tensor | None:
    """[B, F, 1, h, w] in 0 … 1."""
    mask = batch.loss_mask
    return None if mask is None else to_grid(mask, latent_stride(vae))
