"""A training batch on the latent grid: what conditions, and what is to be reached.

Legend: B clips, F frames, C channels, H W pixels, h w latent grid.
"""

from __future__ import annotations

from typing import NamedTuple

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
from dynascene.types import Batch


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


def encode_batch(
    batch: TrainingBatch, target: str, vae: nn.Module, image_encoder: nn.Module
) -> EncodedBatch:
    """Pixels are encoded; stored clips lack only what the image encoder gives.

    Raises:
        InputError: the batch has no target of this name.
    """
    clean, mask = batch.target(target), batch.loss_mask
    mask = None if mask is None else to_grid(mask, latent_stride(vae))
    if isinstance(batch.clip, Batch):
        clip = encode_clip(batch.clip, vae, image_encoder)
        return EncodedBatch(clip, encode_images(vae, clean), mask)
    return EncodedBatch(complete_clip(batch.clip, vae, image_encoder), clean, mask)


def batch_picture(batch: TrainingBatch, target: str, vae: nn.Module) -> Tensor:
    """Of each clip, below each other: the target and what conditions it; [3, ·, ·] in 0 … 1."""
    wanted, clip = batch.target(target), batch.clip
    if not isinstance(clip, Batch):
        names = [name for name in ("foreground", "guide") if name in clip]
        rows = [wanted, *(clip[name] for name in names)]
        return clip_grid([decode_latents(vae, row) / 2 + 0.5 for row in rows])
    scene = clip.scene_image[:, None].expand(-1, clip.frames, -1, -1, -1)
    mask = clip.generate_mask.expand_as(wanted)
    return clip_grid([wanted / 2 + 0.5, clip.foreground / 2 + 0.5, mask, scene / 2 + 0.5])
