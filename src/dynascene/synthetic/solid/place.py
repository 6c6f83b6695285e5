"""A place with true volume: solids on the ground of another place.

F frames, H W pixels of a frame.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from dynascene.geometry.rays import Rays
from dynascene.geometry.surface import Stage
from dynascene.imaging.colour import linear_from_srgb, srgb_from_linear
from dynascene.synthetic.places.layered import Tiles
from dynascene.synthetic.places.panorama import PanoramaPlace
from dynascene.synthetic.places.place import SyntheticPlace
from dynascene.synthetic.solid.mesh import Box
from dynascene.synthetic.solid.renderer import render_solids
from dynascene.synthetic.solid.solids import Solids

CLEARANCE = 0.35  # metres that a camera keeps from a box


@dataclass(frozen=True)
class PavedPlace:
    """A panorama on its stage whose ground is paved up to a distance, and fades into its own.

    Attributes:
        panorama: the place.
        paving: the texture.
        tint: [3], factors on the paving's sRGB values.
        reach: units, where the paving ends.
    """

    panorama: PanoramaPlace
    paving: Tiles
    tint: Tensor
    reach: float

    @property
    def stage(self) -> Stage | None:
        """Ground and wall."""
        return self.panorama.stage

    def render(self, rays: Rays) -> tuple[Tensor, Tensor]:
        """Colour [F, 3, H, W] sRGB 0 … 1 and depth [F, 1, H, W]."""
        colour, depth = self.panorama.render(rays)
        stage = self.stage
        if stage is None:
            return colour, depth
        points = (rays.origins + depth.movedim(1, -1) * rays.directions).reshape(-1, 3)
        away = torch.hypot(points[:, 0], points[:, 2]) / self.reach
        on_paving = (points[:, 1] > stage.height * (1 - 1e-4)) & (away < 1)
        here = on_paving.nonzero()[:, 0]
        x, _, z = points[here].unbind(-1)
        paving_colour = self.paving.sample(x, z, rays.ground_footprint(depth[:, 0]).flatten()[here])
        share = ((1 - away[here]) / 0.6).clamp(max=1)
        flat = colour.movedim(1, 0).reshape(3, -1)
        tint = self.tint.to(flat)[:, None]
        flat[:, here] = torch.lerp(flat[:, here], (paving_colour * tint).clamp(0, 1), share)
        return flat.unflatten(1, depth[:, 0].shape).movedim(0, 1), depth

    def contains(self, points: Tensor) -> Tensor:
        """Whether a camera may stand there: [..., 3] → [...]."""
        return self.panorama.contains(points)

    def narrowest_fov(self, width: int) -> float:
        """Degrees across a frame of so many pixels below which it would look blurred."""
        return self.panorama.narrowest_fov(width)

    def scale(self, factor: float) -> "PavedPlace":
        """The same place with all lengths times a factor."""
        paving = replace(self.paving, side=self.paving.side * factor)
        return PavedPlace(self.panorama.scale(factor), paving, self.tint, self.reach * factor)


@dataclass(frozen=True)
class SolidPlace:
    """Boxes, roofs and cards on the ground of a backdrop, whose stage lies around them all.

    Attributes:
        backdrop: a place with a stage.
        solids: in metres.
        boxes: those that a camera must stay out of, in metres.
        metre: its length in the place's unit.
    """

    backdrop: SyntheticPlace
    solids: Solids
    boxes: tuple[Box, ...]
    metre: float = 1.0

    @property
    def stage(self) -> Stage | None:
        """Ground and wall."""
        return self.backdrop.stage

    def render(self, rays: Rays) -> tuple[Tensor, Tensor]:
        """Colour [F, 3, H, W] sRGB 0 … 1 and depth [F, 1, H, W]."""
        colour, depth = self.backdrop.render(rays)
        front = render_solids(self.solids, rays._replace(origins=rays.origins / self.metre))
        share = front.colour[:, 3:]  # solids hide the backdrop and are hidden by none of it
        edge = ((share > 0) & (share < 1)).expand_as(colour)
        light = front.colour[:, :3]
        light[edge] += ((1 - share).expand_as(colour)[edge]) * linear_from_srgb(colour[edge])
        colour = srgb_from_linear(light).where(share > 0, colour)
        return colour, torch.minimum(depth, front.depth * self.metre)

    def contains(self, points: Tensor) -> Tensor:
        """Whether a camera may stand there: [..., 3] → [...]."""
        inside = self.backdrop.contains(points)
        metres = points.double().cpu().numpy() / self.metre
        for box in self.boxes:
            across, along = box.local(metres[..., 0], metres[..., 2])
            height = self.solids.ground - metres[..., 1]
            hit = (
                (abs(across) < box.width / 2 + CLEARANCE)
                & (abs(along) < box.depth / 2 + CLEARANCE)
                & (height > box.bottom - CLEARANCE)
                & (height < box.top + box.ridge + CLEARANCE)
            )
            inside = inside & ~torch.from_numpy(hit).to(inside.device)
        return inside

    def narrowest_fov(self, width: int) -> float:
        """Degrees across a frame of so many pixels below which it would look blurred."""
        return self.backdrop.narrowest_fov(width)

    def scale(self, factor: float) -> "SolidPlace":
        """The same place with all lengths times a factor."""
        return replace(self, backdrop=self.backdrop.scale(factor), metre=self.metre * factor)
