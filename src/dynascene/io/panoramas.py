"""Panoramas among pictures: what their tags say of them, or else their pixels."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np

from dynascene.errors import InputError
from dynascene.geometry.panorama import PanoramaWindow
from dynascene.io.picture_file import exif_of, open_picture
from dynascene.types import Size

XMP_KEYS = ("xmp", "XML:com.adobe.xmp")  # where Pillow keeps a picture's XMP
TIFF_XMP = 700
LEAST_WIDTH = 512  # of a panorama that no tag names
# grey levels: a row at a pole is one point of the place, and varies less than this
POLE_SPREAD = 6.0
LEAST_SPREAD = 12.0  # of the row in the middle: a plain picture is no panorama
SEAM = 2.0  # times the usual step from column to column that left and right border differ


def tagged_panorama(path: Path) -> PanoramaWindow | None:
    """The part of the full panorama that a picture shows, as its GPano tags say; None without.

    Raises:
        InputError: it is another projection than equirectangular, or its sizes contradict.
    """
    with open_picture(path) as image:
        size = Size(*image.size)
        tags = exif_of(image, path)  # first: it may add to what is below
        text = _xmp(image.info, tags.get(TIFF_XMP))
    projection = re.search(r"GPano:ProjectionType\W+([A-Za-z]+)", text)
    if projection is None:
        return None
    if projection[1].lower() != "equirectangular":
        raise InputError(
            f"{path}: is a panorama of the projection {projection[1][:40]}; equirectangular ones "
            "are read (`scene_fov` DEG takes it as a flat picture)"
        )
    full = Size(
        _pixels(text, "FullPanoWidthPixels", size.width),
        _pixels(text, "FullPanoHeightPixels", _pixels(text, "FullPanoWidthPixels", 0) // 2)
        or size.width // 2,
    )
    part = Size(
        _pixels(text, "CroppedAreaImageWidthPixels", size.width),
        _pixels(text, "CroppedAreaImageHeightPixels", size.height),
    )
    left = _pixels(text, "CroppedAreaLeftPixels", 0)
    top = _pixels(text, "CroppedAreaTopPixels", max(0, (full.height - part.height) // 2))
    fits = 0 < part.width <= full.width and part.height > 0 and top + part.height <= full.height
    if not fits or full.width > 10_000_000:
        raise InputError(
            f"{path}: its tags tell a panorama of {full} and a part of {part} of it, which do not "
            "fit together"
        )
    turn = 2 * math.pi / full.width
    tilt = math.pi / full.height
    return PanoramaWindow(
        centre_azimuth=(left + part.width / 2) * turn - math.pi,
        half_width=part.width * turn / 2,
        top=top * tilt - math.pi / 2,
        bottom=(top + part.height) * tilt - math.pi / 2,
        density=size.width / (part.width * turn),
    )


def full_panorama(size: Size) -> PanoramaWindow:
    """A picture that shows the whole circle, with the horizon in its middle row."""
    turn = 2 * math.pi / size.width
    half = min(size.height * turn, math.pi) / 2
    return PanoramaWindow(0.0, math.pi, -half, half, size.width / (2 * math.pi))


def looks_like_panorama(pixels: np.ndarray) -> bool:
    """Whether uint8 [H, W, 3] is twice as wide as high, closes left to right, and has poles."""
    height, width = pixels.shape[:2]
    if width < LEAST_WIDTH or abs(width - 2 * height) > 2:
        return False
    values = pixels[:: max(1, height // 256)].astype(np.float32)
    step = np.abs(np.diff(values[:, :: max(1, width // 512)], axis=1)).mean()
    seam = np.abs(values[:, 0] - values[:, -1]).mean()
    poles = max(float(pixels[row].std(axis=0).max()) for row in (0, -1))
    middle = float(pixels[height // 2].std(axis=0).max())
    return bool(seam <= SEAM * step + 1 and poles < POLE_SPREAD and middle > LEAST_SPREAD)


def _xmp(info: dict, tag: object) -> str:
    for content in (*(info.get(key) for key in XMP_KEYS), tag):
        if isinstance(content, bytes):
            return content.decode("utf-8", errors="replace")
        if isinstance(content, str):
            return content
    return ""


def _pixels(text: str, name: str, default: int) -> int:
    match = re.search(rf"GPano:{name}\W+(\d{{1,9}})", text)
    return int(match[1]) if match else default
