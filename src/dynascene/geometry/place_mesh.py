"""A lifted place as textured meshes, for programs that render triangles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.geometry.lifting import LiftedScene, SceneLayer
from dynascene.geometry.panorama import directions_from_angles
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.screen import Screen
from dynascene.imaging.pixels import bytes_from_tensor

CELLS = 256  # along the longer side of a picture
MOST_PIXELS = 4096  # along the longer side of a texture
FARTHEST = 1000.0  # track units: straight up, a round backdrop has no end


class PlaceMesh(NamedTuple):
    """One picture on one surface, as seen from the scene camera.

    points: [N, 3] float32 in the scene's world (y down, z ahead), in track units.
    coordinates: [N, 2] float32, of the points in the picture; 0 … 1 from its upper left corner.
    triangles: [M, 3] int32, numbers of points.
    picture: uint8 [H, W, 3], or [H, W, 4] where parts of it are not solid.
    """

    points: np.ndarray
    coordinates: np.ndarray
    triangles: np.ndarray
    picture: np.ndarray


def meshes_of(scene: LiftedScene) -> list[PlaceMesh]:
    """Layers and cards of a place, back to front, as far as the picture shows them."""
    return [_mesh(layer, scene.camera) for layer in reversed(scene.stack)]


def _mesh(layer: SceneLayer, camera: PictureCamera) -> PlaceMesh:
    height, width = layer.picture.shape[-2:]
    scale = CELLS / max(height, width)
    rows, columns = max(2, round(height * scale)), max(2, round(width * scale))
    across, down = torch.linspace(0, 1, columns + 1), torch.linspace(0, 1, rows + 1)
    v, u = torch.meshgrid(down, across, indexing="ij")
    directions = _directions(layer, camera, u, v)
    points = layer.surface.hit(torch.zeros_like(directions), directions)
    points *= (FARTHEST / points.norm(dim=-1, keepdim=True)).clamp(max=1)
    triangles = _triangles(rows, columns)
    if isinstance(layer.surface, Screen):  # beside the thing it stands at no place that means much
        shown = F.adaptive_max_pool2d(layer.picture[None, 4:], (rows, columns)) > 0
        triangles = triangles[shown.flatten().repeat_interleave(2).numpy()]
    return PlaceMesh(
        points.reshape(-1, 3).float().numpy(),
        torch.stack([u, v], dim=-1).reshape(-1, 2).numpy(),
        triangles,
        _texture(layer.picture),
    )


def _directions(layer: SceneLayer, camera: PictureCamera, u: Tensor, v: Tensor) -> Tensor:
    """Of shares of the picture's width and height, [..., 3] from the scene camera."""
    window = layer.window
    if window is None:
        return camera.directions_from_pixels(torch.stack([u, v], -1) * torch.tensor(camera.size))
    azimuth = window.centre_azimuth + window.half_width * (2 * u - 1)
    depression = window.top + (window.bottom - window.top) * v
    return directions_from_angles(azimuth, depression)


def _triangles(rows: int, columns: int) -> np.ndarray:
    """Two for each cell of a grid, cell by cell, that turn the same way, int32 [M, 3]."""
    corners = np.arange((rows + 1) * (columns + 1), dtype=np.int32).reshape(rows + 1, columns + 1)
    a, b, c, d = corners[:-1, :-1], corners[:-1, 1:], corners[1:, :-1], corners[1:, 1:]
    return np.stack([a, c, b, b, c, d], axis=-1).reshape(-1, 3)


def _texture(picture: Tensor) -> np.ndarray:
    """uint8 of a layer's picture [5, H, W]."""
    scale = MOST_PIXELS / max(picture.shape[-2:])
    if scale < 1:
        size = [round(side * scale) for side in picture.shape[-2:]]
        picture = F.interpolate(picture[None], size, mode="bilinear", antialias=True)[0]
    is_solid = bool((picture[4] == 1).all())
    return bytes_from_tensor(picture[:3] if is_solid else picture[[0, 1, 2, 4]])
