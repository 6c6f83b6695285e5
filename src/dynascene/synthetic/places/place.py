"""What a place is: something that rays can be cast into.

F frames, H W pixels.
"""

from typing import Protocol

from torch import Tensor

from dynascene.geometry.rays import Rays
from dynascene.geometry.surface import Stage


class SyntheticPlace(Protocol):
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

    def scale(self, factor: float) -> "SyntheticPlace":
        """The same place with all lengths times a factor."""
        ...
