"""Conversion between stored pictures (8 bits a value) and tensors for networks (0 … 1)."""

import numpy as np
import torch
from torch import Tensor


def tensor_from_bytes(pictures: np.ndarray) -> Tensor:
    """uint8 [..., H, W, C] → float32 [..., C, H, W] in 0 … 1."""
    return torch.tensor(pictures).movedim(-1, -3).float() / 255


def bytes_from_tensor(pictures: Tensor) -> np.ndarray:
    """[..., C, H, W], clipped to 0 … 1 and rounded → uint8 [..., H, W, C]."""
    values = (pictures.clamp(0, 1) * 255).round().to(torch.uint8)
    return values.movedim(-3, -1).contiguous().cpu().numpy()
