"""The pictures that solids show: surfaces, bays of a facade, trees.

S texels of a picture's side; colours sRGB 0 … 1 until ``stacked``.
"""

from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.imaging.colour import linear_from_srgb
from dynascene.synthetic.places.library import Library
from dynascene.synthetic.solid.mesh import Skin
from dynascene.synthetic.solid.trees import bush_picture, tree_picture

Role = Literal["wall", "roof", "paving", "meadow", "floor", "crate"]
# what a texture may cover, by words of its name; the first that fits counts
ROLES: tuple[tuple[str, tuple[Role, ...]], ...] = (
    ("grass", ("meadow",)), ("ground0", ("meadow",)), ("rocky", ("meadow",)),
    ("aerial", ("meadow",)), ("coast", ("meadow",)), ("gravel", ("paving", "wall")),
    ("pavement", ("paving",)), ("paving", ("paving",)), ("cracked", ("paving", "meadow")),
    ("concrete", ("paving", "floor", "wall", "crate")), ("cement", ("paving", "wall")),
    ("brick", ("wall",)), ("plaster", ("wall", "wall", "roof")), ("roof", ("roof",)),
    ("corrugated", ("roof", "wall", "crate")), ("metal", ("crate", "roof")),
    ("diamond", ("crate",)), ("rock", ("wall",)), ("marble", ("floor",)),
    ("tiles", ("floor",)), ("parquet", ("floor",)), ("laminate", ("floor", "crate")),
    ("plank", ("floor", "crate", "wall")), ("wood", ("floor", "crate")), ("fabric", ("crate",)),
)  # fmt: skip
DARKEST = 0.36  # sRGB mean of a surface: darker ones would be black holes in the shade
TREES = 3  # different ones in a place


class Materials:
    """Collects the pictures of a place from one split's library, each once.

    Args:
        library, rng: where pictures come from, and what draws them.
        side: S, a power of two.
    """

    def __init__(self, library: Library, rng: np.random.Generator, side: int) -> None:
        self.library, self.rng, self.side = library, rng, side
        self._layers: list[Tensor] = []
        self._plain: dict[int, int] = {}

    def stack_layers(self) -> np.ndarray:
        """All pictures so far: float32 [L, S, S, 4], linear light and alpha."""
        layers = torch.stack(self._layers).movedim(1, -1)
        return torch.cat([linear_from_srgb(layers[..., :3]), layers[..., 3:]], -1).numpy()

    def texture(self, role: Role) -> int:
        """The number of a random texture that suits, or of any where none does."""
        names = self.library.names("texture")
        fitting = [n for n, name in enumerate(names) if role in roles(name)]
        return int(self.rng.choice(fitting or range(len(names))))

    def surface(self, role: Role, side: float) -> Skin:
        """A random texture in tiles of about ``side`` metres."""
        number = self.texture(role)
        if number not in self._plain:
            self._plain[number] = self._add(self._picture(number))
        tiles = side * float(self.rng.uniform(0.8, 1.25))
        return Skin(self._plain[number], tiles, tint=self._tint())

    def facade(self, wall: int, storey: float, *, door: bool) -> Skin:
        """A bay of a house.

        Args:
            wall: number of its texture.
            storey: metres of a storey.
            door: a door or shop window; else a window.

        Returns:
            Its skin.
        """
        picture = self._picture(wall)
        draw_opening(picture, self.rng, door=door)
        return Skin(self._add(picture), storey, whole=True, tint=self._tint())

    def plain(self, wall: int, side: float, like: Skin) -> Skin:
        """The wall of a facade without its windows.

        Args:
            wall: number of its texture.
            side: metres of a tile.
            like: the facade, whose tint it takes.

        Returns:
            Its skin.
        """
        if wall not in self._plain:
            self._plain[wall] = self._add(self._picture(wall))
        return Skin(self._plain[wall], side, tint=like.tint)

    def plant(self, *, tree: bool) -> int:
        """The layer of a new tree or bush."""
        draw = tree_picture if tree else bush_picture
        return self._add(draw(self.rng, self._picture(self.texture("meadow")), self.side))

    def _tint(self) -> tuple[float, float, float]:
        grey, cast = self.rng.uniform(0.65, 1.1), np.exp(self.rng.normal(0, 0.05, 3))
        red, green, blue = (float(x) for x in grey * cast)
        return red, green, blue

    def _picture(self, number: int) -> Tensor:
        """[4, S, S], a copy."""
        texture = self.library.picture("texture", number, 2 * self.side)[None].float() / 255
        square = F.interpolate(texture, (self.side, self.side), mode="bilinear", antialias=True)
        lift = max(1.0, DARKEST / float(square.mean().clamp_min(0.02)))
        return torch.cat([(lift * square[0]).clamp(0, 1), torch.ones(1, self.side, self.side)])

    def _add(self, picture: Tensor) -> int:
        self._layers.append(picture)
        return len(self._layers) - 1


def roles(name: str) -> tuple[Role, ...]:
    """What a texture of this name may cover; anything if the name says nothing."""
    for word, options in ROLES:
        if word in name.lower():
            return options
    return ("wall", "roof", "paving", "meadow", "floor", "crate")


def draw_opening(picture: Tensor, rng: np.random.Generator, *, door: bool) -> None:
    """Draws, in place, a window or a door with its frame into a bay of wall [4, S, S]."""
    width = rng.uniform(0.35, 0.75) if door else rng.uniform(0.3, 0.55)
    top, foot = (0.22, 0.995) if door else (rng.uniform(0.15, 0.28), rng.uniform(0.68, 0.8))
    frame = torch.tensor([0.92, 0.91, 0.88]) * rng.uniform(0.25, 1.0)
    left, right = 0.5 - width / 2, 0.5 + width / 2
    _fill(picture, left - 0.035, top - 0.035, right + 0.035, foot + 0.03, frame)
    # glass: dark inside, and the sky in its upper part
    sky = torch.tensor([0.45, 0.55, 0.65]) * rng.uniform(0.5, 1.1)
    inside = torch.tensor([0.10, 0.11, 0.13]) * rng.uniform(0.6, 2.0)
    panes, rows = int(rng.integers(1, 4)), 1 if door else int(rng.integers(1, 3))
    bar = 0.012
    for column in range(panes):
        x0, x1 = (left + (right - left) * (column + k) / panes for k in (0, 1))
        for row in range(rows):
            y0, y1 = (top + (foot - top) * (row + k) / rows for k in (0, 1))
            middle = (y0 + y1) / 2
            shine = torch.lerp(sky, inside, float((middle - top) / (foot - top)))
            _fill(picture, x0 + bar, y0 + bar, x1 - bar, middle, shine)
            _fill(picture, x0 + bar, middle, x1 - bar, y1 - bar, torch.lerp(shine, inside, 0.5))


def _fill(
    picture: Tensor, left: float, top: float, right: float, bottom: float, colour: Tensor
) -> None:
    side = picture.shape[-1]
    x0, y0, x1, y1 = (round(side * float(np.clip(x, 0, 1))) for x in (left, top, right, bottom))
    picture[:3, y0:y1, x0:x1] = colour[:, None, None]
