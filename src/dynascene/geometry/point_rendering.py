"""Tracked points drawn into a coarse grid.

``...`` any batch shape, N points.
"""

import torch
from torch import Tensor

NOWHERE = -9.0  # x and y in the picture of a point whose place there is not known
NEAREST = 1e-3  # cells squared: a point closer to a cell's centre counts as there


def from_first_frame(points: Tensor) -> Tensor:
    """Points that say how far they are from their places in the first of these frames.

    What the first frame does not show has no place there: it counts as hidden in all of them.

    Args:
        points: [..., F, N, 5] as of ``render_points``; where they came from is not read.
    """
    first = points[..., :1, :, :]
    visibility = points[..., 2:3] * (first[..., 2:3] > 0)
    origin = first[..., :2].expand_as(points[..., :2])
    return torch.cat([points[..., :2], visibility, origin], dim=-1)


def render_points(points: Tensor, height: int, width: int) -> Tensor:
    """How many points each cell of a grid holds, and how far they have moved: [..., 3, h, w].

    Each point shares its visibility out to the four cells around it. The first channel is their
    sum, 1 at most; the others are the mean displacement of the points, in shares of width and
    height, times the first.

    Args:
        points: [..., N, 5]: x and y, visibility 0 … 1, and x and y of the point in the picture that
            it came from; in shares of the frame's width and height.
        height, width: of the grid.
    """
    place = points[..., :2] * points.new_tensor([width, height]) - 0.5
    corner = place.detach().floor()
    rest = place - corner
    values = torch.cat([torch.ones_like(rest[..., :1]), points[..., :2] - points[..., 3:]], dim=-1)
    sums = points.new_zeros(*points.shape[:-2], 3, height * width)
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        column, row = corner[..., 0].long() + right, corner[..., 1].long() + down
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        across = rest[..., 0] if right else 1 - rest[..., 0]
        along = rest[..., 1] if down else 1 - rest[..., 1]
        share = across * along * points[..., 2] * inside
        cell = (row.clamp(0, height - 1) * width + column.clamp(0, width - 1))[..., None, :]
        sums = sums.scatter_add(
            -1, cell.expand(*cell.shape[:-2], 3, -1), (values.mT * share[..., None, :])
        )
    total, ways = sums[..., :1, :], sums[..., 1:, :]
    covered = total.clamp(max=1)
    mean = ways / total.clamp_min(1e-6) * covered
    return torch.cat([covered, mean], dim=-2).unflatten(-1, (height, width))


def spread_places(points: Tensor, height: int, width: int) -> Tensor:
    """Where in the picture each cell of a grid looks, by the points around it: [..., 3, h, w].

    The first channel is 1 where this is known: in frames that show any point whose place in the
    picture is at most one frame outside of it. The others are x and y in the picture, 0 where it
    is not known. Between the points their ways are interpolated by inverse distances (Shepard
    1968): exact at every point, the mean far from all.

    Args:
        points: [..., N, 5] as of ``render_points``.
        height, width: of the grid.
    """
    place, origin = points[..., :2], points[..., 3:]
    presence = points[..., 2] * ((origin > -1) & (origin < 2)).all(dim=-1)
    centres = grid_places(height, width, like=points).flatten(1).mT  # [h w, 2]
    cells = points.new_tensor([width, height])
    distance = ((centres[:, None] - place[..., None, :, :]) * cells).square().sum(dim=-1)
    # way(c) = Σ wₙ (originₙ − placeₙ) / Σ wₙ with wₙ = visibilityₙ / |c − placeₙ|⁴, in cells
    weight = presence[..., None, :] / (distance + NEAREST).square()
    total = weight.sum(dim=-1, keepdim=True)
    # a product and a sum, which mixed precision leaves alone: weights reach 10⁶
    way = (weight[..., None] * (origin - place)[..., None, :, :]).sum(dim=-2)
    way = way / total.where(total > 0, 1)
    is_known = (total > 0).to(points)
    rows = torch.cat([is_known, (centres + way) * is_known], dim=-1)
    return rows.mT.unflatten(-1, (height, width))


def grid_places(height: int, width: int, like: Tensor) -> Tensor:
    """x and y of the cells' centres, in shares of the frame: [2, h, w]."""
    x, y = (
        (torch.arange(n, dtype=like.dtype, device=like.device) + 0.5) / n for n in (width, height)
    )
    v, u = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([u, v])
