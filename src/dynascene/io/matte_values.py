"""What the numbers in pictures of mattes mean: how much is the person, or which object it is.

It is told by all pictures of a clip: one alone may show nobody, or only one of several objects.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image

from dynascene.errors import InputError, some_of
from dynascene.imaging.pixels import unit_floats
from dynascene.io.greyness import IN_COLOUR, is_grey
from dynascene.io.images import read_pictures
from dynascene.io.picture_colour import deep_pixels, is_deep, plain_pixels

log = logging.getLogger(__name__)

MOST_LABELS = 40  # a matte with soft edges has more values
WHITE = 0.9  # of the most there is: a matte reaches it somewhere
FAINT = 0.25  # a matte that gets no brighter shows nobody
DEPTHS = (255, 1023, 4095)  # white of 8, 10 and 12 bits, stored in 16 without scaling
NOBODY = "{path}: the matte shows nobody in any of its {count} frames; white = person"


class StoredMatte(NamedTuple):
    """A picture's numbers, without colour management.

    Attributes:
        grey: [H, W] uint8 or uint16; None in colour.
        alpha: [H, W] uint8 or uint16; None where it has none.
        indices: [H, W] of a palette with colours; None: another kind of picture.
        palette: uint8 [256, 3] of it.
    """

    grey: np.ndarray | None
    alpha: np.ndarray | None = None
    indices: np.ndarray | None = None
    palette: np.ndarray | None = None


def stored_matte(image: Image.Image, path: Path) -> StoredMatte:
    """The numbers of an opened picture."""
    if image.mode == "P" and not image.has_transparency_data:
        indices = np.asarray(image)
        colours = np.zeros((256, 3), np.uint8)
        stored = np.array(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)[:256]
        colours[: len(stored)] = stored
        shown = colours[np.unique(indices)]
        if (shown == shown[:, :1]).all():
            return StoredMatte(colours[indices][..., 0], None, indices, colours)
        return StoredMatte(None, None, indices, colours)
    if image.mode == "L" and not image.has_transparency_data:
        return StoredMatte(np.asarray(image))
    pixels = deep_pixels(image, path) if is_deep(image) else plain_pixels(image, path)
    colour, alpha = pixels[..., :3], pixels[..., 3] if pixels.shape[2] == 4 else None
    eight = (colour >> 8).astype(np.uint8) if colour.dtype == np.uint16 else colour
    return StoredMatte(colour[..., 1] if is_grey(eight) else None, alpha)


@dataclass(frozen=True)
class MatteMeaning:
    """How a clip's pictures are read; called with an opened picture.

    Attributes:
        path: of the clip, for messages.
        kind: which of a picture's numbers count.
        labels: whether they number objects.
        unlabelled: a number that is nobody beside 0; None: there is none.
        white: what is entirely the person.
        background: a palette's index that is nobody; None: what is black.
    """

    path: Path
    kind: Literal["grey", "alpha", "palette"]
    labels: bool = False
    unlabelled: int | None = None
    white: int = 255
    background: int | None = None

    def __call__(self, image: Image.Image, path: Path) -> np.ndarray:
        """uint8 [H, W, 1], 255 = person."""
        stored = stored_matte(image, path)
        if self.kind == "alpha" and stored.alpha is None:  # opaque among others
            return np.full((image.height, image.width, 1), 255, np.uint8)
        return self._person(stored)[..., None]

    def floats(self, image: Image.Image, path: Path) -> np.ndarray:
        """The same with all bits: float32 [H, W, 1], 1 = person."""
        stored = stored_matte(image, path)
        if self.kind == "alpha" and stored.alpha is not None:
            return unit_floats(stored.alpha)[..., None]
        if self.kind == "grey" and stored.grey is not None and not self.labels:
            return (stored.grey.astype(np.float32) / self.white).clip(0, 1)[..., None]
        return unit_floats(self(image, path))

    def _person(self, stored: StoredMatte) -> np.ndarray:
        if self.kind == "palette" and stored.indices is not None and stored.palette is not None:
            if self.background is not None:
                return _as_matte(stored.indices != self.background)
            return _as_matte(_has_colour(stored.palette)[stored.indices])
        if self.kind == "alpha" and stored.alpha is not None:
            return _scaled(stored.alpha, _most(stored.alpha))
        if stored.grey is None:
            raise InputError(IN_COLOUR.format(path=self.path))
        if self.labels:
            return _as_matte((stored.grey > 0) & (stored.grey != (self.unlabelled or 0)))
        return _scaled(stored.grey, self.white)


def _has_colour(palette: np.ndarray) -> np.ndarray:
    """[256] of which colours are not black."""
    return palette.max(axis=1) > 0


def _as_matte(person: np.ndarray) -> np.ndarray:
    return np.where(person, np.uint8(255), np.uint8(0))


def _scaled(values: np.ndarray, white: int) -> np.ndarray:
    if white == 255 and values.dtype == np.uint8:
        return values.copy()  # those of a picture cannot be written to
    if white == 255:
        return np.minimum(values, 255).astype(np.uint8)
    wide = values.astype(np.uint32) * 255 + white // 2
    return np.minimum(wide // white, 255).astype(np.uint8)


def _most(values: np.ndarray) -> int:
    return int(np.iinfo(values.dtype).max)


@dataclass
class _Counts:
    """What all pictures of a clip hold. values: how many pixels have each grey value."""

    values: np.ndarray = field(default_factory=lambda: np.zeros(65_536, np.int64))
    most: int = 255
    pictures: int = 0
    transparent: bool = False
    coloured: bool = False
    visible_alpha: bool = False
    palettes: int = 0
    indices: np.ndarray = field(default_factory=lambda: np.zeros(256, np.int64))
    black: bool = False

    def add(self, stored: StoredMatte) -> None:
        self.pictures += 1
        if stored.alpha is not None:
            self.transparent |= bool((stored.alpha < _most(stored.alpha)).any())
            self.visible_alpha |= bool((stored.alpha > _most(stored.alpha) // 10).any())
        else:
            self.visible_alpha = True
        if stored.indices is not None and stored.palette is not None:
            self.palettes += 1
            shown = np.bincount(stored.indices.ravel(), minlength=256)
            self.indices += shown
            self.black |= bool((~_has_colour(stored.palette) & (shown > 0)).any())
        if stored.grey is None:
            self.coloured = True
        else:
            self.values += np.bincount(stored.grey.ravel(), minlength=65_536)
            self.most = max(self.most, _most(stored.grey))


def meaning_of(paths: Iterator[Path] | list[Path], path: Path) -> MatteMeaning:
    """Look through all pictures of a matte.

    Args:
        paths: of the pictures.
        path: of the matte, for messages.

    Raises:
        InputError: it shows nobody anywhere, has labels but no background, or is too faint.
    """
    counts = _Counts()
    for picture in dict.fromkeys(paths):
        for stored in _stored_in(picture):
            counts.add(stored)
    if counts.transparent:
        if not counts.visible_alpha:
            raise InputError(NOBODY.format(path=path, count=counts.pictures))
        return MatteMeaning(path, "alpha")
    if counts.coloured:
        if counts.palettes < counts.pictures:
            raise InputError(IN_COLOUR.format(path=path))
        return MatteMeaning(path, "palette", background=None if counts.black else 0)
    return _meaning_of_values(counts, path)


def _stored_in(path: Path) -> Iterator[StoredMatte]:
    """The numbers of all pictures of a file; upright or not, their sizes do not matter here."""
    collected: list[StoredMatte] = []

    def collect(image: Image.Image, path: Path) -> np.ndarray:
        collected.append(stored_matte(image, path))
        return np.zeros((1, 1, 1), np.uint8)

    for _ in read_pictures(path, decode=collect):
        yield collected.pop()


def _meaning_of_values(counts: _Counts, path: Path) -> MatteMeaning:
    values = np.flatnonzero(counts.values)
    above = values[values > 0]
    if not len(above):
        raise InputError(NOBODY.format(path=path, count=counts.pictures))
    brightest, most = int(above.max()), counts.most
    few = len(above) <= MOST_LABELS
    if brightest >= WHITE * most:
        below = above[above < most]
        crowded = counts.values[below].sum() > counts.values[most]
        if few and len(below) and below.max() <= MOST_LABELS and crowded:
            return _labels(path, counts, below, most)
        return MatteMeaning(path, "grey", white=most)
    if few:
        return _labels(path, counts, above, None)
    return _faint(path, brightest, most)


def _labels(
    path: Path, counts: _Counts, labels: np.ndarray, unlabelled: int | None
) -> MatteMeaning:
    names = some_of(labels.tolist(), 5)
    if not counts.values[0]:
        raise InputError(
            f"{path}: holds the labels {names} and no 0 for what is nobody; a matte is white = "
            "person"
        )
    beside = "" if unlabelled is None else f" and {unlabelled}, which is taken for no label,"
    log.warning("%s: holds labels: 0 is nobody%s; %s is the person", path, beside, names)
    return MatteMeaning(path, "grey", labels=True, unlabelled=unlabelled)


def _faint(path: Path, brightest: int, most: int) -> MatteMeaning:
    if most > 255:
        for white in DEPTHS:
            if WHITE * white <= brightest <= white:
                return MatteMeaning(path, "grey", white=white)
    if brightest < FAINT * most:
        raise InputError(
            f"{path}: the matte is nowhere brighter than {brightest} of {most}: it shows nobody; "
            "white = person"
        )
    log.warning("%s: the matte is nowhere brighter than %d of %d", path, brightest, most)
    return MatteMeaning(path, "grey", white=most)
