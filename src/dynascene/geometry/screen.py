"""An upright folding screen on the ground: the shape of a thing that stands in the place."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor


@dataclass(frozen=True)
class Screen:
    """Upright panels above a line of straight pieces on the ground.

    The first and the last panel go on without end, and each is seen from the front alone. Seen from
    the scene camera, at the origin, the line runs from the left to the right.

    Attributes:
        feet: [K, 2] float64, K ≥ 2: x and z of the line's corners on the ground.
        height: of the scene camera above the ground.
    """

    feet: Tensor
    height: float
    is_convex: ClassVar[bool] = False

    def hit(self, origins: Tensor, directions: Tensor) -> Tensor:
        """The points [..., 3] where rays first meet a panel from the front.

        Rays that meet none get a point behind the scene camera, where the screen shows nothing.

        Args:
            origins, directions: [..., 3].
        """
        length = torch.full_like(directions[..., 0], torch.inf)
        for panel in range(len(self.feet) - 1):
            length = torch.minimum(length, self._to_panel(panel, origins, directions))
        meets = length.isfinite()
        points = origins + length.where(meets, torch.zeros_like(length))[..., None] * directions
        return points.where(meets[..., None], self._behind.to(points))

    def contains(self, points: Tensor, margin: float = 0.0) -> Tensor:
        """Whether points [..., 3] lie in front of a panel, by a share ``margin`` of its distance.

        For a line that is bent towards the camera these are all points in front of the screen.
        """
        normals, distances = self._planes()
        ahead = points[..., ::2] @ normals.to(points).mT
        return (ahead < distances.to(points) * (1 - margin)).any(dim=-1)

    def _to_panel(self, panel: int, origins: Tensor, directions: Tensor) -> Tensor:
        """Lengths of rays until they meet one panel, [...]; ∞ where they do not."""
        start, end = self.feet[panel].to(origins), self.feet[panel + 1].to(origins)
        normal, distance = (values[panel].to(origins) for values in self._planes())
        o, d = origins[..., ::2], directions[..., ::2]
        # n·(o + s·d) = distance
        ahead = d @ normal
        meets = ahead > 1e-9
        length = (distance - o @ normal) / ahead.where(meets, torch.ones_like(ahead))
        along = end - start
        place = ((o + length[..., None] * d - start) @ along) / along.square().sum()
        meets = meets & (length > 0)
        if panel > 0:
            meets = meets & (place >= 0)
        if panel < len(self.feet) - 2:
            meets = meets & (place <= 1)
        return length.where(meets, torch.full_like(length, torch.inf))

    def _planes(self) -> tuple[Tensor, Tensor]:
        """Unit normals [K − 1, 2] of the panels, away from the camera, and distances [K − 1]."""
        along = self.feet.diff(dim=0)
        normals = torch.stack([-along[:, 1], along[:, 0]], dim=-1)
        normals = normals / normals.norm(dim=-1, keepdim=True)
        return normals, (normals * self.feet[:-1]).sum(-1)

    @property
    def _behind(self) -> Tensor:
        x, z = (-self.feet.mean(dim=0)).tolist()
        return torch.tensor([x, 0.0, z], dtype=self.feet.dtype)
