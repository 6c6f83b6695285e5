"""Triangles → samples: a z-buffer in plain torch, all triangles at once, span by span.

V vertices, T triangles, N covered samples.
"""

from typing import NamedTuple

import torch
from torch import Tensor

NEAR = 0.05  # metres; triangles nearer than this to the camera plane are dropped
SAMPLES_AT_ONCE = 4_000_000  # bounds the memory: about 60 bytes each


class Coverage(NamedTuple):
    """The visible surface at each covered sample.

    Attributes:
        sample: [N] index into the flattened grid.
        triangle: [N].
        weights: [N, 3] of the triangle's corners, correct in perspective.
        depth: [N] camera z.
    """

    sample: Tensor
    triangle: Tensor
    weights: Tensor
    depth: Tensor


def rasterise(points: Tensor, depth: Tensor, faces: Tensor, width: int, height: int) -> Coverage:
    """What each sample of a grid sees.

    Args:
        points: [V, 2] in samples, sample centres at +0.5.
        depth: [V] camera z in metres.
        faces: [T, 3] vertex indices; only triangles that run counter-clockwise on the screen
            are seen.
        width, height: of the grid, in samples.

    Returns:
        The samples that a triangle covers.
    """
    visible = _front_faces(points, depth, faces, width, height)
    a, b, c = (points[corner] for corner in faces[visible].T)
    # coordinates from the triangle's own first sample: small numbers, exact in 32 bits
    low = (_least(a, b, c) - 0.5).ceil().clamp(min=0)
    high = (_most(a, b, c) - 0.5).floor()
    high = torch.minimum(high, high.new_tensor([width - 1, height - 1]))
    corners = torch.stack([a, b, c], dim=1) - (low + 0.5)[:, None]
    planes = _planes(corners, depth[faces[visible]])  # [T, 3, 3]
    low, extent = low.long(), (high - low + 1).clamp(min=0).long()
    buffer = torch.full((width * height,), -1, dtype=torch.int64, device=points.device)
    for part in _batches(extent.prod(-1)):
        _draw(buffer, planes[part], low[part], extent[part], part.start, width)
    sample = (buffer >= 0).nonzero()[:, 0]
    triangle = buffer[sample] & 0xFFFFFFFF
    x, y = sample % width - low[triangle, 0], sample // width - low[triangle, 1]
    plane = planes[triangle]
    share = plane[..., 0] * x[:, None] + plane[..., 1] * y[:, None] + plane[..., 2]
    share = share.clamp(min=0)
    over_depth = _total(share)
    return Coverage(sample, visible[triangle], share / over_depth[:, None], 1 / over_depth)


def _front_faces(points: Tensor, depth: Tensor, faces: Tensor, width: int, height: int) -> Tensor:
    """Indices of the triangles towards the camera, before it, and within the grid."""
    (ax, ay), (bx, by), (cx, cy) = (points[corner].T for corner in faces.T)
    front = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) < -1e-6
    inside = (_most(ax, bx, cx) > 0) & (_most(ay, by, cy) > 0)
    inside &= (_least(ax, bx, cx) < width) & (_least(ay, by, cy) < height)
    usable = (depth > NEAR)[faces.T].all(0)
    return (front & inside & usable).nonzero()[:, 0]


def _least(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    return torch.minimum(torch.minimum(a, b), c)


def _most(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    return torch.maximum(torch.maximum(a, b), c)


def _total(corners: Tensor) -> Tensor:
    """The sum of [N, 3] over the corners; much faster than a reduction of three."""
    return corners[:, 0] + corners[:, 1] + corners[:, 2]


def _planes(corners: Tensor, z: Tensor) -> Tensor:
    """[T, 3, 3]: (p, q, r) per corner, p·x + q·y + r = barycentric weight ÷ corner's depth.

    The weights' sum over the corners is 1/z of the surface, exactly linear on the screen.
    """
    after, last = corners.roll(-1, 1), corners.roll(-2, 1)
    p, q = after[..., 1] - last[..., 1], last[..., 0] - after[..., 0]
    r = after[..., 0] * last[..., 1] - after[..., 1] * last[..., 0]
    return torch.stack([p, q, r], dim=-1) / (_total(r)[:, None] * z)[..., None]


def _batches(count: Tensor) -> list[slice]:
    """Slices of triangles whose boxes hold a bounded number of samples together."""
    if not len(count):
        return []
    group = (count.cumsum(0) - 1).clamp(min=0) // SAMPLES_AT_ONCE
    ends = torch.unique_consecutive(group, return_counts=True)[1].cumsum(0).tolist()
    return [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]


def _draw(
    buffer: Tensor, planes: Tensor, low: Tensor, extent: Tensor, first: int, width: int
) -> None:
    """Enter the nearest surface of these triangles: (1/z as bits, triangle) in one integer."""
    triangle, y = _expand(extent[:, 1])  # one entry per triangle and row
    slope = planes[..., 0][triangle]  # [rows, 3]
    level = planes[..., 1][triangle] * y[:, None] + planes[..., 2][triangle]
    # along a row each weight is slope·x + level ≥ 0: a bound from the left or from the right
    bound = -level / slope
    start = _most(*bound.masked_fill(slope <= 0, -torch.inf).unbind(-1)).ceil().clamp(min=0)
    stop = _least(*bound.masked_fill(slope >= 0, torch.inf).unbind(-1)).floor()
    stop = torch.minimum(stop, extent[triangle, 0] - 1.0)
    length = (stop - start + 1).clamp(min=0)
    length = length.masked_fill(((slope == 0) & (level < 0)).any(-1), 0).long()
    row, x = _expand(length)  # one entry per covered sample
    x = x + start.long()[row]
    over_depth = _total(slope)[row] * x + _total(level)[row]
    key = (over_depth.view(torch.int32).long() << 32) | (triangle + first)[row]
    place = ((low[triangle, 1] + y) * width + low[triangle, 0])[row] + x
    buffer.scatter_reduce_(0, place, key, "amax")


def _expand(count: Tensor) -> tuple[Tensor, Tensor]:
    """Each index as often as it counts, and the running number within it."""
    owner = torch.repeat_interleave(count)
    first = count.cumsum(0) - count
    return owner, torch.arange(len(owner), device=count.device) - first[owner]
