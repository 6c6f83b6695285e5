"""Rays through points of a camera's frame, in world axes.

Shapes: ``...`` any batch shape, H W points down and across.
"""

import torch
from torch import Tensor

from dynascene.types import Size


def pixel_centres(size: Size, like: Tensor) -> tuple[Tensor, Tensor]:
    """Columns u [W] and rows v [H] of the pixels' centres, in pixels: 0.5, 1.5, …"""
    u = torch.arange(size.width, dtype=like.dtype, device=like.device) + 0.5
    v = torch.arange(size.height, dtype=like.dtype, device=like.device) + 0.5
    return u, v


def border_to_border(size: Size, grid: Size, like: Tensor) -> tuple[Tensor, Tensor]:
    """Columns u and rows v of a coarse grid whose outer points lie on the frame's border."""
    u = torch.linspace(0, size.width, grid.width, dtype=like.dtype, device=like.device)
    v = torch.linspace(0, size.height, grid.height, dtype=like.dtype, device=like.device)
    return u, v


def ray_directions(rotation: Tensor, intrinsics: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Directions of the rays through (u, v): [..., H, W, 3], of length 1 along the view axis.

    rotation: [..., 3, 3], world → camera; intrinsics: [..., 3, 3] in pixels; u [W], v [H] pixels.
    """
    fx, fy, cx, cy = (intrinsics[..., i, j, None] for i, j in ((0, 0), (1, 1), (0, 2), (1, 2)))
    x = ((u - cx) / fx)[..., None, :, None]
    y = ((v - cy) / fy)[..., :, None, None]
    right, down, ahead = (rotation[..., None, None, axis, :] for axis in range(3))
    return x * right + y * down + ahead  # Rᵀ·(x, y, 1): the rows of R are the camera's axes
