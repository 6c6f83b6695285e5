"""Pictures of linear light, OpenEXR and Radiance HDR, which FFmpeg decodes.

Pillow learns to open them by their headers, so that whatever is asked of a picture before its
pixels are read (its size, whether it has alpha, how many there are) is asked of these likewise.
"""

from __future__ import annotations

import os
import re
import struct
from pathlib import Path
from typing import IO, NamedTuple

import av
import numpy as np
from PIL import Image, ImageFile

from dynascene.errors import InputError
from dynascene.imaging.colour import srgb_from_linear
from dynascene.imaging.colour_spaces import (
    REC709,
    Primaries,
    compressed_highlights,
    rec709_from_primaries,
)
from dynascene.io.picture_notices import warn_once

EXR, HDR = "EXR", "HDR"  # Pillow's names for the formats
LIGHT_SUFFIXES = (".exr", ".hdr")
EXR_MAGIC, HDR_MAGIC = b"\x76\x2f\x31\x01", (b"#?RADIANCE", b"#?RGBE")
MULTIPART, DEEP, TILED = 0x1000, 0x800, 0x200  # flags of an OpenEXR file
LONGEST_HEADER = 1 << 20  # bytes
BEYOND_WHITE = 1.001  # rounding in half
HOT_PIXELS = 0.001  # share of a picture: so few are clipped, so that they darken no highlights
MOST_LIGHT = float(np.finfo(np.float16).max)  # light that is infinite counts as this
HALF, FLOAT = np.float16, np.float32
ORDERS = {1: (0,), 2: (0, 1), 3: (2, 0, 1), 4: (2, 0, 1, 3)}  # of FFmpeg's planes G, B, R, A


class LightPicture(NamedTuple):
    """light: float32 [H, W, 3], linear, of Rec. 709's primaries; 1 is white, and more is brighter.

    alpha: float32 [H, W, 1] in 0 … 1; None where there is none. light is not multiplied by it.
    """

    light: np.ndarray
    alpha: np.ndarray | None


class ExrImageFile(ImageFile.ImageFile):
    """The header of an OpenEXR file."""

    format = EXR
    format_description = "OpenEXR"

    def _open(self) -> None:
        assert self.fp is not None, "opened"
        self._size, channels, primaries = _exr_header(self.fp, str(self.filename))
        self._mode = "RGBA" if "A" in channels else "RGB"
        self.info["primaries"] = primaries


class HdrImageFile(ImageFile.ImageFile):
    """The header of a Radiance file."""

    format = HDR
    format_description = "Radiance HDR"

    def _open(self) -> None:
        assert self.fp is not None, "opened"
        head = self.fp.read(LONGEST_HEADER)
        match = re.search(rb"\n\n-Y (\d{1,6}) \+X (\d{1,6})\n", head)
        if match is None:
            raise SyntaxError("its rows do not run from the upper left corner")
        self._size, self._mode = (int(match[2]), int(match[1])), "RGB"


def _exr_header(file: IO[bytes], path: str) -> tuple[tuple[int, int], set[str], Primaries]:
    """Size of the display window, names of the channels, and primaries."""
    (version,) = struct.unpack("<4xI", file.read(8))
    if version & (MULTIPART | DEEP):
        raise InputError(f"{path}: OpenEXR files of several parts and deep ones are not read")
    size, channels, primaries = (0, 0), set(), REC709
    while (name := _word(file)) and file.tell() < LONGEST_HEADER:
        kind = _word(file)
        (length,) = struct.unpack("<I", file.read(4))
        value = file.read(min(length, LONGEST_HEADER))
        if name == "displayWindow":
            left, top, right, bottom = struct.unpack("<4i", value)
            size = right - left + 1, bottom - top + 1
            if (left, top) != (0, 0):  # FFmpeg leaves its start out of account
                raise InputError(
                    f"{path}: its display window starts at ({left}, {top}); export it with one "
                    "that starts at (0, 0)"
                )
        elif name == "channels":
            channels = _channel_names(value)
        elif name == "chromaticities" and kind == "chromaticities":
            red, green, blue, white = np.frombuffer(value, "<f4").reshape(4, 2).tolist()
            primaries = Primaries(tuple(red), tuple(green), tuple(blue), tuple(white))
    if min(size) < 1:
        raise SyntaxError("the header has no display window")
    if not {"R", "G", "B"} <= channels and "Y" not in channels:
        names = ", ".join(sorted(channels)[:6])
        raise InputError(
            f"{path}: has no plain channels R, G, B or Y (it has {names}); write what is meant as "
            "R, G, B"
        )
    if not {"R", "G", "B"} <= channels and channels & {"RY", "BY"}:
        raise InputError(
            f"{path}: its colours are stored as luminance and chroma (Y, RY, BY); write R, G, B"
        )
    if not _is_whole(file, 16 if version & TILED else 4):
        raise InputError(f"{path}: the picture is cut short; export it again")
    return size, channels, primaries


