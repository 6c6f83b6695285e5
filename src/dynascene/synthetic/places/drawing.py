"""Random places, made of the pictures of one split, with the ground below the origin.

Lengths are metres. Every function gives the name of the picture that a place is made of, and the
place.
"""

import math
from functools import partial

import numpy as np
import torch
from torch import Tensor

from dynascene.geometry.surface import Stage
from dynascene.synthetic.places.layered import (
    Card,
    Cyclorama,
    LayeredPlace,
    Tiles,
    tile_levels,
)
from dynascene.synthetic.places.library import TEXTURE_WIDTH, Category, Library
from dynascene.synthetic.places.panorama import PanoramaPlace
from dynascene.synthetic.places.silhouettes import SILHOUETTES, silhouette

PHOTO_WIDTH = 5  # of a backdrop over some 100 degrees, in pixels per pixel of a frame's width
CAMERA_HEIGHTS = (1.1, 2.3)  # metres above the ground
# To the wall, in heights of the camera. What stands on the ground of a panorama lies on the ground
# if the wall is farther away than it, and would be smeared by a camera that comes near.
RADII = (3.5, 11.0)


def draw_turn(library: Library, rng: np.random.Generator) -> tuple[str, PanoramaPlace]:
    """A random panorama, infinitely far, in which cameras only turn: its picture's name, and it."""
    return draw_panorama(library, rng, None)


def draw_stage(library: Library, rng: np.random.Generator) -> tuple[str, PanoramaPlace]:
    """A random panorama on a random ground and wall: its picture's name, and the place."""
    return draw_panorama(library, rng, _random_stage(rng))


def draw_layered(library: Library, rng: np.random.Generator) -> tuple[str, LayeredPlace]:
    """Cards before a panorama or a photograph: the backdrop's name, and the place."""
    stage = _random_stage(rng)
    draw_backdrop = draw_panorama if rng.random() < 0.4 else draw_cyclorama
    name, backdrop = draw_backdrop(library, rng, stage)
    return name, LayeredPlace(backdrop, _cards(library, rng, stage))


def _random_stage(rng: np.random.Generator) -> Stage:
    camera_height = rng.uniform(*CAMERA_HEIGHTS)
    return Stage(camera_height, camera_height * math.exp(rng.uniform(*np.log(RADII))))


def draw_panorama(
    library: Library, rng: np.random.Generator, stage: Stage | None
) -> tuple[str, PanoramaPlace]:
    """A random panorama, randomly turned and mirrored.

    Args:
        library, rng: where pictures come from, and what draws them.
        stage: ground and wall; None = infinitely far.

    Returns:
        The picture's name, and the place.
    """
    name, levels = library.draw_panorama(rng)
    return name, PanoramaPlace(
        levels, rng.uniform(-math.pi, math.pi), bool(rng.random() < 0.5), stage
    )


def draw_cyclorama(
    library: Library, rng: np.random.Generator, stage: Stage
) -> tuple[str, Cyclorama]:
    """A random photograph on the wall and a random texture on the ground.

    Args:
        library, rng: where pictures come from, and what draws them.
        stage: ground and wall.

    Returns:
        The photograph's name, and the place.
    """
    name, wall = library.draw("photo", rng, PHOTO_WIDTH * library.width)
    texture = library.draw("texture", rng, TEXTURE_WIDTH).picture
    ground = ground_tiles(texture, rng.uniform(1.0, 4.0), rng.uniform(0, 2 * math.pi))
    return name, Cyclorama(
        stage=stage,
        ground=ground,
        wall=wall.flip(-1) if rng.random() < 0.5 else wall,
        span=math.radians(rng.uniform(75, 115)),
        ground_row=rng.uniform(0.5, 0.8),
        turn=math.radians(rng.uniform(-25, 25)),
    )


def ground_tiles(texture: Tensor, side: float, turn: float) -> Tiles:
    """A picture as tiles.

    Args:
        texture: uint8 [3, H, W].
        side: of a tile, units.
        turn: radians.

    Returns:
        The tiles, with a side of a power of two texels.
    """
    size = 2 ** round(math.log2(min(texture.shape[-2:])))
    square = torch.nn.functional.interpolate(
        texture[None].float() / 255, (size, size), mode="bilinear", antialias=True
    )[0]
    return Tiles(tile_levels(square), side, turn)


def _cards(library: Library, rng: np.random.Generator, stage: Stage) -> tuple[Card, ...]:
    """Up to eight cards at ever greater distances, none of which reaches the next one's depth."""
    cards: list[Card] = []
    z, step = rng.uniform(0.18, 0.4) * stage.radius, rng.uniform(1.15, 1.6)
    draw = partial(_card, library, rng)
    while z < 0.85 * stage.radius and len(cards) < 8:
        side = 0.9 * math.sqrt((0.92 * stage.radius) ** 2 - z**2)
        x = float(np.clip(z * math.tan(math.radians(rng.uniform(-55, 55))), -side, side))
        if abs(x) > 0.25 * z or rng.random() < 0.4:  # the middle is mostly left free
            cards.append(draw(x, z, 0.45 * (z - z / step), stage.radius))
        z *= step
    return tuple(reversed(cards))


def _card(
    library: Library, rng: np.random.Generator, x: float, z: float, thick: float, radius: float
) -> Card:
    """A card at (x, z) that reaches at most ``thick`` before and behind its middle."""
    kind = str(rng.choice(SILHOUETTES))
    height = {"post": 2.6, "bush": 1.1, "board": 2.2, "house": 3.6, "tree": 4.2}[kind]
    height *= math.exp(rng.normal(0, 0.3))
    shape = {"post": (0.06, 0.15), "bush": (0.9, 1.8), "house": (0.9, 2.2), "tree": (0.5, 0.9)}
    width = height * rng.uniform(*shape.get(kind, (0.4, 2.5)))
    width = min(width, 0.8 * z, 0.5 * (radius - math.hypot(x, z)) + 0.5)
    turn = math.asin(min(1.0, 2 * thick / width)) * rng.uniform(-1, 1)
    # as many pixels as it fills from the origin, for a focal length of a frame's width
    rows = int(np.clip(1.1 * library.width * height / z, 8, 2 * library.width))
    columns = max(4, round(rows * width / height))
    colour = _cloth(library, rng, rows, columns)
    alpha = silhouette(rng, kind, rows, columns)
    return Card(torch.cat([colour, alpha[None]]), x, z, turn, width, height)


def _cloth(library: Library, rng: np.random.Generator, rows: int, columns: int) -> Tensor:
    """A random piece of a photograph or texture, [3, rows, columns] float."""
    category: Category = "photo" if rng.random() < 0.5 else "texture"
    picture = library.draw(category, rng, TEXTURE_WIDTH).picture
    height, width = picture.shape[-2:]
    scale = min(width / columns, height / rows) * rng.uniform(0.4, 1.0)
    tall, wide = max(2, int(rows * scale)), max(2, int(columns * scale))
    top, left = (
        int(rng.integers(n + 1)) for n in (height - min(tall, height), width - min(wide, width))
    )
    piece = picture[:, top : top + tall, left : left + wide].float() / 255
    cloth = torch.nn.functional.interpolate(
        piece[None], (rows, columns), mode="bilinear", antialias=True
    )[0]
    return (cloth * rng.uniform(0.65, 1.1)).clamp(0, 1)
