"""Opens a video, a folder of pictures or a single picture as a FrameSource."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from dynascene.errors import InputError
from dynascene.io.animated_pictures import open_animation
from dynascene.io.deep_frames import is_deep, read_floats
from dynascene.io.images import IMAGE_SUFFIXES, Decode, probe_image, read_image
from dynascene.io.names import Deinterlace
from dynascene.io.picture_colour import srgb_floats, srgb_pixels
from dynascene.io.picture_file import RAW_SUFFIXES
from dynascene.io.picture_folders import list_pictures
from dynascene.io.pixel_shape import note_pixel_shape
from dynascene.io.video import open_video
from dynascene.io.video_index import DEFAULT_FRAME_RATE
from dynascene.types import FrameSource, Size

UNREAD_PICTURES = (".heic", ".heif", *RAW_SUFFIXES)  # to be refused by name


@dataclass(frozen=True)
class PictureFrames:
    """Pictures of one size in order, one per frame, decoded when they are read.

    Attributes:
        paths: of the pictures.
        size: of all of them.
        channels: 4 where any picture has alpha (the others are opaque), else 3.
        numbers: of the frames, by the names of the pictures; None where those do not count.
        frame_rate: frames a second.
        times: seconds of each frame after the first where the rate varies, else None.
        decode: what is read of a picture: its colours in sRGB, or something else.
        decode_floats: the same with all bits.
        is_deep: whether any picture has more than 8 bits.
    """

    paths: tuple[Path, ...]
    size: Size
    channels: int
    frame_rate: Fraction = DEFAULT_FRAME_RATE
    times: tuple[float, ...] | None = None
    numbers: tuple[int, ...] | None = None
    decode: Decode = srgb_pixels
    decode_floats: Decode = srgb_floats
    is_deep: bool = False

    def __len__(self) -> int:
        return len(self.paths)

    def picked(self, indices: Sequence[int]) -> PictureFrames:
        """The frames of these indices, in their order."""
        numbers = self.numbers and tuple(self.numbers[index] for index in indices)
        return replace(self, paths=tuple(self.paths[index] for index in indices), numbers=numbers)

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """Yield uint8 [H, W, C] of the frames ``start:stop``, as slicing counts them."""
        for path in self.paths[start:stop]:
            pixels = read_image(path, self.decode)
            if pixels.shape[2] < self.channels:
                pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
            yield pixels

    def read_floats(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """As ``read``, float32 in 0 … 1 with all bits."""
        for path in self.paths[start:stop]:
            pixels = read_image(path, self.decode_floats)
            if pixels.shape[2] < self.channels:
                pixels = np.dstack([pixels, np.ones(pixels.shape[:2], np.float32)])
            yield pixels


@dataclass(frozen=True)
class DerivedFrames:
    """Another source's frames, each passed through ``convert`` when it is read.

    Attributes:
        stretched: the size that ``convert`` gives them; None: the source's.
        convert_floats: the same for float32 in 0 … 1; None: there are 8 bits alone.
    """

    source: FrameSource
    channels: int
    convert: Callable[[np.ndarray], np.ndarray]
    frame_rate: Fraction
    times: tuple[float, ...] | None = None
    stretched: Size | None = None
    convert_floats: Callable[[np.ndarray], np.ndarray] | None = None

    @property
    def size(self) -> Size:
        return self.stretched or self.source.size

    @property
    def coded_size(self) -> Size:
        """As of the source."""
        return coded_size_of(self.source)

    @property
    def is_deep(self) -> bool:
        """Whether the source has more than 8 bits, and they are not lost here."""
        return self.convert_floats is not None and is_deep(self.source)

    @property
    def numbers(self) -> tuple[int, ...] | None:
        """As of the source."""
        return numbers_of(self.source)

    def __len__(self) -> int:
        return len(self.source)

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """Yield uint8 [H, W, C] of the frames ``start:stop``, as slicing counts them."""
        for frame in self.source.read(start, stop):
            yield np.ascontiguousarray(self.convert(frame))

    def read_floats(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """As ``read``, float32 in 0 … 1 with all bits."""
        assert self.convert_floats is not None, "deep sources alone are read so"
        for frame in read_floats(self.source, start, stop):
            yield np.ascontiguousarray(self.convert_floats(frame))


def open_frames(
    path: Path,
    *,
    strict: bool = False,
    deinterlace: Deinterlace = "auto",
    fill_gaps: bool = False,
    frame_rate: Fraction | None = None,
) -> FrameSource:
    """Open a video, a folder of pictures of one size (in the order of their numbers), or a picture.

    Animated pictures and files of several pages are frames too.

    Frames are uint8 [H, W, 3], or [H, W, 4] with straight alpha. Nothing but the file's index is
    kept in memory.

    Args:
        strict, deinterlace: as for ``open_video``.
        fill_gaps: show the frame before where a folder lacks one.
        frame_rate: of pictures; None = 24 a second.

    Raises:
        InputError: when the path is missing, holds no frames, several sizes or a gap, or is
            damaged; or a video is given a frame rate.
    """
    rate = frame_rate or DEFAULT_FRAME_RATE
    if path.is_dir():
        paths, numbers = list_pictures(path, IMAGE_SUFFIXES, fill_gaps=fill_gaps)
        return replace(_open_pictures(paths), frame_rate=rate, numbers=numbers)
    if path.suffix.lower() in (*IMAGE_SUFFIXES, *UNREAD_PICTURES):
        if path.is_file() and probe_image(path).count > 1:
            animation = open_animation(path)
            return replace(animation, frame_rate=rate, times=None) if frame_rate else animation
        return replace(_open_pictures([path]), frame_rate=rate)
    if frame_rate is not None:
        raise InputError(f"`frame_rate`: is for folders of pictures, and {path} is a video")
    return open_video(path, strict=strict, deinterlace=deinterlace)


def times_of(source: FrameSource) -> tuple[float, ...] | None:
    """Seconds of each frame after the first where the source's frame rate varies, else None."""
    return getattr(source, "times", None)


