"""The shapes that VACE takes: sides in multiples of 16, frames 4k + 1."""

import torch
from torch import Tensor

SIDE, STRIDE = 16, 4


def padded(frames: Tensor) -> Tensor:
    """[F, H, W, C] with its last frame, row and column repeated as far as VACE needs it."""
    count, height, width, _ = frames.shape
    indices = (
        _up_to(count, count + -(count - 1) % STRIDE),
        _up_to(height, height + -height % SIDE),
        _up_to(width, width + -width % SIDE),
    )
    for axis, index in enumerate(indices):
        frames = frames.index_select(axis, index.to(frames.device))
    return frames


def _up_to(length: int, target: int) -> Tensor:
    """0, 1, … length − 1, which is repeated: [target]."""
    return torch.arange(target).clamp(max=length - 1)
