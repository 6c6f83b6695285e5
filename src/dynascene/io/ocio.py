"""Colours by OpenColorIO: pictures and clips of a config's colour space, and layers in one.

Inside, colours are sRGB; light is linear with the primaries of Rec. 709. That space and those of a
config meet in the interchange space that the config names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dynascene.errors import InputError, one_line
from dynascene.extras import require
from dynascene.imaging.colour import srgb_from_linear
from dynascene.imaging.pixels import stored_bytes, unit_floats
from dynascene.io.colour_space import BUILT_IN, ColourSpace
from dynascene.io.frames import DerivedFrames, PictureFrames, times_of
from dynascene.io.images import Decode
from dynascene.io.light_pictures import is_light_picture, read_light
from dynascene.io.picture_colour import deep_pixels, is_deep, plain_pixels
from dynascene.io.video import VideoFrames
from dynascene.types import FrameSource

LINEAR = "Linear Rec.709 (sRGB)"  # of OpenColorIO's built-in configs
NEAREST = 6  # spaces that a message names

Apply = Callable[[np.ndarray], np.ndarray]  # float32 [H, W, 3] → the same, of any range


def check_space(parameter: str, space: ColourSpace | None) -> None:
    """Look whether a colour space can be used.

    Args:
        parameter: that names it.
        space: None: none was asked for.

    Raises:
        InputError: OpenColorIO is not installed, the config cannot be read, it does not have the
            space or an interchange space, or the space is for data.
    """
    if space is None:
        return
    require("ocio", f"`{parameter}`")
    try:
        for to_space in (False, True):
            _processor(space, to_space=to_space)
    except InputError as error:
        raise InputError(f"`{parameter}` {space.name}: {error}") from None


def in_srgb(source: FrameSource, space: ColourSpace, path: Path) -> FrameSource:
    """Frames whose stored values are of a colour space, as sRGB; highlights are clipped.

    What the file itself says of its colours is not heeded.

    Args:
        source: as ``open_frames`` opens it; where it has alpha, its colours are not multiplied by
            it, or the file says that they are (OpenEXR, TIFF).
        space: of the stored values.
        path: of the file, for messages.

    Raises:
        InputError: it is an animated picture.
    """
    if isinstance(source, PictureFrames):
        floats = srgb_decoder(space)
        return replace(
            source,
            decode=lambda image, path: stored_bytes(floats(image, path)),
            decode_floats=floats,
        )
    if not isinstance(source, VideoFrames):
        raise InputError(f"`ocio_person`: {path} is an animated picture; give a video or frames")
    convert = _Converted(space)
    return DerivedFrames(
        source.uncoloured(), source.channels, lambda frame: stored_bytes(convert(frame)),
        source.frame_rate, times_of(source), convert_floats=convert,
    )  # fmt: skip


def srgb_decoder(space: ColourSpace) -> Decode:
    """What reads an opened picture of a colour space: float32 sRGB in 0 … 1, [H, W, 3 or 4]."""
    convert = _Converted(space)
    return lambda image, path: convert(_stored(image, path))


def from_linear(space: ColourSpace) -> Apply:
    """What brings linear light of Rec. 709's primaries to a colour space."""
    return _applied(_processor(space, to_space=True))


@dataclass(frozen=True)
class _Converted:
    """Stored values [H, W, 3 or 4] of a colour space → float32 sRGB; alpha stays."""

    space: ColourSpace

    def __call__(self, stored: np.ndarray) -> np.ndarray:
        values = unit_floats(stored)
        light = _applied(_processor(self.space, to_space=False))(values[..., :3])
        return np.concatenate([srgb_from_linear(light).astype(np.float32), values[..., 3:]], axis=2)


def _stored(image: Image.Image, path: Path) -> np.ndarray:
    """The values of a picture as they are stored, but for its alpha, which is made straight."""
    if not is_light_picture(image):
        return deep_pixels(image, path) if is_deep(image) else plain_pixels(image, path)
    light, alpha = read_light(image, path, converts=False)
    if alpha is None:
        return light
    straight = np.where(alpha > 0, light / np.maximum(alpha, 1e-6), light)
    return np.concatenate([straight, alpha], axis=2)


def _applied(processor: Any) -> Apply:
    def apply(values: np.ndarray) -> np.ndarray:
        converted = np.array(values, np.float32, order="C")  # a copy: it works in place
        processor.applyRGB(converted)
        return converted

    return apply


@lru_cache(maxsize=16)
def _processor(space: ColourSpace, *, to_space: bool) -> Any:
    """OpenColorIO's CPU processor between a space and linear light of Rec. 709's primaries.

    Raises:
        InputError: without a parameter: the config or the space cannot be used.
    """
    ocio: Any = import_module("PyOpenColorIO")  # made of C++, so its types are unknown
    if space.file is not None and not space.file.is_file():
        raise InputError(f"there is no config {space.config}; give a file, or {BUILT_IN}default")
    try:
        config = ocio.Config.CreateFromFile(space.config)
    except ocio.Exception as error:
        reason = one_line(error, longest=160)
        raise InputError(f"the config {space.config} cannot be read ({reason})") from None
    colour_space = config.getColorSpace(space.name)
    if colour_space is None:
        names = list(config.getColorSpaceNames())
        raise InputError(f"{space.config} has no such colour space; it has {_some(names)}")
    if colour_space.isData():
        raise InputError(f"{space.config} has it for data, which are no colours; give another")
    try:
        if to_space:
            between = config.GetProcessorFromBuiltinColorSpace(LINEAR, config, space.name)
        else:
            between = config.GetProcessorToBuiltinColorSpace(config, space.name, LINEAR)
    except ocio.Exception as error:
        raise InputError(f"{space.config}: {one_line(error, longest=160)}") from None
    return between.getDefaultCPUProcessor()


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NEAREST} more" if len(names) > NEAREST else ""
    return ", ".join(names[:NEAREST]) + more
