"""Pictures of trees and bushes with alpha.

S texels of a side; x runs from −1 to 1 across, y from 0 at the foot to 1 at the top.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

LEAVES = ((0.23, 0.33, 0.12), (0.30, 0.36, 0.16), (0.17, 0.28, 0.14), (0.42, 0.36, 0.15))
BARK = (0.30, 0.25, 0.20)


def tree_picture(rng: np.random.Generator, cloth: Tensor, side: int) -> Tensor:
    """A trunk and a crown of clumps.

    Args:
        rng: draws it.
        cloth: [≥ 3, S, S], its grain.
        side: S.

    Returns:
        [4, S, S] sRGB and alpha.
    """
    x, y = _axes(side)
    crown, shade = _crown(rng, x, y, low=rng.uniform(0.25, 0.4), high=0.97, half=0.8)
    lean = rng.normal(0, 0.06)
    trunk = 0.05 + 0.05 * (0.5 - y).clamp_min(0) - (x - lean * y).abs()
    trunk = torch.minimum(trunk, 0.7 - y) * side / 2
    leaves = _leaves(rng, cloth, shade, side)
    bark = torch.tensor(BARK)[:, None, None] * (0.6 + 0.8 * _noise(rng, side, 24))
    wood = (trunk > 0) & (crown < 0.5)
    alpha = torch.maximum(crown, (trunk + 0.5).clamp(0, 1))
    return _clear_borders(torch.where(wood, bark, leaves), alpha)


def bush_picture(rng: np.random.Generator, cloth: Tensor, side: int) -> Tensor:
    """Clumps from the ground up.

    Args:
        rng: draws it.
        cloth: [≥ 3, S, S], its grain.
        side: S.

    Returns:
        [4, S, S] sRGB and alpha.
    """
    x, y = _axes(side)
    crown, shade = _crown(rng, x, y, low=-0.3, high=0.95, half=0.9)
    return _clear_borders(_leaves(rng, cloth, shade, side), crown)


def _axes(side: int) -> tuple[Tensor, Tensor]:
    steps = (torch.arange(side) + 0.5) / side
    return (steps * 2 - 1)[None], (1 - steps)[:, None]


def _crown(
    rng: np.random.Generator, x: Tensor, y: Tensor, *, low: float, high: float, half: float
) -> tuple[Tensor, Tensor]:
    """Alpha and brightness [S, S] of some thirty clumps between two heights."""
    side = x.shape[-1]
    rough = _noise(rng, side, side // 4) + 0.6 * _noise(rng, side, side // 10) - 0.8
    outline = torch.full((side, side), -9.0)
    shade = torch.zeros(side, side)
    for _ in range(34):
        up = rng.uniform(0, 1)
        reach = half * np.sqrt(max(0.05, 1 - (1.6 * up - 0.75) ** 2))
        cx, cy = rng.uniform(-1, 1) * reach * 0.8, low + (high - low) * (0.12 + 0.76 * up)
        size = rng.uniform(0.09, 0.17)
        dx, dy = (x - cx) / size / 2, (y - cy) / size
        clump = 1 - torch.hypot(dx, dy)
        glow = 0.75 + 0.35 * up + 0.22 * dy.clamp(-1, 1) - 0.08 * dx.clamp(-1, 1)
        nearer = clump > outline
        shade = torch.where(nearer, glow, shade)
        outline = torch.maximum(outline, clump)
    return ((outline + 0.55 * rough) * 8 + 0.5).clamp(0, 1), shade


def _leaves(rng: np.random.Generator, cloth: Tensor, shade: Tensor, side: int) -> Tensor:
    """[3, S, S]: the cloth's grain in a leafy colour, lit from above."""
    grain = cloth[:3].mean(0)
    grain = grain / grain.mean().clamp_min(0.05)
    colour = torch.tensor(LEAVES[int(rng.integers(len(LEAVES)))]) * rng.uniform(0.8, 1.4)
    speckle = 0.55 + 0.9 * _noise(rng, side, side // 3)
    return (colour[:, None, None] * (shade * speckle * grain.clamp(0.5, 1.6))).clamp(0, 1)


def _noise(rng: np.random.Generator, side: int, cells: int) -> Tensor:
    """Smooth noise 0 … 1 around 0.5, [S, S]."""
    coarse = torch.from_numpy(rng.random((1, 1, cells, cells), dtype=np.float32))
    return F.interpolate(coarse, (side, side), mode="bicubic", align_corners=False)[0, 0].clamp(
        0, 1
    )


def _clear_borders(colour: Tensor, alpha: Tensor) -> Tensor:
    """Alpha is nothing on all borders but the foot's."""
    alpha = alpha.clone()
    alpha[:2], alpha[:, :2], alpha[:, -2:] = 0, 0, 0
    return torch.cat([colour, alpha[None]])
