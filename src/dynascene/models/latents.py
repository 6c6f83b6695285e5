"""From pixels to the latent grid and back, and the clip as conditioners read it.

Legend: B clips, F frames, H W pixels, h w latent grid, N tokens, D token width.
"""

from __future__ import annotations

import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

from dynascene.clip_fields import (
    Encoding,
    EncodingKind,
    TensorSpec,
    encoded_specs,
    encodings,
)
from dynascene.clip_tensors import ClipTensors
from dynascene.errors import InputError
from dynascene.models.autoencoders import autoencoder_of
from dynascene.models.image_encoder import image_tokens
from dynascene.training_batch import StoredClip
from dynascene.types import Batch, Size

FRAMES_AT_ONCE = 8  # bounds the autoencoder's memory
CPU_FRAMES_AT_ONCE = 2  # larger blocks are given back after each layer, at a quarter of the time


class EncodedClip(ClipTensors):
    """Clips on the latent grid: what conditioners read.

    The fields are the encodings of ``clip_fields.CLIP_FIELDS``: masks give the share of each cell
    that is to be generated, or that is a hole; cameras are for frames of ``size`` pixels. Numbers,
    cameras among them, are float32 (``encode_plainly``), stored or not. Conditioners leave mixed
    precision where they compute with cameras: its three digits are too few for rays.
    """

    form = "encoded clip"

    generate_mask: Tensor
    foreground: Tensor
    scene: Tensor
    scene_mask: Tensor
    scene_tokens: Tensor
    cam_from_world: Tensor
    intrinsics: Tensor
    has_camera: Tensor
    scene_cam_from_world: Tensor | None
    scene_intrinsics: Tensor | None
    guide: Tensor | None
    guide_visibility: Tensor | None
    skeleton_folds: Tensor | None
    character_latent: Tensor | None
    character_tokens: Tensor | None
    background_flow: Tensor | None
    points: Tensor | None
    size: Size

    @staticmethod
    def specs() -> list[TensorSpec]:
        return encoded_specs()

    def __init__(self, *, size: Size, **tensors: Tensor | None) -> None:
        super().__init__(**tensors)
        object.__setattr__(self, "size", size)  # past the guard of the fields, as frozen classes do


def encode_clip(batch: Batch, vae: nn.Module, image_encoder: nn.Module) -> EncodedClip:
    """All conditions of a batch, on the latent grid.

    The autoencoder gets no gradient; the image encoder does where its parameters require it.
    """
    tensors = {
        encoding.name: _encode_field(batch[field.name], encoding, vae, image_encoder)
        for field, encoding in encodings()
        if field.name in batch and not field.target
    }
    return EncodedClip(size=batch.size, **tensors)


def complete_clip(stored: StoredClip, vae: nn.Module, image_encoder: nn.Module) -> EncodedClip:
    """Complete clips whose latents were stored: only the image encoder still runs.

    Args:
        stored: the encoded clips.
        vae: the autoencoder that encoded them, for its stride.
        image_encoder: encodes the scene picture.
    """
    tensors = {}
    for field, encoding in encodings():
        if field.target or encoding.stored_name not in stored:
            continue
        tensor = stored[encoding.stored_name]
        if encoding.kind == "tokens":
            tensor = image_tokens(image_encoder, tensor)
        tensors[encoding.name] = tensor
    h, w = stored["generate_mask"].shape[-2:]
    stride = latent_stride(vae)
    return EncodedClip(size=Size(w * stride, h * stride), **tensors)


def _encode_field(
    tensor: Tensor, encoding: Encoding, vae: nn.Module, image_encoder: nn.Module
) -> Tensor:
    if encoding.kind == "latent":
        return encode_images(vae, tensor)
    if encoding.kind == "tokens":
        return image_tokens(image_encoder, tensor)
    return encode_plainly(tensor, encoding.kind, latent_stride(vae))


def encode_plainly(tensor: Tensor, kind: EncodingKind, stride: int) -> Tensor:
    """A mask or numbers on the latent grid, for kinds that need no network."""
    match kind:
        case "cells":
            return to_grid(tensor, stride)
        case "folds":
            return nnf.pixel_unshuffle(tensor.float(), stride)
        case "complement":
            return to_grid(1 - tensor, stride)
        case "numbers":
            return tensor.float()
        case "flags":
            return tensor
    raise ValueError(f"{kind} takes a network")


def latent_stride(vae: nn.Module) -> int:
    """Pixels per latent cell."""
    return autoencoder_of(vae).stride


def to_grid(mask: Tensor, stride: int) -> Tensor:
    """[..., 1, H, W] → [..., 1, h, w]: the mean of each cell."""
    cells = nnf.avg_pool2d(mask.float().reshape(-1, *mask.shape[-3:]), stride)
    return cells.view(*mask.shape[:-3], *cells.shape[1:])


@torch.no_grad()
def encode_images(vae: nn.Module, images: Tensor) -> Tensor:
    """[..., 3, H, W] in −1 … 1 → scaled latents [..., C, h, w] float32; the mode, no sampling.

    Raises:
        InputError: height or width is no multiple of the autoencoder's stride.
    """
    autoencoder = autoencoder_of(vae)
    stride = autoencoder.stride
    H, W = images.shape[-2:]
    if H % stride or W % stride:
        raise InputError(f"frames of {W}x{H}: width and height must be multiples of {stride}")
    flat = images.reshape(-1, 3, H, W).to(autoencoder.dtype)
    latents = torch.cat([autoencoder.encode(part) for part in flat.split(_frames_at_once(flat))])
    scaled = (latents.float() - autoencoder.shift) * autoencoder.scale
    return scaled.view(*images.shape[:-3], *latents.shape[1:])


@torch.no_grad()
def decode_latents(vae: nn.Module, latents: Tensor) -> Tensor:
    """Scaled latents [..., C, h, w] → images [..., 3, H, W] in −1 … 1, float32."""
    autoencoder = autoencoder_of(vae)
    plain = latents.float() / autoencoder.scale + autoencoder.shift
    flat = plain.reshape(-1, *latents.shape[-3:]).to(autoencoder.dtype)
    parts = [autoencoder.decode(part).float() for part in flat.split(_frames_at_once(flat))]
    images = torch.cat(parts).clamp(-1, 1)
    return images.view(*latents.shape[:-3], *images.shape[1:])


def _frames_at_once(images: Tensor) -> int:
    return CPU_FRAMES_AT_ONCE if images.device.type == "cpu" else FRAMES_AT_ONCE
