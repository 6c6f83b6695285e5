"""A place of ground, backdrop and upright cards: parallax and occlusion, known exactly.

F frames, H W pixels of a frame, N the pixels that meet a surface.
"""

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.geometry.rays import Rays
from dynascene.geometry.surface import Stage
from dynascene.synthetic.places.place import SyntheticPlace

PATCHES, PATCH_BLUR = 5.3, 8.0  # tiles per patch, and texels over which those are blurred
NEAREST_SHARE = 0.6  # of the way to the nearest card is free for the camera


@dataclass(frozen=True)
class Tiles:
    """A tiling texture.

    Attributes:
        levels: [3, h, w], each half the last one.
        side: of a tile, units.
        turn: radians.
    """

    levels: tuple[Tensor, ...]
    side: float
    turn: float

    def sample(self, x: Tensor, z: Tensor, footprint: Tensor) -> Tensor:
        """The colours of points on the ground.

        Args:
            x, z: [N] units.
            footprint: [N] units that a pixel covers there.

        Returns:
            [3, N].
        """
        c, s = math.cos(self.turn) / self.side, math.sin(self.turn) / self.side
        place = torch.stack([c * x - s * z, s * x + c * z], dim=-1)
        texels = footprint / self.side * self.levels[0].shape[-1]
        colour = self._at(place, texels)
        # the same pattern, larger and blurred, as patches: a plain would look flat without
        patches = self._at(place / PATCHES, (texels / PATCHES).clamp_min(PATCH_BLUR))
        return colour * (patches / self.levels[-1].to(x).reshape(3, 1)).clamp(0.5, 1.8)

    def _at(self, place: Tensor, texels: Tensor) -> Tensor:
        place = torch.remainder(place, 1)
        level = torch.log2(texels.clamp_min(1)).clamp(max=len(self.levels) - 1)
        colour = place.new_zeros(3, len(place))
        for index, texture in enumerate(self.levels):
            weight = (1 - (level - index).abs()).clamp_min(0)
            here = weight.nonzero()[:, 0]
            if len(here):
                colour[:, here] += weight[here] * _sample_tiled(texture.to(place), place[here])
        return colour


def tile_levels(texture: Tensor) -> tuple[Tensor, ...]:
    """A texture [3, h, w] and its halves, down to a single pixel."""
    levels = [texture]
    while min(levels[-1].shape[-2:]) > 1:
        levels.append(F.avg_pool2d(levels[-1][None], 2)[0])
    return tuple(levels)


def _sample_tiled(texture: Tensor, place: Tensor) -> Tensor:
    """Bilinear, without a seam: [3, h, w] at [N, 2] in 0 … 1 → [3, N]."""
    tile = F.pad(texture[None], (1, 1, 1, 1), mode="circular")
    size = place.new_tensor([texture.shape[-1], texture.shape[-2]])
    grid = (place * size + 1) / (size + 2) * 2 - 1
    return F.grid_sample(tile, grid[None, None], align_corners=False)[0, :, 0]


@dataclass(frozen=True)
class Cyclorama:
    """A textured ground and a picture on the round wall.

    Attributes:
        stage: ground and wall.
        ground: its texture.
        wall: uint8 [3, H, W], spread over ``span`` radians and mirrored beyond.
        span: radians.
        ground_row: share of the picture's height that lies at the level of the horizon.
        turn: radians that the picture's middle lies to the right of forward.
    """

    stage: Stage
    ground: Tiles
    wall: Tensor
    span: float
    ground_row: float
    turn: float

    def render(self, rays: Rays) -> tuple[Tensor, Tensor]:
        """Colour [F, 3, H, W] sRGB 0 … 1 and depth [F, 1, H, W]."""
        points = self.stage.hit(rays.origins.expand_as(rays.directions), rays.directions)
        depth = rays.depth_of(points)
        on_ground = points[..., 1] > self.stage.height * (1 - 1e-4)
        colour = rays.directions.new_empty(3, depth.numel())
        here, there = on_ground.flatten().nonzero()[:, 0], (~on_ground).flatten().nonzero()[:, 0]
        flat = points.reshape(-1, 3)
        x, _, z = flat[here].unbind(-1)
        colour[:, here] = self.ground.sample(x, z, rays.ground_footprint(depth).flatten()[here])
        colour[:, there] = self._wall_colour(flat[there])
        colour = colour.unflatten(1, depth.shape).movedim(0, 1)
        return colour.clamp(0, 1), depth[:, None]

    def _wall_colour(self, points: Tensor) -> Tensor:
        height, width = self.wall.shape[-2:]
        density = width / self.span  # pixels per radian at the level of the horizon
        azimuth = torch.atan2(points[:, 0], points[:, 2]) - self.turn
        column = azimuth * density + width / 2
        row = points[:, 1] / self.stage.radius * density + self.ground_row * height
        # mirrored beyond its borders: 0 → 1 → 0 over two pictures
        place = torch.stack([column / width, row / height], dim=-1)
        place = 1 - (torch.remainder(place, 2) - 1).abs()
        picture = (self.wall.to(points.device).float() / 255)[None]
        grid = (place * 2 - 1)[None, None]
        return F.grid_sample(
            picture, grid, mode="bicubic", padding_mode="border", align_corners=False
        )[0, :, 0]

    def contains(self, points: Tensor) -> Tensor:
        """Whether a camera may stand there: [..., 3] → [...]."""
        return self.stage.contains(points, margin=0.45)

    def narrowest_fov(self, width: int) -> float:
        """Degrees across a frame of so many pixels below which it would look blurred."""
        return 0.0

    def scale(self, factor: float) -> "Cyclorama":
        """The same place with all lengths times a factor."""
        tiles = replace(self.ground, side=self.ground.side * factor)
        return replace(self, stage=self.stage.scale(factor), ground=tiles)


