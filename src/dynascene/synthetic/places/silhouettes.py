"""Silhouettes of things that stand about: the alpha of a card.

H W pixels; x runs from −1 to 1 across, y from 0 at the foot to 1 at the top.
"""

import math

import numpy as np
import torch
from torch import Tensor

SILHOUETTES = ("board", "house", "bush", "tree", "tree", "post")


def silhouette(rng: np.random.Generator, kind: str, height: int, width: int) -> Tensor:
    """The outline of a random thing.

    Args:
        rng: draws it.
        kind: one of SILHOUETTES.
        height, width: pixels.

    Returns:
        Alpha [H, W] in 0 … 1 with edges a pixel wide and a free border.
    """
    x = ((torch.arange(width) + 0.5) / width * 2 - 1)[None]
    y = (1 - (torch.arange(height) + 0.5) / height)[:, None]
    aspect = width / height / 2  # x · aspect and y have one unit
    inside = _SHAPES[kind](rng, x * aspect, y, aspect)
    alpha = (inside * height + 0.5).clamp(0, 1)
    alpha[:1], alpha[:, :1], alpha[:, -1:] = 0, 0, 0
    return alpha


def _board(rng: np.random.Generator, x: Tensor, y: Tensor, aspect: float) -> Tensor:
    return (aspect - x.abs()).expand(len(y), -1)


def _house(rng: np.random.Generator, x: Tensor, y: Tensor, aspect: float) -> Tensor:
    slope = rng.uniform(0.15, 0.45) / aspect
    return torch.minimum(0.96 * aspect - x.abs(), (1 - slope * x.abs() - y) / math.hypot(1, slope))


def _bush(rng: np.random.Generator, x: Tensor, y: Tensor, aspect: float) -> Tensor:
    angle = torch.atan2(y - 0.4, x / aspect * 0.5)
    outline = torch.full_like(angle, 0.46)
    for k in range(2, 14):
        outline += rng.normal(0, 0.035) * torch.cos(k * angle + rng.uniform(0, 2 * math.pi))
    reach = torch.hypot(x / aspect * 0.5, (y - 0.4) * 0.85)
    return outline - reach


def _tree(rng: np.random.Generator, x: Tensor, y: Tensor, aspect: float) -> Tensor:
    lean = rng.normal(0, 0.05)
    trunk = torch.minimum(0.035 + 0.02 * (0.6 - y) - (x - lean * y).abs(), 0.7 - y)
    for _ in range(14):
        radius = rng.uniform(0.10, 0.22) * min(1.0, 2 * aspect)
        cx = rng.uniform(-1, 1) * (aspect - radius) * 0.9
        cy = rng.uniform(0.45, 0.97 - radius)
        trunk = torch.maximum(trunk, radius - torch.hypot(x - cx, y - cy))
    return trunk


def _post(rng: np.random.Generator, x: Tensor, y: Tensor, aspect: float) -> Tensor:
    head = torch.minimum(0.9 * aspect - x.abs(), y - rng.uniform(0.75, 0.95))
    return torch.maximum(0.35 * aspect - x.abs() + 0 * y, head)


_SHAPES = {"board": _board, "house": _house, "bush": _bush, "tree": _tree, "post": _post}
