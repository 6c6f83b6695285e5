"""A scene with a depth map, as a relief around the scene camera."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.geometry.continuation import continue_picture
from dynascene.geometry.panorama import PanoramaWindow, angles_from_directions
from dynascene.geometry.picture import PictureCamera

SEARCH_STEPS = 48  # points tried along a ray
REFINEMENTS = 5  # halvings of the interval in which the ray passes behind the relief


@dataclass(frozen=True)
class Relief:
    """The surface at ``distance`` from the scene camera in every direction.

    Attributes:
        window: a full circle or part of it; beyond its borders the border's distance holds.
        distance: [1, H, W] of the window, positive, in track units.
        height: of the scene camera above the ground.
    """

    window: PanoramaWindow
    distance: Tensor
    height: float
    is_convex: ClassVar[bool] = False

    def hit(self, origins: Tensor, directions: Tensor) -> Tensor:
        """The points [..., 3] where rays first pass behind the relief.

        A ray that starts behind it (in the shadow of something near) is followed until it has come
        out and passes behind it again, or to the largest distance. A crossing between two of the
        SEARCH_STEPS points can be missed.

        Args:
            origins, directions: [..., 3].
        """
        unit = directions / directions.norm(dim=-1, keepdim=True)
        if not origins.any():  # from the scene camera every direction has its distance
            return self._distance_towards(unit)[..., None] * unit
        nearest, farthest = float(self.distance.min()), float(self.distance.max())
        along = (origins * unit).sum(-1)
        foot = origins - along[..., None] * unit  # where the line is nearest to the scene camera
        miss = foot.norm(dim=-1)
        # even steps in asinh: far from the foot each is the same share of the distance, near it,
        # where the ray sweeps over the relief, they are as long as the ray is near
        scale = miss.clamp_min(nearest)

        def point(step: Tensor) -> Tensor:
            return foot + (scale * step.sinh())[..., None] * unit

        clear = origins.norm(dim=-1) < nearest  # nothing stands within the nearest distance
        start = _half_chord(nearest, miss).where(clear, along)
        end = torch.maximum(_half_chord(farthest, miss), start)
        first, last = (start / scale).asinh(), (end / scale).asinh()
        return point(self._passage(point, first, last, ~clear))

    def _passage(
        self, point: Callable[[Tensor], Tensor], first: Tensor, last: Tensor, was_behind: Tensor
    ) -> Tensor:
        """The first step at which ``point`` comes to be behind the relief, else the last."""
        before, inner, outer = first, last, last
        searching = torch.ones_like(was_behind)
        for share in torch.linspace(0, 1, SEARCH_STEPS).tolist():
            step = torch.lerp(first, last, share)
            behind = self._is_behind(point(step))
            passed = behind & ~was_behind & searching
            inner, outer = before.where(passed, inner), step.where(passed, outer)
            searching = searching & ~passed
            before, was_behind = step, behind
        for _ in range(REFINEMENTS):
            middle = (inner + outer) / 2
            behind = self._is_behind(point(middle))
            inner, outer = inner.where(behind, middle), middle.where(behind, outer)
        return outer

    def contains(self, points: Tensor, margin: float = 0.0) -> Tensor:
        """Whether [..., 3] lie in front of the relief, by a share ``margin``."""
        return points.norm(dim=-1) < self._distance_towards(points) * (1 - margin)

    def _is_behind(self, points: Tensor) -> Tensor:
        return points.norm(dim=-1) >= self._distance_towards(points)

    def _distance_towards(self, points: Tensor) -> Tensor:
        grid = self.window.normalised(*angles_from_directions(points)).to(self.distance)
        flat = grid.reshape(1, 1, -1, 2)
        sampled = F.grid_sample(
            self.distance[None], flat, padding_mode="border", align_corners=False
        )
        return sampled.reshape(points.shape[:-1]).to(points)


def _half_chord(radius: float, miss: Tensor) -> Tensor:
    """Half the chord that a ball cuts from lines passing its centre at ``miss``; 0 outside."""
    return (radius**2 - miss**2).clamp_min(0).sqrt()


def relief_from_depth(depth: Tensor, camera: PictureCamera, degrees_per_pixel: float) -> Relief:
    """The relief of a picture and its continuation.

    Args:
        depth: [1, H, W], along the camera's axis, of any size with the picture's shape; positive.
    """
    window = PanoramaWindow(
        0.0, math.pi, -math.pi / 2, math.pi / 2, 1 / math.radians(degrees_per_pixel)
    )
    azimuth, depression = window.pixel_angles()
    beta, alpha = torch.meshgrid(depression, azimuth, indexing="ij")
    pixel, _, distance_ratio = continue_picture(camera, alpha, beta)
    grid = pixel / pixel.new_tensor(tuple(camera.size)) * 2 - 1
    z = F.grid_sample(depth[None], grid[None].to(depth), padding_mode="border", align_corners=False)
    # distance along the ray = z / cos of its angle with the picture camera's axis, read where the
    # continuation shows it
    offset = (pixel - pixel.new_tensor(tuple(camera.size)) / 2) / camera.focal
    distance = z[0] * (1 + (offset**2).sum(-1)).sqrt() * distance_ratio
    return Relief(window, distance, _ground_height(depth, camera))


def _ground_height(depth: Tensor, camera: PictureCamera) -> float:
    """Height of the camera above the lowest tenth of the picture, at least 0.02."""
    rows, columns = depth.shape[-2:]
    points = camera.rays(rows, columns) * depth[0, ..., None]
    below = (points @ camera.scene_from_picture.float().mT)[..., 1]
    return max(0.02, float(below[rows * 9 // 10 :].median()))
