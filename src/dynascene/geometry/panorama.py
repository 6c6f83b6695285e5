"""Directions around a point: azimuth α (right of forward) and depression β (below the horizon).

The scene's world: origin at the scene camera, x right, y down along gravity, z forward. A
direction is (sin α cos β, sin β, cos α cos β). Angles are in radians.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from dynascene.types import Size


def wrap_angle(angle: Tensor) -> Tensor:
    """The same angle in [−π, π)."""
    return torch.remainder(angle + torch.pi, 2 * torch.pi) - torch.pi


def angles_from_directions(directions: Tensor) -> tuple[Tensor, Tensor]:
    """[..., 3] of any length → azimuth and depression, each [...]."""
    x, y, z = directions.unbind(-1)
    return torch.atan2(x, z), torch.atan2(y, torch.hypot(x, z))


def directions_from_angles(azimuth: Tensor, depression: Tensor) -> Tensor:
    """Azimuth and depression [...] → unit directions [..., 3]."""
    level = depression.cos()
    return torch.stack([azimuth.sin() * level, depression.sin(), azimuth.cos() * level], dim=-1)


@dataclass(frozen=True)
class PanoramaWindow:
    """A rectangle of the equirectangular panorama, as a pixel grid.

    centre_azimuth, half_width: its middle and half extent in azimuth; half_width = π is the
        full circle, whose left and right border are the same line.
    top, bottom: depressions of the borders, top < bottom.
    density: pixels per radian.
    """

    centre_azimuth: float
    half_width: float
    top: float
    bottom: float
    density: float

    @property
    def size(self) -> Size:
        return Size(
            max(1, round(2 * self.half_width * self.density)),
            max(1, round((self.bottom - self.top) * self.density)),
        )

    @property
    def is_full_circle(self) -> bool:
        return self.half_width >= torch.pi

    def pixel_angles(self) -> tuple[Tensor, Tensor]:
        """Azimuth [W] of the pixel columns' centres and depression [H] of the rows'."""
        width, height = self.size
        across = (torch.arange(width) + 0.5) / width * 2 - 1
        down = (torch.arange(height) + 0.5) / height
        azimuth = self.centre_azimuth + across * self.half_width
        return azimuth, self.top + down * (self.bottom - self.top)

    def normalised(self, azimuth: Tensor, depression: Tensor) -> Tensor:
        """Angles [...] → coordinates in [−1, 1] from border to border, [..., 2] (x, y)."""
        x = wrap_angle(azimuth - self.centre_azimuth) / self.half_width
        y = (depression - self.top) / (self.bottom - self.top) * 2 - 1
        return torch.stack([x, y], dim=-1)
