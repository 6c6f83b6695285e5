"""Random places, made of the pictures of one split."""

import hashlib
import math
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.imagery import (
    SPLITS,
    ImageRecord,
    check_split,
    load_picture,
    read_manifest,
    shrink,
    training_folder,
)
from dynascene.datasets.synthetic.cutouts import SILHOUETTES, silhouette
from dynascene.datasets.synthetic.layered_world import (
    Card,
    Cyclorama,
    LayeredPlace,
    Tiles,
    tile_levels,
)
from dynascene.datasets.synthetic.panorama_world import PanoramaPlace
from dynascene.datasets.synthetic.procedural import procedural_panorama, procedural_texture
from dynascene.datasets.synthetic.rays import Place
from dynascene.geometry.surface import Stage

World = Literal["turn", "stage", "layered", "solid"]
Category = Literal["panorama", "photo", "texture"]
CHARACTER = "character"  # the manifest's category of animated people

PROCEDURAL_PLACES = 16  # of each category and split, where there is no imagery
PANORAMA_WIDTHS = (12, 8.5, 6, 4.25)  # levels, in pixels per pixel of a frame's width
PHOTO_WIDTH = 5  # of a backdrop over some 100 degrees, in pixels per pixel of a frame's width
TEXTURE_WIDTH = 512
PROCEDURAL_WIDTHS = {"panorama": 2048, "photo": 768, "texture": TEXTURE_WIDTH}
FIRST_PHOTO_SEED = 1000  # procedural photographs are parts of other panoramas than those of turns
CAMERA_HEIGHTS = (1.1, 2.3)  # metres above the ground
# To the wall, in heights of the camera. What stands on the ground of a panorama lies on the ground
# if the wall is farther away than it, and would be smeared by a camera that comes near.
RADII = (3.5, 11.0)


class Source(NamedTuple):
    """A picture and the name by which splits are kept apart."""

    name: str
    picture: Tensor


class Library:
    """The pictures of one split; procedural ones for each category that it lacks.

    folder: of training imagery, see ``training_folder``. width: of the frames, in pixels.
    Raises InputError for an unknown split or a folder without a good manifest.
    """

    def __init__(self, split: str, width: int, folder: Path | str | None = None) -> None:
        check_split(split)
        self.split = split
        self.width = width
        found = training_folder(folder)
        records = () if found is None else read_manifest(found)
        self._records: dict[str, list[ImageRecord]] = {}
        for record in records:
            if record.split == split:
                self._records.setdefault(record.category, []).append(record)

    @property
    def photographic(self) -> bool:
        """Whether there are pictures of the split, or procedural ones alone."""
        return bool(self._records)

    def identity(self) -> str:
        """Tells apart libraries of different pictures."""
        pictures = [record for records in self._records.values() for record in records]
        told = sorted((p.category, p.path.name, p.path.stat().st_size) for p in pictures)
        return hashlib.sha256(repr((self.split, told)).encode()).hexdigest()

    def names(self, category: Category) -> list[str]:
        """All places or surfaces of a category that may be drawn."""
        if category in self._records:
            return [record.path.name for record in self._records[category]]
        return [f"procedural-{n}" for n in self._seeds()]

    def _seeds(self) -> range:
        start = SPLITS.index(self.split) * PROCEDURAL_PLACES
        return range(start, start + PROCEDURAL_PLACES)

    def choose(self, category: Category, rng: np.random.Generator) -> int:
        """A random index into ``names``."""
        return int(rng.integers(len(self.names(category))))

    def picture(self, category: Category, number: int, width: int) -> Tensor:
        """A picture by its index into ``names``, at most so wide: uint8 [3, H, W]."""
        if category in self._records:
            return load_picture(self._records[category][number].path, width)
        widest = min(PROCEDURAL_WIDTHS[category], 2 * round(PANORAMA_WIDTHS[0] * self.width / 2))
        return shrink(_procedural(category, self._seeds()[number], widest), width)

    def characters(self) -> list[Path]:
        """Animated people of this split; none where there is no imagery."""
        return [record.path for record in self._records.get(CHARACTER, ())]

    def draw(self, category: Category, rng: np.random.Generator, width: int) -> Source:
        """A random picture of a category."""
        number = self.choose(category, rng)
        return Source(self.names(category)[number], self.picture(category, number, width))

    def draw_panorama(self, rng: np.random.Generator) -> tuple[str, tuple[Tensor, ...]]:
        """A random panorama's name and levels, widest first."""
        number = self.choose("panorama", rng)
        levels: list[Tensor] = []
        for share in PANORAMA_WIDTHS:
            level = self.picture("panorama", number, 2 * round(share * self.width / 2))
            if not levels or level.shape[-1] < levels[-1].shape[-1]:
                levels.append(level)
        return self.names("panorama")[number], tuple(levels)


@lru_cache(maxsize=4 * PROCEDURAL_PLACES)
def _procedural(category: Category, seed: int, width: int) -> Tensor:
    """uint8, at most ``width`` wide."""
    if category == "texture":
        picture = procedural_texture(seed, TEXTURE_WIDTH)
    elif category == "panorama":
        picture = procedural_panorama(seed, width)
    else:
        picture = procedural_panorama(seed + FIRST_PHOTO_SEED, 3 * width)
        # 120 degrees across, the horizon at three quarters of the height
        picture = picture[:, round(0.3 * width) : round(0.9 * width), width : 2 * width]
    return (picture * 255).round().to(torch.uint8)


def draw_place(world: World, library: Library, rng: np.random.Generator) -> tuple[str, Place]:
    """A random place in metres, its ground below the origin, and the name of what it is made of."""
    if world == "turn":
        return draw_panorama(library, rng, None)
    if world == "solid":  # which is made of this module's backdrops
        from dynascene.datasets.synthetic.solid_world import draw_solid

        return draw_solid(library, rng)
    camera_height = rng.uniform(*CAMERA_HEIGHTS)
    stage = Stage(camera_height, camera_height * math.exp(rng.uniform(*np.log(RADII))))
    if world == "stage":
        return draw_panorama(library, rng, stage)
    make = draw_panorama if rng.random() < 0.4 else draw_cyclorama
    name, backdrop = make(library, rng, stage)
    return name, LayeredPlace(backdrop, _cards(library, rng, stage))


def draw_panorama(
    library: Library, rng: np.random.Generator, stage: Stage | None
) -> tuple[str, PanoramaPlace]:
    """A random panorama's name, and the place."""
    name, levels = library.draw_panorama(rng)
    return name, PanoramaPlace(
        levels, rng.uniform(-math.pi, math.pi), bool(rng.random() < 0.5), stage
    )


def draw_cyclorama(
    library: Library, rng: np.random.Generator, stage: Stage
) -> tuple[str, Cyclorama]:
    """A random photograph's name, and the place with it on the wall and a texture on the ground."""
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
    """A uint8 picture [3, H, W] as tiles of ``side`` units."""
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
    fitted = torch.nn.functional.interpolate(
        piece[None], (rows, columns), mode="bilinear", antialias=True
    )[0]
    return (fitted * rng.uniform(0.65, 1.1)).clamp(0, 1)
