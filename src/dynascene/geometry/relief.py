"""A scene with a depth map: a relief around the scene camera, and what lies behind its edges."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.geometry.continuation import continue_picture
from dynascene.geometry.panorama import PanoramaWindow, angles_from_directions
from dynascene.geometry.picture import PictureCamera

SEARCH_STEPS = 40  # distances tried along a ray, evenly in inverse distance
REFINEMENTS = 5  # halvings of the interval in which the ray goes behind the relief


@dataclass(frozen=True)
class Relief:
    """The surface at ``distance`` from the scene camera in every direction.

    window: a full circle or part of it; beyond its borders the distance is that of the border.
    distance: [1, H, W] of the window, positive, in track units.
    height: of the scene camera above the ground.
    """

    window: PanoramaWindow
    distance: Tensor
    height: float

    def hit(self, origins: Tensor, directions: Tensor) -> Tensor:
        """Where rays from within the relief first pass behind it: [..., 3] twice → [..., 3]."""
        unit = directions / directions.norm(dim=-1, keepdim=True)
        near, far = float(self.distance.min()), float(self.distance.max())
        near = max(near, float(origins.norm(dim=-1).max()) + 1e-4)
        outer = torch.full_like(unit[..., 0], far)
        inner = torch.full_like(outer, near)
        found = torch.zeros_like(outer, dtype=torch.bool)
        previous = inner
        for inverse in torch.linspace(1 / near, 1 / max(far, near), SEARCH_STEPS).tolist():
            radius = torch.full_like(outer, 1 / inverse)
            behind = self._behind(origins, unit, radius)
            new = behind & ~found
            inner, outer = previous.where(new, inner), radius.where(new, outer)
            found |= behind
            previous = radius
        for _ in range(REFINEMENTS):
            middle = 2 / (1 / inner + 1 / outer)
            behind = self._behind(origins, unit, middle)
            inner, outer = inner.where(behind, middle), middle.where(behind, outer)
        return _point_at_radius(origins, unit, outer)

    def contains(self, points: Tensor, margin: float = 0.0) -> Tensor:
        """Whether [..., 3] lie in front of the relief, by a share ``margin``."""
        return points.norm(dim=-1) < self._distance_towards(points) * (1 - margin)

    def _behind(self, origins: Tensor, unit: Tensor, radius: Tensor) -> Tensor:
        return radius >= self._distance_towards(_point_at_radius(origins, unit, radius))

    def _distance_towards(self, points: Tensor) -> Tensor:
        grid = self.window.normalised(*angles_from_directions(points)).to(self.distance)
        flat = grid.reshape(1, 1, -1, 2)
        sampled = F.grid_sample(
            self.distance[None], flat, padding_mode="border", align_corners=False
        )
        return sampled.reshape(points.shape[:-1]).to(points)


def _point_at_radius(origins: Tensor, unit: Tensor, radius: Tensor) -> Tensor:
    """Where the rays are ``radius`` from the scene camera: |o + s·d| = r, the farther solution."""
    along = (origins * unit).sum(-1)
    s = -along + (along**2 - (origins**2).sum(-1) + radius**2).clamp_min(0).sqrt()
    return origins + s[..., None] * unit


def relief_from_depth(depth: Tensor, camera: PictureCamera, degrees_per_pixel: float) -> Relief:
    """The relief of a picture and its continuation.

    depth: [1, H, W], along the camera's axis, of any size with the picture's shape; positive.
    """
    window = PanoramaWindow(
        0.0, math.pi, -math.pi / 2, math.pi / 2, 1 / math.radians(degrees_per_pixel)
    )
    azimuth, depression = window.pixel_angles()
    beta, alpha = torch.meshgrid(depression, azimuth, indexing="ij")
    pixel, _, nearness = continue_picture(camera, alpha, beta)
    grid = pixel / pixel.new_tensor(tuple(camera.size)) * 2 - 1
    z = F.grid_sample(depth[None], grid[None].to(depth), padding_mode="border", align_corners=False)
    # distance along the ray = z / cos of its angle with the picture camera's axis, read where the
    # continuation shows it
    offset = (pixel - pixel.new_tensor(tuple(camera.size)) / 2) / camera.focal
    distance = z[0] * (1 + (offset**2).sum(-1)).sqrt() * nearness
    return Relief(window, distance, _ground_height(depth, camera))


def _ground_height(depth: Tensor, camera: PictureCamera) -> float:
    """Height of the camera over what the lowest tenth of the picture shows, at least 0.02."""
    rows, columns = depth.shape[-2:]
    points = camera.rays(rows, columns) * depth[0, ..., None]
    below = (points @ camera.scene_from_picture.float().mT)[..., 1]
    return max(0.02, float(below[rows * 9 // 10 :].median()))
