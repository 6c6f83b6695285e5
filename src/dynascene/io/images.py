"""Still pictures: read upright, in sRGB and with 8 bits; written as PNG."""

from __future__ import annotations

import errno
import io
import math
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageFile, ImageOps

from dynascene.errors import InputError, one_line
from dynascene.types import Size

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")

FULL_FRAME_DIAGONAL = math.hypot(36, 24)  # millimetres; what "35 mm equivalent" refers to
MILLIMETRES_PER_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # EXIF FocalPlaneResolutionUnit
QUARTER_TURNED = (5, 6, 7, 8)  # EXIF orientations that exchange width and height


def read_image(path: Path) -> np.ndarray:
    """The picture upright and in sRGB: uint8 [H, W, 3], or [H, W, 4] with straight alpha.

    Palette, grey, CMYK and 16-bit pictures are converted (16 bit: v → round(v / 257)); an embedded
    colour profile is applied.

    Raises:
        InputError: when the file is missing, is no picture, or is damaged.
    """
    with _opened(path) as image:
        return np.asarray(_upright_srgb(image, path))


class ImageHead(NamedTuple):
    """The header of a picture. size: of the upright picture."""

    size: Size
    has_alpha: bool
    has_palette: bool


def probe_image(path: Path) -> ImageHead:
    """Read the header of a picture without decoding it.

    Raises:
        InputError: as for read_image.
    """
    with _opened(path) as image:
        size = Size(*image.size)
        if _is_turned(image):
            size = Size(size.height, size.width)
        return ImageHead(size, image.has_transparency_data, image.mode == "P")


def exif_fov(path: Path) -> float | None:
    """The horizontal field of view of an uncropped photograph in degrees, of the upright picture.

    From the 35 mm equivalent (which refers to the diagonal), else from the focal length and the
    resolution of the focal plane; None where EXIF has neither.

    Raises:
        InputError: as read_image does.
    """
    with _opened(path) as image:
        exif = image.getexif()
        focal = _focal_in_pixels(exif.get_ifd(ExifTags.IFD.Exif), Size(*image.size))
        width = image.height if _is_turned(image) else image.width
    return None if focal is None else 2 * math.degrees(math.atan(width / 2 / focal))


def write_png(path: Path, array: np.ndarray, shown_as: Path | None = None) -> None:
    """Write uint8 or uint16 [H, W], or [H, W, C] with C = 1, 3 or 4 (straight alpha), as PNG.

    Raises:
        InputError: when it cannot be written; the message names ``shown_as`` if given.
    """
    import cv2

    order = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    if array.ndim == 3 and array.shape[2] in order:
        array = cv2.cvtColor(array, order[array.shape[2]])
    # encoded in memory: cv2.imwrite reports a full disk by a False that is easily overlooked
    encoded, data = cv2.imencode(".png", array)
    if not encoded:
        size = Size(array.shape[1], array.shape[0])
        raise InputError(f"{shown_as or path}: a picture of {size} cannot be stored as PNG")
    with clear_write_errors(shown_as or path):
        path.write_bytes(data.tobytes())


@contextmanager
def clear_write_errors(path: Path) -> Generator[None]:
    """Turn the system's errors while ``path`` is written into one clear line."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InputError(
                f"no space left in {path.parent} for {path.name}: free some or choose another place"
            ) from error
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


@contextmanager
def _opened(path: Path) -> Generator[Image.Image]:
    if path.suffix.lower() in (".heic", ".heif"):
        raise InputError(f"{path}: HEIC pictures are not read; convert it to JPEG or PNG")
    try:
        with Image.open(path) as image:
            yield image
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except Image.UnidentifiedImageError:
        raise InputError(f"{path}: is not a picture that can be read") from None
    except Image.DecompressionBombError:
        raise InputError(f"{path}: has too many pixels; make it smaller") from None
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow's decoders raise
        raise InputError(f"{path}: the picture cannot be read ({one_line(error)})") from error


def _upright_srgb(image: Image.Image, path: Path) -> Image.Image:
    """The picture as mode RGB or RGBA."""
    profile = image.info.get("icc_profile")
    if image.mode == "F":
        raise InputError(f"{path}: floating-point pictures are not read; save it with 8 or 16 bits")
    if image.mode.startswith("I") or _is_16_bit_colour(image):
        image = _rounded_to_8_bit(image, path)
    elif image.mode not in ("RGB", "RGBA", "L", "CMYK") or image.has_transparency_data:
        image = _converted(image, "RGBA" if image.has_transparency_data else "RGB")
    image = ImageOps.exif_transpose(image)
    return _in_srgb(image, profile) if profile else _plain(image)


def _is_turned(image: Image.Image) -> bool:
    """Whether the upright picture has width and height exchanged (of a TIFF Pillow has done so)."""
    orientation = image.getexif().get(ExifTags.Base.Orientation)
    return orientation in QUARTER_TURNED and image.format != "TIFF"


def _converted(image: Image.Image, mode: str) -> Image.Image:
    converted = image.convert(mode)
    converted.info.setdefault("exif", image.info.get("exif", b""))
    return converted


def _is_16_bit_colour(image: Image.Image) -> bool:
    """Pillow reads such files as 8 bit by dropping the low byte; only its raw mode tells."""
    tiles = image.tile if isinstance(image, ImageFile.ImageFile) else []
    return any(";16" in str(tile[3]) for tile in tiles)


def _rounded_to_8_bit(image: Image.Image, path: Path) -> Image.Image:
    import cv2

    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16:
        raise InputError(f"{path}: this kind of 16- or 32-bit picture is not read; save it as PNG")
    pixels = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)  # 257·k → k exactly
    if pixels.ndim == 3:
        order = cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
        pixels = cv2.cvtColor(pixels, order)
    result = Image.fromarray(pixels)
    orientation = image.getexif().get(ExifTags.Base.Orientation)
    if orientation and image.format != "TIFF":  # OpenCV itself turns a TIFF upright
        result.getexif()[ExifTags.Base.Orientation] = orientation
    return result


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Apply an embedded profile; one that does not fit the picture is ignored, as viewers do."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return _plain(image)  # exactly: no rounding on the way from sRGB to sRGB
        colour = image.convert("RGB") if image.mode == "RGBA" else image
        result = ImageCms.profileToProfile(
            colour,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError):
        return _plain(image)
    if result is None:
        return _plain(image)
    if image.mode == "RGBA":
        result.putalpha(image.getchannel("A"))
    return result


def _plain(image: Image.Image) -> Image.Image:
    return image if image.mode in ("RGB", "RGBA") else image.convert("RGB")


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
