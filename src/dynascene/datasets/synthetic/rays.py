"""The rays of all pixels of a camera track, and the places that they are cast into.

F frames, H W pixels.
"""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from dynascene.geometry.rays import pixel_centres, ray_directions
from dynascene.geometry.rigid import camera_centres
from dynascene.geometry.surface import Stage
from dynascene.types import CameraTrack


class Rays(NamedTuple):
    """origins: [F, 1, 1, 3], the cameras' centres. directions: [F, H, W, 3] in the world, of
    length 1 along the camera's axis, so that a distance along a ray is a depth. focal: [F, 1, 1],
    pixels. All float32."""

    origins: Tensor
    directions: Tensor
    focal: Tensor

    @property
    def largest_focal(self) -> float:
        return float(self.focal.max())

    def depth_of(self, points: Tensor) -> Tensor:
        """Depth of points [F, H, W, 3] on the rays, [F, H, W]."""
        d = self.directions
        return ((points - self.origins) * d).sum(-1) / (d * d).sum(-1)

    def ground_footprint(self, depth: Tensor) -> Tensor:
        """A pixel on level ground at a depth [F, H, W]: the geometric mean of its width and length
        there, in units, [F, H, W]."""
        descent = (self.directions[..., 1] / self.directions.norm(dim=-1)).clamp_min(1e-3)
        return depth / self.focal / descent.sqrt()


class Place(Protocol):
    """A place that can be seen from anywhere within it; the origin lies within."""

    @property
    def stage(self) -> Stage | None:
        """Ground and wall; None where the place is infinitely far."""
        ...

    def render(self, rays: Rays) -> tuple[Tensor, Tensor]:
        """Colour [F, 3, H, W] sRGB 0 … 1 and depth [F, 1, H, W]."""
        ...

    def contains(self, points: Tensor) -> Tensor:
        """Whether a camera may stand there: [..., 3] → [...]."""
        ...

    def narrowest_fov(self, width: int) -> float:
        """Degrees across a frame of so many pixels below which it would look blurred."""
        ...

    def scaled(self, factor: float) -> "Place": ...


def track_rays(track: CameraTrack, device: torch.device | str = "cpu") -> Rays:
    """Rays through the pixels' centres of each frame of a track."""
    poses, k = track.cam_from_world.float().to(device), track.intrinsics.float().to(device)
    u, v = pixel_centres(track.size, like=poses)
    directions = ray_directions(poses[:, :3, :3], k, u, v)
    return Rays(camera_centres(poses)[:, None, None], directions, k[:, 0, 0, None, None])
