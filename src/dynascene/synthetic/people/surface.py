"""Smooth solids from a few blended shapes, and their surface as triangles.

A solid is a signed distance (negative inside). N points, G grid samples.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.interpolate import PchipInterpolator
from torch import Tensor

Point = tuple[float, float, float]
FAR = 1.0  # metres: the distance reported where no shape is near


@dataclass(frozen=True)
class Loft:
    """Ellipses strung along an axis: a limb, a trunk, or (with one station) an ellipsoid.

    Attributes:
        limb: "trunk" or "right_arm" … "left_leg".
        start, end: of the axis, metres.
        across, deep: half widths of the ellipses at even stations along it; ``across`` is measured
            along x as far as the axis allows.
        cap: how far the rounded ends reach beyond the axis.
        shift: the stations' displacement towards +deep.
        blend: metres over which the shape melts into those before it.
    """

    limb: str
    start: Point
    end: Point
    across: tuple[float, ...]
    deep: tuple[float, ...]
    cap: float
    shift: tuple[float, ...] = (0.0,)
    blend: float = 0.02

    def bounds(self) -> tuple[Tensor, Tensor]:
        """The corners [3] of a box around it."""
        ends = torch.tensor([self.start, self.end], dtype=torch.float32)
        margin = max(*self.across, *self.deep, self.cap) + max(map(abs, self.shift))
        return ends.amin(0) - margin, ends.amax(0) + margin

    def distance(self, points: Tensor) -> Tensor:
        """[N, 3] → about the distance to the surface, [N] (exact on it)."""
        start, end = points.new_tensor(self.start), points.new_tensor(self.end)
        axis = end - start
        length = axis.norm()
        axis = axis / length if length > 0 else points.new_tensor([0.0, 1.0, 0.0])
        side = points.new_tensor([1.0, 0.0, 0.0]) - axis[0] * axis
        side = side / side.norm()
        front = torch.linalg.cross(side, axis, dim=-1)
        offset = points - start
        along = offset @ axis
        at = along.clamp(min=0).clamp(max=float(length))
        share = at / length if length > 0 else torch.zeros_like(at)
        across, deep = _profile(self.across, share), _profile(self.deep, share)
        a = offset @ side
        b = offset @ front - _profile(self.shift, share)
        c = along - at
        a, b, c = a / across, b / deep, c / self.cap
        value = (a * a + b * b + c * c).sqrt()
        slope = ((a / across) ** 2 + (b / deep) ** 2 + (c / self.cap) ** 2).sqrt()
        inner = -torch.minimum(across, deep)
        return torch.where(slope > 1e-6, value * (value - 1) / slope.clamp(min=1e-6), inner)


def _profile(stations: tuple[float, ...], share: Tensor) -> Tensor:
    """Monotone cubic through even stations, read at shares 0 … 1."""
    if len(stations) == 1:
        return torch.full_like(share, stations[0])
    knots = np.linspace(0, 1, len(stations))
    table = torch.from_numpy(PchipInterpolator(knots, stations)(np.linspace(0, 1, 129))).to(share)
    place = share * 128
    index = place.long().clamp(max=127)
    return table[index] + (place - index) * (table[index + 1] - table[index])


Carve = Callable[[Tensor, Tensor], Tensor]  # (points [N, 3], distance [N]) → distance [N]


def blended_distance(lofts: Sequence[Loft], points: Tensor, carve: Carve | None = None) -> Tensor:
    """The signed distance to some blended shapes.

    Args:
        lofts: each melts into those before it.
        points: [N, 3] metres.
        carve: what changes the distance at the end.

    Returns:
        [N] metres, negative inside, at most FAR.
    """
    distance = torch.full_like(points[:, 0], FAR)
    for loft in lofts:
        low, high = loft.bounds()
        margin = loft.blend + 0.03
        near = ((points > low - margin) & (points < high + margin)).all(-1).nonzero()[:, 0]
        own = loft.distance(points[near])
        before = distance[near]
        overlap = (loft.blend - (own - before).abs()).clamp(min=0)
        distance[near] = torch.minimum(own, before) - overlap.square() / (4 * loft.blend)
    return distance if carve is None else carve(points, distance)


def extract_surface(
    distance: Callable[[Tensor], Tensor], low: Tensor, high: Tensor, voxel: float
) -> tuple[Tensor, Tensor]:
    """Surface nets: one vertex per grid cell that the surface crosses, then drawn onto the surface.

    Args:
        distance: [N, 3] → [N], negative inside.
        low, high: [3], corners of the grid.
        voxel: width of a cell, metres.

    Returns:
        Vertices [V, 3], and triangles [T, 3] that run counter-clockwise seen from outside.
    """
    axes = [torch.arange(float(a), float(b) + voxel, voxel) for a, b in zip(low, high, strict=True)]
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)
    values = distance(grid.reshape(-1, 3)).reshape(grid.shape[:3])
    cell, vertices = _cell_vertices(values)
    faces = _faces(values, cell)
    vertices = vertices * voxel + low
    for _ in range(3):
        normals = vertex_normals(vertices, faces)
        vertices = vertices - normals * distance(vertices)[:, None].clamp(-voxel, voxel)
    return vertices, faces


def vertex_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """Outward unit normals [V, 3], weighted by the triangles' areas."""
    a, b, c = vertices[faces].unbind(1)
    area = torch.linalg.cross(b - a, c - a, dim=-1)
    normals = torch.zeros_like(vertices)
    for corner in range(3):
        normals.index_add_(0, faces[:, corner], area)
    return torch.nn.functional.normalize(normals, dim=-1)