@dataclass(frozen=True)
class Card:
    """An upright picture on the ground.

    Attributes:
        picture: [4, h, w], colour and alpha.
        x, z: the middle of its foot, units.
        turn: radians about the vertical.
        width, height: units.
    """

    picture: Tensor
    x: float
    z: float
    turn: float
    width: float
    height: float

    def lay_over(self, colour: Tensor, depth: Tensor, rays: Rays, ground: float) -> None:
        """Draw the card, in place, over pixels.

        Args:
            colour: [F·H·W, 3], changed.
            depth: [F·H·W], changed where the card is solid.
            rays: of the pixels.
            ground: its y, units.
        """
        foot = colour.new_tensor([self.x, ground, self.z])
        along = colour.new_tensor([math.cos(self.turn), 0, -math.sin(self.turn)])
        normal = colour.new_tensor([math.sin(self.turn), 0, math.cos(self.turn)])
        # n·(o + t·d) = n·foot
        facing = rays.directions @ normal
        t = ((foot - rays.origins) @ normal) / torch.where(facing.abs() < 1e-6, 1e-6, facing)
        point_y = rays.origins[..., 1] + t * rays.directions[..., 1]
        u = ((rays.origins - foot) @ along + t * (rays.directions @ along)) / self.width * 2
        v = (point_y - ground) / self.height * 2 + 1
        hits = ((t > 1e-3) & (u.abs() <= 1) & (v.abs() <= 1)).flatten().nonzero()[:, 0]
        if not len(hits):
            return
        grid = torch.stack([u.flatten()[hits], v.flatten()[hits]], dim=-1)[None, None]
        picture = self.picture.to(colour)[None]
        texel = F.grid_sample(picture, grid, padding_mode="border", align_corners=False)[0, :, 0].T
        colour[hits] = torch.lerp(colour[hits], texel[:, :3], texel[:, 3:])
        depth[hits] = torch.where(texel[:, 3] > 0.5, t.flatten()[hits], depth[hits])


@dataclass(frozen=True)
class LayeredPlace:
    """Cards on the ground before another place.

    Attributes:
        backdrop: a place with a stage.
        cards: far to near; a plane z = const lies between each two, so this order is right from
            everywhere before the nearest one.
    """

    backdrop: SyntheticPlace
    cards: tuple[Card, ...]

    @property
    def stage(self) -> Stage | None:
        """Ground and wall."""
        return self.backdrop.stage

    def render(self, rays: Rays) -> tuple[Tensor, Tensor]:
        """Colour [F, 3, H, W] sRGB 0 … 1 and depth [F, 1, H, W]."""
        colour, depth = self.backdrop.render(rays)
        stage = self.backdrop.stage
        if stage is None:
            return colour, depth
        flat = colour.movedim(1, -1).reshape(-1, 3)
        depth = depth.flatten()
        for card in self.cards:
            card.lay_over(flat, depth, rays, stage.height)
        shape = rays.directions.shape[:-1]
        return flat.reshape(*shape, 3).movedim(-1, 1), depth.reshape(shape)[:, None]

    def contains(self, points: Tensor) -> Tensor:
        """Whether a camera may stand there: [..., 3] → [...]."""
        nearest = min((card.z for card in self.cards), default=math.inf)
        return self.backdrop.contains(points) & (points[..., 2] < NEAREST_SHARE * nearest)

    def narrowest_fov(self, width: int) -> float:
        """Degrees across a frame of so many pixels below which it would look blurred."""
        return self.backdrop.narrowest_fov(width)

    def scale(self, factor: float) -> "LayeredPlace":
        """The same place with all lengths times a factor."""
        cards = tuple(
            replace(
                card,
                x=card.x * factor,
                z=card.z * factor,
                width=card.width * factor,
                height=card.height * factor,
            )
            for card in self.cards
        )
        return LayeredPlace(self.backdrop.scale(factor), cards)