def _is_whole(file: IO[bytes], place: int) -> bool:
    """Whether all pieces that the table behind the header names are there; FFmpeg does not say.

    place: where in a piece its length stands; the piece itself follows.
    """
    table = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(table)
    first, last = end, 0
    while file.tell() < first:  # the first piece lies behind the table
        (start,) = struct.unpack("<Q", file.read(8))
        if not table < start < end:
            return False
        first, last = min(first, start), max(last, start)
    file.seek(last + place)
    head = file.read(4)
    return len(head) == 4 and file.tell() + struct.unpack("<I", head)[0] <= end


def _word(file: IO[bytes]) -> str:
    """Letters up to a zero byte."""
    letters = b""
    while (letter := file.read(1)) not in (b"", b"\0"):
        letters += letter
        if len(letters) > 255:
            raise SyntaxError("its header is damaged")
    return letters.decode("latin-1")


def _channel_names(value: bytes) -> set[str]:
    names, place = set(), 0
    while place < len(value) and value[place]:
        end = value.index(0, place)
        names.add(value[place:end].decode("latin-1"))
        place = end + 17  # type, linearity and sampling follow
    return names


def is_light_picture(image: Image.Image) -> bool:
    """Whether an opened picture is of linear light."""
    return image.format in (EXR, HDR)


def read_light(image: Image.Image, path: Path, *, converts: bool = True) -> LightPicture:
    """The pixels of an opened picture.

    converts: to Rec. 709's primaries and straight alpha; else the values are as they are stored, as
        depths and mattes need it. NaN is 0 in both.

    Raises:
        InputError: it is damaged, of a compression that is not read, or holds no finite numbers.
    """
    try:
        with av.open(str(path.absolute())) as container:
            frame = next(container.decode(video=0))
            planes = _planes(frame)
    except (av.FFmpegError, OSError, StopIteration) as error:
        reason = getattr(error, "strerror", None) or "no picture in it"
        raise InputError(f"{path}: the picture cannot be read ({reason})") from error
    if (frame.width, frame.height) != image.size:
        raise InputError(f"{path}: its header and its pixels differ in size")
    light = planes[..., :3] if planes.shape[2] >= 3 else np.repeat(planes[..., :1], 3, axis=2)
    alpha = planes[..., -1:] if planes.shape[2] in (2, 4) else None
    if not np.isfinite(planes).all():
        light, alpha = np.nan_to_num(light), None if alpha is None else np.nan_to_num(alpha)
    if alpha is not None:
        alpha = alpha.clip(0, 1)
    if not converts:
        return LightPicture(light, alpha)
    light = light.clip(-MOST_LIGHT, MOST_LIGHT)
    if alpha is not None:  # associated, as the format says
        light = np.where(alpha > 0, light / np.maximum(alpha, 1e-6), light)
    primaries = image.info.get("primaries", REC709)
    if not np.allclose(primaries, REC709, atol=0.002):
        light = light @ rec709_from_primaries(primaries).T.astype(np.float32)
    return LightPicture(light, alpha)


def srgb_of_light(image: Image.Image, path: Path, *, compresses: bool = False) -> np.ndarray:
    """float32 sRGB in 0 … 1, [H, W, 3], or [H, W, 4] with straight alpha.

    compresses: roll highlights off as those of HDR video, where more than a few pixels are brighter
        than white. Else they are clipped: of the frames of a clip all must be treated alike.

    Raises:
        InputError: as for ``read_light``.
    """
    light, alpha = read_light(image, path)
    share = (light > BEYOND_WHITE).any(axis=2).mean()
    if share > 0:
        compresses = compresses and share > HOT_PIXELS
        if compresses:
            light = compressed_highlights(light)
        what = "compressed as those of HDR video" if compresses else "clipped"
        warn_once(f"holds light brighter than white (1); its highlights are {what}", path)
    colour = srgb_from_linear(light).astype(np.float32)
    return colour if alpha is None else np.concatenate([colour, alpha], axis=2)


def _planes(frame: av.VideoFrame) -> np.ndarray:
    """float32 [H, W, C] of a frame of floats: R, G, B, A, or grey and A."""
    kind = HALF if "f16" in frame.format.name else FLOAT
    planes = []
    for plane in frame.planes:
        rows = np.frombuffer(memoryview(plane), kind)
        rows = rows.reshape(-1, plane.line_size // np.dtype(kind).itemsize)
        planes.append(rows[: frame.height, : frame.width].astype(np.float32))
    return np.stack([planes[index] for index in ORDERS[len(planes)]], axis=-1)


Image.register_open(EXR, ExrImageFile, lambda head: head[:4] == EXR_MAGIC)
Image.register_extension(EXR, ".exr")
Image.register_open(HDR, HdrImageFile, lambda head: head.startswith(HDR_MAGIC))
Image.register_extension(HDR, ".hdr")
