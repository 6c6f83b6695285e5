"""The pictures that places are made of, one split apart from the others."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.imagery import (
    SPLITS,
    Folders,
    ImageRecord,
    check_split,
    load_picture,
    read_manifest,
    training_folders,
)
from dynascene.imaging.resizing import shrink
from dynascene.synthetic.places.procedural import procedural_panorama, procedural_texture

Category = Literal["panorama", "photo", "texture"]
CHARACTER = "character"  # the manifest's category of animated people

PROCEDURAL_PLACES = 16  # of each category and split, where there is no imagery
PANORAMA_WIDTHS = (12, 8.5, 6, 4.25)  # levels, in pixels per pixel of a frame's width
TEXTURE_WIDTH = 512
PROCEDURAL_WIDTHS = {"panorama": 2048, "photo": 768, "texture": TEXTURE_WIDTH}
FIRST_PHOTO_SEED = 1000  # procedural photographs are parts of other panoramas than those of turns


class NamedPicture(NamedTuple):
    """A picture and the name by which splits are kept apart."""

    name: str
    picture: Tensor


class Library:
    """The pictures of one split; procedural ones for each category that it lacks.

    Args:
        split: train, val or test.
        width: of the frames, pixels.
        folder: of training imagery, or several, see ``training_folder``.

    Raises:
        InputError: the split is unknown, or the folder has no good manifest.
    """

    def __init__(self, split: str, width: int, folder: Folders = None) -> None:
        check_split(split)
        self.split = split
        self.width = width
        records = [record for each in training_folders(folder) for record in read_manifest(each)]
        self._records: dict[str, list[ImageRecord]] = {}
        for record in records:
            if record.split == split:
                self._records.setdefault(record.category, []).append(record)

    @property
    def photographic(self) -> bool:
        """Whether any picture of the split is a photograph."""
        return bool(self._records)

    def identity(self) -> str:
        """A hash that differs between libraries of different pictures."""
        pictures = [record for records in self._records.values() for record in records]
        contents = sorted((p.category, p.path.name, p.path.stat().st_size) for p in pictures)
        return hashlib.sha256(repr((self.split, contents)).encode()).hexdigest()

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
        """A picture by its number.

        Args:
            category: of the picture.
            number: index into ``names``.
            width: pixels, at most.

        Returns:
            uint8 [3, H, W].
        """
        if category in self._records:
            return load_picture(self._records[category][number].path, width)
        widest = min(PROCEDURAL_WIDTHS[category], 2 * round(PANORAMA_WIDTHS[0] * self.width / 2))
        return shrink(_procedural(category, self._seeds()[number], widest), width)

    def characters(self) -> list[Path]:
        """Animated people of this split; none where there is no imagery."""
        return [record.path for record in self._records.get(CHARACTER, ())]

    def draw(self, category: Category, rng: np.random.Generator, width: int) -> NamedPicture:
        """A random picture of a category, at most ``width`` pixels wide."""
        number = self.choose(category, rng)
        return NamedPicture(self.names(category)[number], self.picture(category, number, width))

    def draw_panorama(self, rng: np.random.Generator) -> tuple[str, tuple[Tensor, ...]]:
        """A random panorama's name and levels, widest first."""
        return self.panorama(self.choose("panorama", rng))

    def panorama(self, number: int) -> tuple[str, tuple[Tensor, ...]]:
        """A panorama's name and levels, widest first; number: index into ``names``."""
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
