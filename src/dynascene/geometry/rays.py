"""Rays through points of a camera's frame, in world axes.

Shapes: ``...`` any batch shape, F frames of a track, H W points down and across.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from dynascene.geometry.rigid import camera_centres
from dynascene.types import CameraTrack, Size


class Rays(NamedTuple):
    """The rays of all pixels of a track. All float32.

    Attributes:
        origins: [F, 1, 1, 3], the cameras' centres.
        directions: [F, H, W, 3] in the world, of length 1 along the camera's axis, so that a
            distance along a ray is a depth.
        focal: [F, 1, 1], pixels.
    """

    origins: Tensor
    directions: Tensor
    focal: Tensor

    @property
    def largest_focal(self) -> float:
        """Pixels: of the frame that is most enlarged."""
        return float(self.focal.max())

    def depth_of(self, points: Tensor) -> Tensor:
        """Depth of points [F, H, W, 3] on the rays, [F, H, W]."""
        d = self.directions
        return ((points - self.origins) * d).sum(-1) / (d * d).sum(-1)

    def ground_footprint(self, depth: Tensor) -> Tensor:
        """How much of level ground a pixel covers.

        Args:
            depth: [F, H, W].

        Returns:
            [F, H, W], the geometric mean of its width and length there, in units.
        """
        descent = (self.directions[..., 1] / self.directions.norm(dim=-1)).clamp_min(1e-3)
        return depth / self.focal / descent.sqrt()


def pixel_centres(size: Size, like: Tensor) -> tuple[Tensor, Tensor]:
    """Columns u [W] and rows v [H] of the pixels' centres, in pixels: 0.5, 1.5, …"""
    u = torch.arange(size.width, dtype=like.dtype, device=like.device) + 0.5
    v = torch.arange(size.height, dtype=like.dtype, device=like.device) + 0.5
    return u, v


def border_to_border(size: Size, grid: Size, like: Tensor) -> tuple[Tensor, Tensor]:
    """Columns u and rows v of a coarse grid whose outer points lie on the frame's border."""
    u = torch.linspace(0, size.width, grid.width, dtype=like.dtype, device=like.device)
    v = torch.linspace(0, size.height, grid.height, dtype=like.dtype, device=like.device)
    return u, v


def ray_directions(rotation: Tensor, intrinsics: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Directions of the rays through (u, v): [..., H, W, 3], of length 1 along the view axis.

    Args:
        rotation: [..., 3, 3], world → camera.
        intrinsics: [..., 3, 3] in pixels; u [W], v [H] pixels.
    """
    fx, fy, cx, cy = (intrinsics[..., i, j, None] for i, j in ((0, 0), (1, 1), (0, 2), (1, 2)))
    x = ((u - cx) / fx)[..., None, :, None]
    y = ((v - cy) / fy)[..., :, None, None]
    right, down, ahead = (rotation[..., None, None, axis, :] for axis in range(3))
    return x * right + y * down + ahead  # Rᵀ·(x, y, 1): the rows of R are the camera's axes


def track_rays(track: CameraTrack, device: torch.device | str = "cpu") -> Rays:
    """Rays through the pixels' centres of each frame of a track.

    Args:
        track: the cameras.
        device: where the rays are made.

    Returns:
        The rays.
    """
    poses, k = track.cam_from_world.float().to(device), track.intrinsics.float().to(device)
    u, v = pixel_centres(track.size, like=poses)
    directions = ray_directions(poses[:, :3, :3], k, u, v)
    return Rays(camera_centres(poses)[:, None, None], directions, k[:, 0, 0, None, None])
