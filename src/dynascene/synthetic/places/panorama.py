"""A place as a photographed panorama: all that a turning camera reveals is known exactly.

F frames, H W pixels of a frame.
"""

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.geometry.panorama import angles_from_directions
from dynascene.geometry.rays import Rays
from dynascene.geometry.surface import Stage

MAGNIFICATION = 1.2  # pixels of a frame per pixel of the panorama, at most


@dataclass(frozen=True)
class PanoramaPlace:
    """An equirectangular panorama around the world's origin, its horizon in the middle row.

    Attributes:
        levels: uint8 [3, W/2, W], widest first.
        turn: radians that the panorama's middle column lies to the left of forward.
        mirrored: whether left and right are exchanged.
        stage: ground and wall that it is projected on from the origin; None = infinitely far.
    """

    levels: tuple[Tensor, ...]
    turn: float
    mirrored: bool
    stage: Stage | None

    def render(self, rays: Rays) -> tuple[Tensor, Tensor]:
        """Colour [F, 3, H, W] sRGB 0 … 1 and depth [F, 1, H, W], infinite without a stage."""
        if self.stage is None:
            towards = rays.directions
            depth = torch.full_like(towards[..., 0], torch.inf)
        else:
            towards = self.stage.hit(rays.origins.expand_as(rays.directions), rays.directions)
            depth = rays.depth_of(towards)
        azimuth, depression = angles_from_directions(towards)
        return self.sample(azimuth, depression, rays.largest_focal), depth[:, None]

    def sample(self, azimuth: Tensor, depression: Tensor, density: float) -> Tensor:
        """What lies in some directions.

        Reads the coarsest level that is dense enough, and converts only the part that is seen.

        Args:
            azimuth, depression: [F, H, W] radians.
            density: pixels per radian.

        Returns:
            [F, 3, H, W] sRGB 0 … 1.
        """
        level = next(
            (x for x in reversed(self.levels) if x.shape[-1] >= 2 * math.pi * density),
            self.levels[0],
        )
        height, width = level.shape[-2:]
        if self.mirrored:
            azimuth = -azimuth
        column = (azimuth + self.turn + math.pi) * (width / (2 * math.pi))
        row = (depression + math.pi / 2) * (height / math.pi)
        left, right = math.floor(float(column.min())) - 2, math.ceil(float(column.max())) + 2
        top = max(0, math.floor(float(row.min())) - 2)
        bottom = min(height, math.ceil(float(row.max())) + 2)
        columns = torch.arange(left, right, device=level.device) % width
        part = level[:, top:bottom].index_select(2, columns).to(azimuth.device).float() / 255
        x = (column - left) / (right - left) * 2 - 1
        y = (row - top) / (bottom - top) * 2 - 1
        grid = torch.stack([x, y], dim=-1)
        colour = F.grid_sample(
            part[None].expand(len(grid), -1, -1, -1), grid, mode="bicubic",
            padding_mode="border", align_corners=False,
        )  # fmt: skip
        return colour.clamp(0, 1)

    def contains(self, points: Tensor) -> Tensor:
        """Whether a camera may stand there: [..., 3] → [...]."""
        if self.stage is None:
            return torch.ones_like(points[..., 0], dtype=torch.bool)
        return self.stage.contains(points, margin=0.45)

    def narrowest_fov(self, width: int) -> float:
        """Degrees across a frame of so many pixels below which it would look blurred."""
        density = self.levels[0].shape[-1] / (2 * math.pi)
        return math.degrees(2 * math.atan(width / 2 / (MAGNIFICATION * density)))

    def scale(self, factor: float) -> "PanoramaPlace":
        """The same place with all lengths times a factor."""
        return replace(self, stage=None if self.stage is None else self.stage.scale(factor))
