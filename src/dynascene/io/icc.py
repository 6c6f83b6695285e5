"""Colour profiles by their content: whether they are sRGB, and curves and matrix of simple ones.

Little CMS applies profiles; it is given 8 bits. For pictures of 16 bits the curves and the matrix
of a profile are read here (ICC.1:2010, sections 9 and 10).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from dynascene.imaging.colour_spaces import Curve, SrgbConversion, from_profile

SRGB_TOLERANCE = 2  # 8-bit values; sRGB's own profiles differ by less
HEADER, ENTRY = 128, 12  # bytes
# the exponents' and coefficients' places in a parametric curve of each type
PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}


@lru_cache(maxsize=64)
def open_profile(profile: bytes) -> ImageCms.ImageCmsProfile | None:
    """The profile; None where it is damaged."""
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (ImageCms.PyCMSError, OSError):
        return None


@lru_cache(maxsize=64)
def is_srgb(profile: bytes) -> bool:
    """Whether an RGB profile changes no colour: its name may say what it likes."""
    steps = np.array([0, 8, 32, 64, 96, 128, 160, 192, 224, 255], np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    result = apply_profile(Image.fromarray(cube), profile)
    if result is None:
        return False
    return int(np.abs(np.asarray(result).astype(int) - cube).max()) <= SRGB_TOLERANCE


def apply_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """A picture of the profile's own mode (RGB, L, CMYK) in sRGB; None where it does not fit."""
    source = open_profile(profile)
    if source is None:
        return None
    try:
        return ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError):
        return None


def space_of(profile: bytes) -> str | None:
    """ "RGB", "GRAY", "CMYK" …; None where the profile is damaged."""
    source = open_profile(profile)
    return None if source is None else source.profile.xcolor_space.strip()


@lru_cache(maxsize=16)
def conversion_of(profile: bytes) -> SrgbConversion | None:
    """Of an RGB or grey profile of curves and a matrix; None of any other."""
    try:
        tags = _tags(profile)
        if "A2B0" in tags or "A2B1" in tags:  # tables, which count for more
            return None
        if "kTRC" in tags:
            grey = _curve(tags["kTRC"])
            # light of a grey is the same in all channels
            return SrgbConversion(grey, np.eye(3))
        curves = tuple(_curve(tags[name]) for name in ("rTRC", "gTRC", "bTRC"))
        columns = [_xyz(tags[name]) for name in ("rXYZ", "gXYZ", "bXYZ")]
    except (KeyError, ValueError, struct.error):
        return None
    red, green, blue = curves
    return from_profile((red, green, blue), np.stack(columns, axis=1))


def _tags(profile: bytes) -> dict[str, bytes]:
    (count,) = struct.unpack_from(">I", profile, HEADER)
    if count > 200:
        raise ValueError("too many tags")
    tags = {}
    for index in range(count):
        name, start, size = struct.unpack_from(">4sII", profile, HEADER + 4 + ENTRY * index)
        tags[name.decode("latin-1")] = profile[start : start + size]
    return tags


def _xyz(tag: bytes) -> np.ndarray:
    return np.array(struct.unpack_from(">3i", tag, 8)) / 65536


def _curve(tag: bytes) -> Curve:
    kind = tag[:4]
    if kind == b"curv":
        return _sampled_curve(tag)
    if kind == b"para":
        return _parametric_curve(tag)
    raise ValueError(f"curve {kind!r}")


def _sampled_curve(tag: bytes) -> Curve:
    (count,) = struct.unpack_from(">I", tag, 8)
    samples = np.frombuffer(tag, ">u2", count, offset=12).astype(float)
    if count == 0:
        return lambda values: values
    if count == 1:
        return lambda values: values ** (samples[0] / 256)
    places = np.linspace(0, 1, count)
    return lambda values: np.interp(values, places, samples / 65535)


def _parametric_curve(tag: bytes) -> Curve:
    """Y = (aX + b)^g + e where X ≥ d, else cX + f; what a type does not have is 0, or all X."""
    (kind,) = struct.unpack_from(">H", tag, 8)
    if kind not in PARAMETERS:
        raise ValueError(f"parametric curve {kind}")
    numbers = np.array(struct.unpack_from(f">{PARAMETERS[kind]}i", tag, 12)) / 65536
    g, a, b, c, d, e, f = 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
    if kind == 0:
        (g,) = numbers
    elif kind in (1, 2):
        g, a, b = numbers[:3]
        d = -b / a
        e = f = numbers[3] if kind == 2 else 0.0
    else:
        g, a, b, c, d = numbers[:5]
        e, f = numbers[5:] if kind == 4 else (0.0, 0.0)
    return _piecewise(g, a, b, c, d, e, f)


def _piecewise(
    g: float, a: float, b: float, c: float, d: float, e: float, f: float
) -> Callable[[np.ndarray], np.ndarray]:
    def light(values: np.ndarray) -> np.ndarray:
        upper = np.maximum(a * values + b, 0) ** g + e
        return np.where(values >= d, upper, c * values + f)

    return light
