"""Surfaces that things are made of: blocks, balls, tubes, rings, domes.

Metres, in a thing's own axes: x right, y down, z ahead, the ground at y = 0. V vertices (see
``solid.mesh``), T triangles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dynascene.synthetic.solid.mesh import VERTEX_FLOATS, Skin

CELLS = 12  # along a side of a block, and around half a tube


class Surface(NamedTuple):
    """Vertices float32 [V, 12] and triangles int32 [T, 3]."""

    vertices: np.ndarray
    triangles: np.ndarray


def point(right: float, up: float, ahead: float) -> np.ndarray:
    """A place in a thing's axes: [3]."""
    return np.array([right, -up, ahead])


def union(surfaces: Sequence[Surface]) -> Surface:
    """Several surfaces as one."""
    starts = np.cumsum([0, *(len(s.vertices) for s in surfaces[:-1])], dtype=np.int32)
    triangles = [s.triangles + start for s, start in zip(surfaces, starts, strict=True)]
    return Surface(np.concatenate([s.vertices for s in surfaces]), np.concatenate(triangles))


def block(
    size: tuple[float, float, float], skin: Skin, middle: np.ndarray, roundness: float = 12.0
) -> Surface:
    """A box with rounded edges, |x/a|ᵏ + |y/b|ᵏ + |z/c|ᵏ = 1.

    Args:
        size: width, height and depth.
        skin: its cover.
        middle: [3].
        roundness: k; 2 is an ellipsoid, ∞ a sharp box.
    """
    half = np.array(size) / 2
    across, down = np.meshgrid(*[np.linspace(-1, 1, CELLS + 1)] * 2)
    faces = []
    for axis in range(3):
        for side in (-1.0, 1.0):
            cube = np.insert(np.stack([across, down], -1), axis, side, axis=-1)
            unit = cube / (np.abs(cube) ** roundness).sum(-1, keepdims=True) ** (1 / roundness)
            normal = np.sign(unit) * np.abs(unit) ** (roundness - 1) / half
            extent = np.delete(half, axis)
            uv = (np.stack([across, down], -1) + 1) * extent / skin.side
            faces.append(_sheet(unit * half + middle, normal, uv, skin))
    return union(faces)


def tube(start: np.ndarray, end: np.ndarray, radius: float, skin: Skin) -> Surface:
    """A round bar between two points [3], open at its ends."""
    along = end - start
    side = np.cross(along, [1.0, 0.0, 0.0] if abs(along[0]) < 0.7 * _norm(along) else [0, 1.0, 0])
    side /= _norm(side)
    third = np.cross(along / _norm(along), side)
    angle = np.linspace(0, 2 * math.pi, 2 * CELLS + 1)[:, None, None]
    normal = np.cos(angle) * side + np.sin(angle) * third
    share = np.array([0.0, 1.0])[None, :, None]
    points = start + share * along + radius * normal
    turns = radius * angle + 0 * share
    uv = np.concatenate([turns, 0 * turns + share * _norm(along)], -1) / skin.side
    return _sheet(points, np.broadcast_to(normal, points.shape), uv, skin)


def ring(radius: float, thickness: float, skin: Skin, middle: np.ndarray) -> Surface:
    """A tyre that rolls ahead; ``radius`` is its outer one, ``thickness`` that of its bar."""
    around = np.linspace(0, 2 * math.pi, 4 * CELLS + 1)[:, None, None]
    bar = np.linspace(0, 2 * math.pi, CELLS + 1)[None, :, None]
    outward = np.cos(around) * np.array([0.0, 1.0, 0.0]) + np.sin(around) * np.array([0, 0, 1.0])
    normal = np.cos(bar) * outward + np.sin(bar) * np.array([1.0, 0.0, 0.0])
    points = middle + (radius - thickness / 2) * outward + thickness / 2 * normal
    uv = np.concatenate([radius * around + 0 * bar, thickness / 2 * bar + 0 * around], -1)
    return _sheet(points, normal, uv / skin.side, skin)


def dome(radius: float, height: float, skins: Sequence[Skin], top: np.ndarray) -> Surface:
    """A canopy of straight-edged panels, one skin each in turn, that opens downwards."""
    panels = []
    edges = np.linspace(0, 2 * math.pi, len(skins) + 1)
    for number, skin in enumerate(skins):
        share = np.linspace(0, 1, CELLS + 1)[:, None, None]  # from one rib to the next
        slope = np.linspace(1e-3, math.pi / 2, CELLS + 1)[None, :, None]
        ends = [np.array([math.cos(a), 0.0, math.sin(a)]) for a in edges[number : number + 2]]
        outward = (1 - share) * ends[0] + share * ends[1]
        points = top + radius * np.sin(slope) * outward
        points = points + height * (1 - np.cos(slope)) * np.array([0.0, 1.0, 0.0])
        normal = np.sin(slope) * outward - np.cos(slope) * np.array([0.0, radius / height, 0.0])
        uv = np.concatenate([share + 0 * slope, slope + 0 * share], -1) * radius / skin.side
        panels.append(_sheet(points, normal, uv, skin))
    return union(panels)


def _sheet(points: np.ndarray, normals: np.ndarray, uv: np.ndarray, skin: Skin) -> Surface:
    """A grid of points [R, C, 3] with normals of any length [R, C, 3] and texels [R, C, 2]."""
    rows, columns = points.shape[:2]
    vertices = np.empty((rows, columns, VERTEX_FLOATS), np.float32)
    vertices[..., :3] = points
    vertices[..., 3:6] = normals / np.linalg.norm(normals, axis=-1, keepdims=True)
    vertices[..., 6:8] = uv
    vertices[..., 8] = skin.layer
    vertices[..., 9:] = skin.tint
    number = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    corners = [number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]]
    triangles = [np.stack([corners[0], corners[k], corners[k + 1]], -1) for k in (1, 2)]
    return Surface(vertices.reshape(-1, VERTEX_FLOATS), np.concatenate(triangles).reshape(-1, 3))


def _norm(vector: np.ndarray) -> float:
    return float(np.linalg.norm(vector))
