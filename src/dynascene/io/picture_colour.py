"""The pixels of an opened picture in 8-bit sRGB, by what its file says of its colours.

What counts first: PNG's cICP, an ICC profile, PNG's sRGB, gAMA and cHRM, EXIF's word for Adobe RGB.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageFile

from dynascene.errors import InputError
from dynascene.imaging.colour_spaces import (
    ADOBE_GAMMA,
    ADOBE_RGB,
    HDR_TRANSFERS,
    REC709,
    Primaries,
    SrgbConversion,
    from_gamma,
    from_h273,
)
from dynascene.imaging.pixels import stored_bytes, stored_words, unit_floats
from dynascene.io.icc import apply_profile, conversion_of, is_srgb, space_of
from dynascene.io.light_pictures import is_light_picture, read_light, srgb_of_light
from dynascene.io.picture_file import PHOTOMETRIC, check_whole
from dynascene.io.picture_notices import warn_once
from dynascene.io.png_chunks import png_chunks

SRGB_GAMMA = 0.45455  # PNG's gAMA of sRGB
STRANGEST_GAMMA = 8.0  # what is farther from 1 is taken for a mistake
WHITE_IS_ZERO = 0  # TIFF's photometric interpretation
ADOBE_COLOUR_SPACE, ADOBE_INTEROPERABILITY = 2, "R03"  # EXIF


@dataclass(frozen=True)
class NarrowRange:
    """Pictures whose black is 16/255 and whose white is 235/255, before another conversion."""

    then: SrgbConversion | None

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 or uint16 [H, W, 3] → uint8 sRGB."""
        full = self._full(pixels)
        return rounded_to_8_bit(full) if self.then is None else self.then(full)

    def floats(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 or uint16 [H, W, 3] → float32 sRGB in 0 … 1."""
        full = self._full(pixels)
        return unit_floats(full) if self.then is None else self.then.floats(full)

    def _full(self, pixels: np.ndarray) -> np.ndarray:
        most = np.iinfo(pixels.dtype).max
        wide = (pixels.astype(np.float32) * (255 / most) - 16) / 219
        return np.rint(np.clip(wide, 0, 1) * most).astype(pixels.dtype)


Colouring = SrgbConversion | NarrowRange | bytes | None  # bytes: an ICC profile


def srgb_pixels(image: Image.Image, path: Path) -> np.ndarray:
    """uint8 [H, W, 3], or [H, W, 4] with straight alpha; as stored, not turned upright.

    Raises:
        InputError: the picture's numbers are of a kind that is not read.
    """
    if is_light_picture(image):
        return stored_bytes(srgb_of_light(image, path))
    if image.mode == "F":
        raise InputError(f"{path}: floating-point pictures are not read; save it with 8 or 16 bits")
    colouring = colouring_of(image, path)
    if is_deep(image):
        return _deep_in_srgb(deep_pixels(image, path), colouring)
    if isinstance(colouring, bytes):
        return _by_profile(image, colouring, path)
    pixels = np.asarray(_plain(image, path))
    if colouring is None:
        return pixels
    return np.concatenate([colouring(pixels[..., :3].copy()), pixels[..., 3:]], axis=2)


def srgb_floats(image: Image.Image, path: Path) -> np.ndarray:
    """As ``srgb_pixels`` with all bits: float32 in 0 … 1."""
    if is_light_picture(image):
        return srgb_of_light(image, path)
    if not is_deep(image):
        return unit_floats(srgb_pixels(image, path))
    pixels, colouring = deep_pixels(image, path), colouring_of(image, path)
    colour = np.ascontiguousarray(pixels[..., :3])
    if isinstance(colouring, bytes):
        colour = _floats_by_profile(colour, colouring)
    elif colouring is not None:
        colour = colouring.floats(colour)
    return np.concatenate([unit_floats(colour), unit_floats(pixels[..., 3:])], axis=2)


def scene_floats(image: Image.Image, path: Path) -> np.ndarray:
    """As ``srgb_floats``; of linear light, what is brighter than white is compressed."""
    if is_light_picture(image):
        return srgb_of_light(image, path, compresses=True)
    return srgb_floats(image, path)


def colouring_of(image: Image.Image, path: Path) -> Colouring:
    """What brings the stored colours to sRGB; None where they are sRGB."""
    if image.format == "PNG" and (code := _cicp(path)) is not None:
        conversion = _by_numbers(code[0], code[1], path)
        return conversion if code[3] else NarrowRange(conversion)
    profile = image.info.get("icc_profile")
    if isinstance(profile, bytes) and space_of(profile) is not None:
        return profile
    if image.format == "AVIF":
        return _by_numbers(*_avif_numbers(path), path)
    if image.format == "PNG":
        return None if "srgb" in image.info else _by_gamma(image.info)
    return from_gamma(ADOBE_RGB, ADOBE_GAMMA) if _says_adobe(image) else None


def _by_numbers(primaries: int, transfer: int, path: Path) -> SrgbConversion | None:
    if transfer in HDR_TRANSFERS:
        hdr = HDR_TRANSFERS[transfer]
        warn_once(f"HDR ({hdr}) is converted to SDR; its highlights are compressed", path)
    return from_h273(primaries, transfer)


def _cicp(path: Path) -> bytes | None:
    """The content of the cICP chunk of a PNG; Pillow does not read it."""
    for chunk in png_chunks(path):
        if chunk.name == b"cICP" and chunk.length == 4:
            return chunk.beginning
        if chunk.name == b"IDAT":
            return None
    return None


def _avif_numbers(path: Path) -> tuple[int, int]:
    """H.273's primaries and transfer of an AVIF without a profile; Pillow does not tell them."""
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            decoder = container.streams.video[0].codec_context
            return decoder.color_primaries, decoder.color_trc
    except (av.FFmpegError, OSError, IndexError):
        return 2, 2


def _by_gamma(info: dict[Any, Any]) -> SrgbConversion | None:
    """gAMA and cHRM of a PNG."""
    gamma, points = info.get("gamma"), info.get("chromaticity")
    if gamma is not None and not 1 / STRANGEST_GAMMA <= gamma <= STRANGEST_GAMMA:
        gamma = None
    is_srgb_curve = gamma is None or math.isclose(gamma, SRGB_GAMMA, rel_tol=0.01)
    primaries = REC709
    if points is not None:
        white, red, green, blue = zip(points[::2], points[1::2], strict=True)
        stated = Primaries(red, green, blue, white)
        primaries = REC709 if np.allclose(stated, REC709, atol=0.002) else stated
    if is_srgb_curve and primaries is REC709:
        return None
    try:
        return from_gamma(primaries, None if is_srgb_curve else 1 / gamma)
    except ValueError:
        return None


def _says_adobe(image: Image.Image) -> bool:
    """Whether a camera took it in Adobe RGB: many say so in EXIF alone."""
    exif = image.getexif()
    fields = exif.get_ifd(ExifTags.IFD.Exif)
    space, rule = fields.get(ExifTags.Base.ColorSpace), None
    if ExifTags.IFD.Interop in fields:
        rule = exif.get_ifd(ExifTags.IFD.Interop).get(ExifTags.Interop.InteropIndex)
    return space == ADOBE_COLOUR_SPACE or str(rule).strip("\0 ") == ADOBE_INTEROPERABILITY


# --- 8 bits --------------------------------------------------------------------------------------


def plain_pixels(image: Image.Image, path: Path) -> np.ndarray:
    """uint8 [H, W, 3 or 4] with the numbers as they are stored."""
    return np.asarray(_plain(image, path))


def _plain(image: Image.Image, path: Path) -> Image.Image:
    """The picture as mode RGB or RGBA, without a profile."""
    if image.mode == "LAB":
        lab = ImageCms.profileToProfile(
            image, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
        assert lab is not None
        return lab
    if image.mode == "CMYK":
        warn_once("CMYK without a profile; its colours are a guess", path)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _by_profile(image: Image.Image, profile: bytes, path: Path) -> np.ndarray:
    """Apply a profile; one that does not fit the picture is ignored, as viewers do."""
    space = space_of(profile)
    alpha = None
    if image.has_transparency_data:
        alpha = image.convert("RGBA").getchannel("A")
    if space == "RGB":
        if is_srgb(profile):  # exactly: no rounding on the way from sRGB to sRGB
            return np.asarray(_plain(image, path))
        colour = image.convert("RGB")
    elif space == "GRAY" and image.mode in ("1", "L", "LA"):
        colour = image.convert("L")
    elif (space, image.mode) in (("CMYK", "CMYK"), ("Lab", "LAB")):
        colour = image
    else:
        return np.asarray(_plain(image, path))
    result = apply_profile(colour, profile)
    if result is None:
        return np.asarray(_plain(image, path))
    if alpha is not None:
        result.putalpha(alpha)
    return np.asarray(result)


# --- 16 bits -------------------------------------------------------------------------------------


def is_deep(image: Image.Image) -> bool:
    """Whether the file has 16 bits a channel: Pillow may say 8, and drop the low byte."""
    if is_light_picture(image):
        return True
    if image.mode in ("CMYK", "LAB"):
        return False
    tiles = image.tile if isinstance(image, ImageFile.ImageFile) else []
    return image.mode.startswith("I") or any(";16" in str(tile[3]) for tile in tiles)


def deep_pixels(image: Image.Image, path: Path) -> np.ndarray:
    """uint16 [H, W, 3], or [H, W, 4] with straight alpha; of a TIFF upright.

    Of light the values up to 1, as they are stored.
    """
    import cv2

    if is_light_picture(image):
        return stored_words(
            np.dstack(
                [part for part in read_light(image, path, converts=False) if part is not None]
            )
        )

    check_whole(path)
    key = image.info.get("transparency")
    premultiplied = "RGBa" in str(image.tile) if isinstance(image, ImageFile.ImageFile) else False
    content = np.frombuffer(path.read_bytes(), np.uint8)
    page = image.tell()
    _, pages = cv2.imdecodemulti(content, cv2.IMREAD_UNCHANGED, range=(page, page + 1))
    pixels = pages[0] if pages else None
    if pixels is None or pixels.dtype != np.uint16:
        raise InputError(f"{path}: this kind of 16- or 32-bit picture is not read; save it as PNG")
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    else:
        order = [2, 1, 0, 3][: pixels.shape[2]]
        pixels = pixels[..., order] if pixels.shape[2] >= 3 else pixels
    colour, alpha = pixels[..., :3], pixels[..., 3:]
    if getattr(image, "tag_v2", {}).get(PHOTOMETRIC) == WHITE_IS_ZERO:
        colour = 65535 - colour
    if key is not None and not isinstance(key, bytes):
        hidden = (colour == np.array(key, np.uint16)).all(axis=2, keepdims=True)
        alpha = np.where(hidden, 0, 65535).astype(np.uint16)
    elif image.mode not in ("RGBA", "LA"):
        alpha = alpha[..., :0]  # a channel that the file does not call alpha
    if premultiplied and alpha.shape[2]:
        colour = straightened(colour, alpha)
    return np.concatenate([colour, alpha], axis=2)


def straightened(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Colours [H, W, 3] freed of the alpha [H, W, 1] with which they were multiplied."""
    most = np.iinfo(colour.dtype).max
    wide = colour.astype(np.uint32) * most + alpha // 2
    return np.minimum(wide // np.maximum(alpha.astype(np.uint32), 1), most).astype(colour.dtype)


def _deep_in_srgb(pixels: np.ndarray, colouring: Colouring) -> np.ndarray:
    colour, alpha = pixels[..., :3], rounded_to_8_bit(pixels[..., 3:])
    if isinstance(colouring, bytes):
        colour = _deep_by_profile(colour, colouring)
    elif colouring is not None:
        colour = colouring(np.ascontiguousarray(colour))
    return np.concatenate([rounded_to_8_bit(colour), alpha], axis=2)


def _deep_by_profile(colour: np.ndarray, profile: bytes) -> np.ndarray:
    grey = space_of(profile) == "GRAY"
    fits = space_of(profile) == "RGB" or (grey and (colour == colour[..., :1]).all())
    if not fits or (not grey and is_srgb(profile)):
        return colour
    conversion = conversion_of(profile)
    if conversion is not None:
        return conversion(np.ascontiguousarray(colour))
    stored = Image.fromarray(rounded_to_8_bit(colour[..., 0] if grey else colour))
    result = apply_profile(stored, profile)
    return colour if result is None else np.asarray(result)


def _floats_by_profile(colour: np.ndarray, profile: bytes) -> np.ndarray:
    """As ``_deep_by_profile``; of profiles of tables there are 8 bits."""
    conversion = conversion_of(profile)
    converted = _deep_by_profile(colour, profile)
    if conversion is None or converted is colour:
        return unit_floats(converted)
    return conversion.floats(colour)


def rounded_to_8_bit(pixels: np.ndarray) -> np.ndarray:
    """uint16 v → round(v / 257), so that 257·k becomes k; uint8 stays."""
    if pixels.dtype == np.uint8:
        return pixels
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