def coded_size_of(source: FrameSource) -> Size:
    """The size of the frames in their file; another than shown where pixels are not square."""
    return getattr(source, "coded_size", source.size)


def numbers_of(source: FrameSource) -> tuple[int, ...] | None:
    """The numbers of the frames, where the names of pictures tell them."""
    return getattr(source, "numbers", None)


def _open_pictures(paths: list[Path]) -> PictureFrames:
    probed = {path: probe_image(path) for path in paths}
    heads = [probed[path] for path in paths]
    for path, head in zip(paths, heads, strict=True):
        if head.count > 1:
            raise InputError(
                f"{path}: holds {head.count} pictures; the frames of a folder are one picture each"
            )
        if head.size != heads[0].size:
            raise InputError(
                f"{path} is {head.size} and {paths[0]} is {heads[0].size}: "
                "the pictures of a folder must have one size"
            )
    note_pixel_shape(paths[0])
    return PictureFrames(
        paths=tuple(paths),
        size=heads[0].size,
        channels=4 if any(head.has_alpha for head in heads) else 3,
        is_deep=any(head.is_deep for head in heads),
    )


def alpha_of(frame: np.ndarray) -> np.ndarray:
    """[H, W, 4] → [H, W, 1]."""
    return frame[..., 3:]


def _colour(frame: np.ndarray) -> np.ndarray:
    return frame[..., :3]


def split_alpha(source: FrameSource) -> tuple[FrameSource, FrameSource]:
    """Frames [H, W, 4] as colour [H, W, 3] and matte [H, W, 1]; each reads the source by itself.

    Raises:
        InputError: when the source has no alpha.
    """
    if source.channels != 4:
        raise InputError("the person's frames have no alpha: give a matte (white = person)")
    rate, times = source.frame_rate, times_of(source)
    colour = DerivedFrames(source, 3, _colour, rate, times, convert_floats=_colour)
    return colour, DerivedFrames(source, 1, alpha_of, rate, times, convert_floats=alpha_of)


def alpha_matte(source: FrameSource) -> FrameSource | None:
    """The alpha of frames [H, W, 4]; None of frames without, or opaque throughout: raw footage."""
    if source.channels != 4:
        return None
    _, alpha = split_alpha(source)
    return None if all((frame == 255).all() for frame in alpha.read()) else alpha
