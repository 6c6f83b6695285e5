"""Still pictures: read upright, in sRGB and with 8 bits; written as PNG."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image

from dynascene.errors import InputError
from dynascene.io.full_disk import is_full
from dynascene.io.light_pictures import LIGHT_SUFFIXES
from dynascene.io.picture_colour import is_deep, srgb_pixels
from dynascene.io.picture_file import (
    QUARTER_TURNED,
    clear_read_errors,
    exif_of,
    is_turned,
    open_picture,
    pages_of,
)
from dynascene.types import Size

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".avif")
IMAGE_SUFFIXES += LIGHT_SUFFIXES

FULL_FRAME_DIAGONAL = math.hypot(36, 24)  # millimetres; what "35 mm equivalent" refers to
MILLIMETRES_PER_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # EXIF FocalPlaneResolutionUnit
# EXIF orientation → whether rows and columns are mirrored, after width and height are exchanged
MIRRORED = {
    2: (False, True), 3: (True, True), 4: (True, False), 5: (False, False), 6: (False, True),
    7: (True, True), 8: (True, False),
}  # fmt: skip


Decode = Callable[[Image.Image, Path], np.ndarray]  # of an opened picture, as it is stored


def read_image(path: Path, decode: Decode = srgb_pixels) -> np.ndarray:
    """The picture upright and in sRGB: uint8 [H, W, 3], or [H, W, 4] with straight alpha.

    What the file says of its colours is heeded (docs/footage.md); pictures of 16 bits are converted
    with them, and rounded last (v → round(v / 257)). ``decode`` reads other values.

    Raises:
        InputError: the file is missing, is no picture, is damaged, or holds several.
    """
    with open_picture(path) as image:
        return _upright(decode(image, path), image, path)


def read_pictures(
    path: Path, start: int = 0, stop: int | None = None, decode: Decode = srgb_pixels
) -> Iterator[np.ndarray]:
    """The pictures ``start:stop`` of an animated or multi-page file, each as from ``read_image``.

    Raises:
        InputError: as for read_image.
    """
    with open_picture(path, single=False) as image, clear_read_errors(path):
        for number in pages_of(image, path)[start:stop]:
            image.seek(number)
            yield _upright(decode(image, path), image, path)


class ImageHead(NamedTuple):
    """The header of a picture.

    size: of the upright picture. count: of pictures in the file. is_deep: more than 8 bits.
    """

    size: Size
    has_alpha: bool
    count: int
    is_deep: bool = False


def probe_image(path: Path) -> ImageHead:
    """Read the header of a picture without decoding it.

    Raises:
        InputError: as for read_image, but files of several pictures are read.
    """
    with open_picture(path, single=False) as image:
        deep = is_deep(image)  # before anything loads the pixels
        size = Size(*image.size)
        if is_turned(image, path):
            size = Size(size.height, size.width)
        count = len(pages_of(image, path))
        return ImageHead(size, image.has_transparency_data, count, deep)


def exif_fov(path: Path) -> float | None:
    """The horizontal field of view of an uncropped photograph in degrees, of the upright picture.

    From the 35 mm equivalent (which refers to the diagonal), else from the focal length and the
    resolution of the focal plane; None where EXIF has neither.

    Raises:
        InputError: as read_image does.
    """
    with open_picture(path) as image:
        exif = exif_of(image, path)
        focal = _focal_in_pixels(exif.get_ifd(ExifTags.IFD.Exif), Size(*image.size))
        width = image.height if is_turned(image, path) else image.width
    return None if focal is None else 2 * math.degrees(math.atan(width / 2 / focal))


def write_png(path: Path, array: np.ndarray, shown_as: Path | None = None) -> None:
    """Write uint8 or uint16 [H, W], or [H, W, C] with C = 1, 3 or 4 (straight alpha), as PNG.

    Raises:
        InputError: when it cannot be written; the message names ``shown_as`` if given.
    """
    # encoded in memory: cv2.imwrite reports a full disk by a False that is easily overlooked
    try:
        data = encode_png(array)
    except ValueError as error:
        raise InputError(f"{shown_as or path}: {error}") from None
    with clear_write_errors(shown_as or path):
        path.write_bytes(data)


def encode_png(array: np.ndarray) -> bytes:
    """The content of a PNG file; arrays as for ``write_png``.

    Raises:
        ValueError: it has more pixels than PNG stores.
    """
    import cv2

    order = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    if array.ndim == 3 and array.shape[2] in order:
        array = cv2.cvtColor(array, order[array.shape[2]])
    encoded, data = cv2.imencode(".png", array)
    if not encoded:
        size = Size(array.shape[1], array.shape[0])
        raise ValueError(f"a picture of {size} cannot be stored as PNG")
    return data.tobytes()


@contextmanager
def clear_write_errors(path: Path) -> Generator[None]:
    """Turn the system's errors while ``path`` is written into one clear line."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise InputError(
                f"no room in {path.parent} for {path.name} ({error.strerror}): free some or choose "
                "another place"
            ) from error
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _upright(pixels: np.ndarray, image: Image.Image, path: Path) -> np.ndarray:
    """[H, W, C] turned as EXIF says; of a TIFF the decoders have done so."""
    orientation = exif_of(image, path).get(ExifTags.Base.Orientation, 1)
    if image.format == "TIFF" or orientation not in range(2, 9):
        return pixels
    if orientation in QUARTER_TURNED:
        pixels = pixels.swapaxes(0, 1)
    rows, columns = MIRRORED[orientation]
    return np.ascontiguousarray(pixels[:: -1 if rows else 1, :: -1 if columns else 1])


def _focal_in_pixels(exif: dict, size: Size) -> float | None:
    equivalent = _number(exif.get(ExifTags.Base.FocalLengthIn35mmFilm))
    if equivalent > 0:
        return equivalent / FULL_FRAME_DIAGONAL * math.hypot(*size)
    millimetres = _number(exif.get(ExifTags.Base.FocalLength))
    resolution = _number(exif.get(ExifTags.Base.FocalPlaneXResolution))
    unit = MILLIMETRES_PER_UNIT.get(exif.get(ExifTags.Base.FocalPlaneResolutionUnit, 2))
    if millimetres <= 0 or resolution <= 0 or unit is None:
        return None
    # the resolution belongs to the picture as taken; it may have been scaled since
    taken_width = _number(exif.get(ExifTags.Base.ExifImageWidth)) or size.width
    return millimetres * resolution / unit * size.width / taken_width


def _number(value: object) -> float:
    """An EXIF number; 0 where it is missing or malformed (0/0 means unknown)."""
    try:
        number = float(value)  # ty: ignore[invalid-argument-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0
    return number if math.isfinite(number) else 0.0
