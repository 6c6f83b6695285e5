"""Frames as networks take them."""

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import Tensor


def resized_frames(frames: np.ndarray, side: int) -> Tensor:
    """Frames as squares, by bicubic interpolation with anti-aliasing; the shape is not kept.

    Args:
        frames: uint8 [F, H, W, 3].
        side: of the squares, in pixels.

    Returns:
        float32 [F, 3, side, side] of 0 … 255.
    """
    pictures = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2).float()
    if pictures.shape[-2:] == (side, side):
        return pictures
    resized = nnf.interpolate(pictures, (side, side), mode="bicubic", antialias=True)
    return resized.clamp(0, 255)