def _cell_vertices(values: Tensor) -> tuple[Tensor, Tensor]:
    """Each cell's vertex index (−1: none) [X−1, Y−1, Z−1]; vertices [V, 3] in grid units."""
    shape = [n - 1 for n in values.shape]
    corner_offsets = torch.cartesian_prod(*[torch.arange(2)] * 3)
    corners = torch.stack(
        [
            values[i : i + shape[0], j : j + shape[1], k : k + shape[2]]
            for i, j, k in corner_offsets.tolist()
        ]
    )  # [8, X−1, Y−1, Z−1]
    inside = (corners < 0).sum(0)
    crossings = ((inside > 0) & (inside < 8)).nonzero()
    cell = torch.full(shape, -1, dtype=torch.int64)
    cell[tuple(crossings.T)] = torch.arange(len(crossings))
    local = corners[(slice(None), *crossings.T)]  # [8, V]
    total, hits = torch.zeros(len(crossings), 3), torch.zeros(len(crossings))
    for i in range(8):
        for bit in (4, 2, 1):
            if i & bit:
                continue
            a, b = local[i], local[i | bit]
            crosses = (a < 0) != (b < 0)
            share = torch.where(crosses, a / (a - b).where(crosses, torch.ones_like(a)), 0.0)
            start, end = corner_offsets[i].float(), corner_offsets[i | bit].float()
            total += torch.where(crosses[:, None], start + share[:, None] * (end - start), 0.0)
            hits += crosses
    return cell, crossings + total / hits[:, None]


def _faces(values: Tensor, cell: Tensor) -> Tensor:
    """Two triangles around each grid edge that crosses the surface, [T, 3]."""
    faces = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        length = values.shape[axis] - 1
        a = values.narrow(axis, 0, length) < 0
        b = values.narrow(axis, 1, length) < 0
        edge = (a != b).nonzero()
        edge = edge[(edge[:, u] > 0) & (edge[:, v] > 0)]
        edge = edge[(edge[:, u] < values.shape[u] - 1) & (edge[:, v] < values.shape[v] - 1)]
        around = []
        for du, dv in ((-1, -1), (0, -1), (0, 0), (-1, 0)):
            place = edge.clone()
            place[:, u] += du
            place[:, v] += dv
            around.append(cell[tuple(place.T)])
        quad = torch.stack(around, dim=-1)
        leaving = a[tuple(edge.T)]
        quad = torch.where(leaving[:, None], quad, quad.flip(-1))
        faces += [quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]]
    return torch.cat(faces)
