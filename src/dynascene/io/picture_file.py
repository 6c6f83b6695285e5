"""Opening picture files: the right picture of a file, and clear errors."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageFile

from dynascene.errors import InputError, one_line
from dynascene.io.light_pictures import EXR
from dynascene.io.png_chunks import has_late_tags

RAW_SUFFIXES = (
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".kdc",
    ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2",
    ".srf", ".srw", ".x3f",
)  # fmt: skip
RAW = "{path}: is a camera's raw file; develop it to TIFF, PNG or JPEG first"
QUARTER_TURNED = (5, 6, 7, 8)  # EXIF orientations that exchange width and height
# files whose further pictures are parts or copies of the first one
ONE_PICTURE = ("MPO", "PSD", "ICO", "ICNS")

MOST_PIXELS = 250_000_000  # that are decoded, 750 MB in colour
PIXELS_VARIABLE = "DYNASCENE_MOST_PIXELS"
Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit warns first, and cannot be explained

# TIFF tags
NEW_SUBFILE, OLD_SUBFILE, PHOTOMETRIC, EXTRA_SAMPLES, DNG_VERSION = 254, 255, 262, 338, 50706
REDUCED, MASK = 1, 4  # bits of NEW_SUBFILE
OLD_REDUCED = 2
ASSOCIATED, UNASSOCIATED = 1, 2  # kinds of EXTRA_SAMPLES
SENSOR_PIXELS = (32803, 34892)  # photometric interpretations: filter mosaic, linear raw


@contextmanager
def open_picture(path: Path, *, single: bool = True) -> Generator[Image.Image]:
    """Open a picture at the page that is meant.

    Args:
        path: of the file.
        single: refuse files of several pictures; else the first one is shown, and
            ``pages_of`` tells the others.

    Raises:
        InputError: the file is missing, no picture or damaged, a raw file, or holds several.
    """
    suffix = path.suffix.lower()
    if suffix in (".heic", ".heif"):
        raise InputError(f"{path}: HEIC pictures are not read; convert it to JPEG or PNG")
    if suffix in RAW_SUFFIXES and path.is_file():
        raise InputError(RAW.format(path=path))
    with clear_read_errors(path), Image.open(path) as image:
        _check_size(image, path)
        pages = pages_of(image, path)
        if single and len(pages) > 1:
            raise InputError(
                f"{path}: holds {len(pages)} pictures, and one is expected here; export the one "
                "that is meant"
            )
        if pages[0]:
            image.seek(pages[0])
        yield image


def check_whole(path: Path) -> None:
    """Read the checksums of a PNG; of other files nothing.

    OpenCV's decoder, which reads what Pillow does not, prints damage and goes on, or gives up.

    Raises:
        InputError: a checksum is wrong, or the file ends too early.
    """
    with clear_read_errors(path), Image.open(path) as image:
        if image.format == "PNG":
            image.verify()


def _check_size(image: Image.Image, path: Path) -> None:
    """InputError for more pixels than memory is likely to hold, before they are decoded."""
    variable = os.environ.get(PIXELS_VARIABLE, "")
    most = int(variable) if variable.isdecimal() and len(variable) < 16 else MOST_PIXELS
    if image.width * image.height > most:
        raise InputError(
            f"{path}: is {image.width}x{image.height}, more than {most:,} pixels; make it smaller "
            f"(or set {PIXELS_VARIABLE} to more)"
        )


@contextmanager
def clear_read_errors(path: Path) -> Generator[None]:
    """Turn what Pillow raises into one clear line."""
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except Image.UnidentifiedImageError:
        raise InputError(f"{path}: is not a picture that can be read") from None
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow's decoders raise
        raise InputError(f"{path}: the picture cannot be read ({one_line(error)})") from error


def pages_of(image: Image.Image, path: Path) -> tuple[int, ...]:
    """The numbers of the pictures that count, without reduced copies and masks.

    The file is left at its first page.

    Raises:
        InputError: a raw file, or one that holds nothing but reduced copies.
    """
    count = 1 if image.format in ONE_PICTURE else getattr(image, "n_frames", 1)
    if image.format == "TIFF":
        return _tiff_pages(image, path, count)
    # an animated PNG may have a picture for readers that know none, which is no part of it
    first = 1 if count > 1 and getattr(image, "default_image", False) else 0
    return tuple(range(first, count))


def _tiff_pages(image: Image.Image, path: Path, count: int) -> tuple[int, ...]:
    whole = []
    for number in range(count):
        image.seek(number)
        tags = getattr(image, "tag_v2", {})
        if DNG_VERSION in tags or tags.get(PHOTOMETRIC) in SENSOR_PIXELS:
            raise InputError(RAW.format(path=path))
        reduced = tags.get(NEW_SUBFILE, 0) & (REDUCED | MASK)
        if not reduced and tags.get(OLD_SUBFILE) != OLD_REDUCED:
            whole.append(number)
    image.seek(0)
    if not whole:
        raise InputError(
            f"{path}: its page is a reduced copy of {image.width}x{image.height}, as in a camera's "
            "raw file; develop or export it to a plain TIFF or PNG first"
        )
    return tuple(whole)


def exif_of(image: Image.Image, path: Path) -> Image.Exif:
    """The EXIF tags of an opened picture, and XMP's word for its orientation.

    Pillow decodes a PNG first, as tags may stand behind its pixels; here only where they do.

    Raises:
        OSError: the file is damaged.
    """
    is_decoded = not (isinstance(image, ImageFile.ImageFile) and image.tile)
    if image.format != "PNG" or is_decoded or has_late_tags(path):
        return image.getexif()
    return Image.Image.getexif(image)


def is_turned(image: Image.Image, path: Path) -> bool:
    """Whether the upright picture has width and height exchanged (of a TIFF Pillow has done so)."""
    orientation = exif_of(image, path).get(ExifTags.Base.Orientation)
    return orientation in QUARTER_TURNED and image.format != "TIFF"


def alpha_stated(path: Path) -> int | None:
    """ASSOCIATED or UNASSOCIATED where the file says which its alpha is; None where it does not.

    TIFF does, and OpenEXR is associated. PNG and WebP are straight by their standards, which many
    programs do not keep.

    Raises:
        InputError: as for ``open_picture``.
    """
    with open_picture(path, single=False) as image:
        if image.format == EXR:
            return ASSOCIATED
        extra = np.atleast_1d(getattr(image, "tag_v2", {}).get(EXTRA_SAMPLES, ())).tolist()
        return next((kind for kind in (ASSOCIATED, UNASSOCIATED) if kind in extra), None)
