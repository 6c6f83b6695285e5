"""Conversion between stored pictures (8 bits a value) and tensors for networks (0 … 1, −1 … 1).

Pictures of more than 8 bits are float32 arrays of 0 … 1 until they are written.
"""

import cv2
import numpy as np
import torch
from torch import Tensor


def tensor_from_bytes(pictures: np.ndarray) -> Tensor:
    """uint8 [..., H, W, C] → float32 [..., C, H, W] in 0 … 1."""
    return torch.tensor(pictures).movedim(-1, -3).float() / 255


def bytes_from_tensor(pictures: Tensor) -> np.ndarray:
    """[..., C, H, W] on any device, clipped to 0 … 1 and rounded → uint8 [..., H, W, C]."""
    values = pictures.detach().float()
    if values.device.type == "cpu":
        return stored_bytes(channels_last(values))
    return channels_last(rounded_bytes(values))  # a quarter of what floats are to move


def rounded_bytes(pictures: Tensor) -> Tensor:
    """Floats of any shape, clipped to 0 … 1 and rounded → uint8 on the same device."""
    return (pictures.clamp(0, 1) * 255).round().to(torch.uint8)


def floats_from_tensor(pictures: Tensor) -> np.ndarray:
    """[..., C, H, W], clipped to 0 … 1 → float32 [..., H, W, C]."""
    return channels_last(pictures.clamp(0, 1).float())


def unit_floats(picture: np.ndarray) -> np.ndarray:
    """uint8 or uint16 of any shape → float32 in 0 … 1; floats stay as they are."""
    if picture.dtype.kind == "f":
        return picture
    return picture.astype(np.float32) / np.float32(np.iinfo(picture.dtype).max)


def stored_bytes(picture: np.ndarray) -> np.ndarray:
    """Floats of any shape, clipped to 0 … 1 and rounded → uint8; uint8 stays as it is."""
    if picture.dtype == np.uint8 or not picture.size:
        return picture.astype(np.uint8, copy=False)
    # OpenCV limits to bytes, too, but what is beyond 32 bits, or infinite, would become black
    row = picture.clip(0, 1).reshape(1, -1)
    # it rounds in one go, and knows no product with one number that rounds likewise
    return cv2.addWeighted(row, 255, row, 0, 0, dtype=cv2.CV_8U).reshape(picture.shape)


def stored_words(picture: np.ndarray) -> np.ndarray:
    """Floats of any shape, clipped to 0 … 1 and rounded → uint16; uint8 values v become 257·v."""
    if picture.dtype == np.uint8:
        return picture.astype(np.uint16) * np.uint16(257)
    return np.rint(picture.clip(0, 1) * 65535).astype(np.uint16)


def signed_values(pictures: Tensor) -> Tensor:
    """uint8 tensors as float32 in −1 … 1; floats, which are that already, stay as they are."""
    return pictures if pictures.is_floating_point() else unit_values(pictures) * 2 - 1


def unit_values(pictures: Tensor) -> Tensor:
    """uint8 tensors as float32 in 0 … 1; floats, which are that already, stay as they are."""
    return pictures if pictures.is_floating_point() else pictures.float() / 255


def mask_like(mask: Tensor, like: Tensor) -> Tensor:
    """A bool mask in the type of ``like``: 0 and 255 as uint8, 0 and 1 as floats."""
    values = mask.to(like.dtype)
    return values if like.is_floating_point() else values * 255


def channels_last(pictures: Tensor) -> np.ndarray:
    """[..., C, H, W] → [..., H, W, C] of the same type."""
    return pictures.movedim(-3, -1).contiguous().cpu().numpy()
