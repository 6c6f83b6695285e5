"""Triangles → samples: a z-buffer in plain torch, one pass over all (triangle, sample) candidates.

V vertices, T triangles, N covered samples.
"""

from typing import NamedTuple

import torch
from torch import Tensor

NEAR = 0.05  # metres; triangles nearer than this to the camera plane are dropped
CANDIDATES_AT_ONCE = 4_000_000  # bounds the memory: about 60 bytes each


class Coverage(NamedTuple):
    """The visible surface at each covered sample.

    sample: [N] index into the flattened grid. triangle: [N]. weights: [N, 3], of the triangle's
    corners, correct in perspective. depth: [N] camera z.
    """

    sample: Tensor
    triangle: Tensor
    weights: Tensor
    depth: Tensor


def rasterise(points: Tensor, depth: Tensor, faces: Tensor, width: int, height: int) -> Coverage:
    """Project nothing, cover the grid: what each sample of a ``width`` × ``height`` grid sees.

    points: [V, 2] in samples, sample centres at +0.5. depth: [V] camera z in metres. faces: [T, 3]
    vertex indices; only triangles that run counter-clockwise on the screen are seen.
    """
    corners, z = points[faces], depth[faces]  # [T, 3, 2], [T, 3]
    keep = _facing(corners, z, width, height)
    kept = keep.nonzero()[:, 0]
    if not len(kept):
        empty = kept.new_zeros(0)
        return Coverage(empty, empty, points.new_zeros(0, 3), points.new_zeros(0))
    corners, z = corners[kept], z[kept]
    planes = _planes(corners, z)  # [T, 3, 3]
    low = (corners.amin(1) - 0.5).ceil().long().clamp(min=0)
    high = (corners.amax(1) - 0.5).floor().long()
    high = torch.minimum(high, high.new_tensor([width - 1, height - 1]))
    extent = (high - low + 1).clamp(min=0)
    count = extent.prod(-1)
    buffer = torch.full((width * height,), -1, dtype=torch.int64, device=points.device)
    for part in _batches(count):
        _draw(buffer, planes[part], low[part], extent[part, 0], count[part], part.start, width)
    sample = (buffer >= 0).nonzero()[:, 0]
    triangle = buffer[sample] & 0xFFFFFFFF
    share = _over_depth(planes[triangle], sample % width, sample // width)
    over_depth = share.sum(-1)
    return Coverage(
        sample, kept[triangle], (share / over_depth[:, None]).clamp(0, 1), 1 / over_depth
    )


def _facing(corners: Tensor, z: Tensor, width: int, height: int) -> Tensor:
    """[T]: towards the camera, before it, and within the grid."""
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    front = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0] < -1e-9
    low, high = corners.amin(1), corners.amax(1)
    inside = (high > 0).all(-1) & (low[:, 0] < width) & (low[:, 1] < height)
    return front & inside & (z.amin(1) > NEAR)


def _planes(corners: Tensor, z: Tensor) -> Tensor:
    """[T, 3, 3]: (p, q, r) per corner, p·x + q·y + r = barycentric weight ÷ corner's depth."""
    after, last = corners.roll(-1, 1), corners.roll(-2, 1)
    p, q = after[..., 1] - last[..., 1], last[..., 0] - after[..., 0]
    r = after[..., 0] * last[..., 1] - after[..., 1] * last[..., 0]
    area = r.sum(-1, keepdim=True)
    return torch.stack([p, q, r], dim=-1) / (area * z)[..., None]


def _batches(count: Tensor) -> list[slice]:
    """Slices of triangles with a bounded number of candidates each."""
    total = count.cumsum(0)
    if int(total[-1]) <= CANDIDATES_AT_ONCE:
        return [slice(0, len(count))]
    group = (total - 1).clamp(min=0) // CANDIDATES_AT_ONCE
    sizes = torch.unique_consecutive(group, return_counts=True)[1].cumsum(0).tolist()
    return [slice(a, b) for a, b in zip([0, *sizes[:-1]], sizes, strict=True)]


def _draw(
    buffer: Tensor,
    planes: Tensor,
    low: Tensor,
    columns: Tensor,
    count: Tensor,
    first: int,
    width: int,
) -> None:
    """Enter the nearest surface of these triangles: (1/z as bits, triangle) in one integer."""
    triangle = torch.repeat_interleave(torch.arange(len(count), device=count.device), count)
    local = torch.arange(len(triangle), device=count.device)
    local = local - (count.cumsum(0) - count)[triangle]
    across = columns[triangle]
    row = torch.div(local, across, rounding_mode="floor")
    x, y = low[triangle, 0] + local - row * across, low[triangle, 1] + row
    share = _over_depth(planes[triangle], x, y)
    hit = (share >= 0).all(-1).nonzero()[:, 0]
    over_depth = share[hit].sum(-1).contiguous()
    key = (over_depth.view(torch.int32).long() << 32) | (triangle[hit] + first)
    buffer.scatter_reduce_(0, y[hit] * width + x[hit], key, "amax")


def _over_depth(planes: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Barycentric weights ÷ depth at sample centres, [N, 3]; their sum is 1/z, exactly linear."""
    return planes[..., 0] * (x + 0.5)[:, None] + planes[..., 1] * (y + 0.5)[:, None] + planes[..., 2]
