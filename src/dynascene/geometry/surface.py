"""The scene lifted to 2.5-D: where a ray from the moving camera hits the place.

Without a depth map the place is a flat ground and an upright round backdrop on it (a stage). Both
are one continuous surface, so that nothing tears at the ground line.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import torch
from torch import Tensor


class Surface(Protocol):
    """Anything that a ray can hit, in the scene's world (see panorama.py)."""

    @property
    def height(self) -> float:
        """Height of the scene camera above the ground."""
        ...

    @property
    def is_convex(self) -> bool:
        """Whether the space in front of it is convex: rays side by side hit it side by side."""
        ...

    def hit(self, origins: Tensor, directions: Tensor) -> Tensor:
        """Origins and directions [..., 3] → the points where the rays hit it, [..., 3]."""
        ...

    def contains(self, points: Tensor, margin: float = 0.0) -> Tensor:
        """Whether points [..., 3] lie in front of it, by a share ``margin`` → [...]."""
        ...


@dataclass(frozen=True)
class Stage:
    """Ground plane y = ``height`` inside the radius ``radius``, an upright wall around it.

    The space above the ground and within the wall is convex: a ray that starts inside leaves it
    exactly once, at the nearer of the two surfaces.
    """

    height: float
    radius: float
    is_convex: ClassVar[bool] = True

    def hit(self, origins: Tensor, directions: Tensor) -> Tensor:
        distance = torch.minimum(
            self._to_ground(origins, directions), self._to_wall(origins, directions)
        )
        return origins + distance[..., None] * directions

    def _to_ground(self, origins: Tensor, directions: Tensor) -> Tensor:
        # o_y + s·d_y = height; rays that do not descend never meet the ground
        descent = directions[..., 1]
        down = descent > 1e-9
        distance = (self.height - origins[..., 1]) / descent.where(down, torch.ones_like(descent))
        return distance.where(down, torch.full_like(distance, torch.inf))

    def _to_wall(self, origins: Tensor, directions: Tensor) -> Tensor:
        # |o + s·d|² = radius² over x and z: the positive root of a·s² + 2b·s + c = 0, c < 0 inside
        ox, oz = origins[..., 0], origins[..., 2]
        dx, dz = directions[..., 0], directions[..., 2]
        a = (dx * dx + dz * dz).clamp_min(1e-12)
        b = ox * dx + oz * dz
        c = ox * ox + oz * oz - self.radius**2
        return ((b * b - a * c).clamp_min(0).sqrt() - b) / a

    def contains(self, points: Tensor, margin: float = 0.0) -> Tensor:
        """Whether [..., 3] lie above the ground and within the wall, by a share ``margin``."""
        above = points[..., 1] < self.height * (1 - margin)
        return above & (torch.hypot(points[..., 0], points[..., 2]) < self.radius * (1 - margin))

    def scale(self, factor: float) -> "Stage":
        return Stage(self.height * factor, self.radius * factor)
