"""From pixels to the latent grid and back, and the clip as conditioners read it.

Legend: B clips, F frames, H W pixels, h w latent grid, N tokens, D token width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as nnf
from torch import Tensor

from dynascene.errors import InputError
from dynascene.models.image_encoder import image_tokens
from dynascene.types import Batch, Size

FRAMES_AT_ONCE = 8  # bounds the autoencoder's memory
CPU_FRAMES_AT_ONCE = 2  # larger blocks are given back after each layer, at a quarter of the time


@dataclass(frozen=True, kw_only=True)
class EncodedClip:
    """A batch on the latent grid: what conditioners read.

    generate_mask: [B, F, 1, h, w], share of each cell that is to be generated.
    foreground: [B, F, 4, h, w] latent of the person's frames.
    scene, scene_mask: [B, 4, h, w] and [B, 1, h, w]; the mask is 1 in the picture's holes.
    scene_tokens: [B, N, D] image features of the scene picture.
    cam_from_world, intrinsics: [B, F, 4, 4] and [B, F, 3, 3] for frames of ``size`` pixels.
    has_camera: [B] bool.
    guide, guide_visibility: [B, F, 4, h, w] and [B, F, 1, h, w], or None.
    """

    generate_mask: Tensor
    foreground: Tensor
    scene: Tensor
    scene_mask: Tensor
    scene_tokens: Tensor
    cam_from_world: Tensor
    intrinsics: Tensor
    size: Size
    has_camera: Tensor
    guide: Tensor | None = None
    guide_visibility: Tensor | None = None

    def __len__(self) -> int:
        """The number of clips."""
        return self.foreground.shape[0]

    @property
    def frames(self) -> int:
        return self.foreground.shape[1]

    def window(self, start: int, stop: int) -> EncodedClip:
        """A range of frames; the scene stays."""
        parts = {name: getattr(self, name)[:, start:stop] for name in self._by_frame()}
        return replace(self, **parts)

    def _by_frame(self) -> tuple[str, ...]:
        """The fields that have a value per frame."""
        names = ("generate_mask", "foreground", "cam_from_world", "intrinsics")
        return names if self.guide is None else (*names, "guide", "guide_visibility")

    @staticmethod
    def joined(parts: Sequence[EncodedClip]) -> EncodedClip:
        """The parts of one clip in order, the inverse of ``window``; the scene is the first's."""
        names = parts[0]._by_frame()
        whole = {name: torch.cat([getattr(part, name) for part in parts], dim=1) for name in names}
        return replace(parts[0], **whole)


def encode_clip(batch: Batch, vae: Any, image_encoder: Any) -> EncodedClip:
    """Everything of a batch that conditions, on the latent grid.

    The autoencoder gets no gradient; the image encoder does where its parameters ask for it.
    """
    has_camera = batch.has_camera
    if has_camera is None:
        has_camera = torch.ones(len(batch.matte), dtype=torch.bool, device=batch.matte.device)
    stride = latent_stride(vae)
    seen = batch.guide_visibility
    return EncodedClip(
        generate_mask=to_grid(batch.generate_mask, stride),
        foreground=encode_images(vae, batch.foreground),
        scene=encode_images(vae, batch.scene_image),
        scene_mask=to_grid(1 - batch.scene_visibility, stride),
        scene_tokens=image_tokens(image_encoder, batch.scene_image),
        cam_from_world=batch.cam_from_world.float(),
        intrinsics=batch.intrinsics.float(),
        size=batch.size,
        has_camera=has_camera,
        guide=None if batch.guide is None else encode_images(vae, batch.guide),
        guide_visibility=None if seen is None else to_grid(seen, stride),
    )


def latent_stride(vae: Any) -> int:
    """Pixels per latent cell: 8 for the autoencoders used here."""
    config = vae.config
    widths = getattr(config, "encoder_block_out_channels", None) or config.block_out_channels
    return 2 ** (len(widths) - 1)


def to_grid(mask: Tensor, stride: int) -> Tensor:
    """[..., 1, H, W] → [..., 1, h, w]: the mean of each cell."""
    cells = nnf.avg_pool2d(mask.float().reshape(-1, *mask.shape[-3:]), stride)
    return cells.view(*mask.shape[:-3], *cells.shape[1:])


@torch.no_grad()
def encode_images(vae: Any, images: Tensor) -> Tensor:
    """[..., 3, H, W] in −1 … 1 → scaled latents [..., 4, h, w] float32; the mode, no sampling.

    Raises InputError when height or width is no multiple of the autoencoder's stride.
    """
    stride = latent_stride(vae)
    H, W = images.shape[-2:]
    if H % stride or W % stride:
        raise InputError(f"frames of {W}x{H}: width and height must be multiples of {stride}")
    flat = images.reshape(-1, 3, H, W).to(vae.dtype)
    latents = torch.cat([_encode(vae, part) for part in flat.split(_frames_at_once(flat))])
    shift, scale = _shift_and_scale(vae)
    return ((latents.float() - shift) * scale).view(*images.shape[:-3], *latents.shape[1:])


def _encode(vae: Any, images: Tensor) -> Tensor:
    encoded = vae.encode(images)
    if hasattr(encoded, "latent_dist"):
        return encoded.latent_dist.mode()
    return encoded.latents


@torch.no_grad()
def decode_latents(vae: Any, latents: Tensor) -> Tensor:
    """Scaled latents [..., 4, h, w] → images [..., 3, H, W] in −1 … 1, float32."""
    shift, scale = _shift_and_scale(vae)
    flat = (latents.float() / scale + shift).reshape(-1, *latents.shape[-3:]).to(vae.dtype)
    parts = [vae.decode(part).sample.float() for part in flat.split(_frames_at_once(flat))]
    images = torch.cat(parts).clamp(-1, 1)
    return images.view(*latents.shape[:-3], *images.shape[1:])


def _frames_at_once(images: Tensor) -> int:
    return CPU_FRAMES_AT_ONCE if images.device.type == "cpu" else FRAMES_AT_ONCE


def _shift_and_scale(vae: Any) -> tuple[float, float]:
    """Autoencoders differ here, so the numbers are always theirs."""
    return getattr(vae.config, "shift_factor", None) or 0.0, vae.config.scaling_factor
