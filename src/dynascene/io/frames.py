"""Opens a video, a folder of pictures or a single picture as a FrameSource."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np

from dynascene.errors import InputError
from dynascene.io.greyness import IN_COLOUR, is_grey
from dynascene.io.images import IMAGE_SUFFIXES, probe_image, read_image
from dynascene.io.natural_order import natural_order
from dynascene.io.video import open_video
from dynascene.io.video_index import DEFAULT_FRAME_RATE
from dynascene.types import FrameSource, Size

SAMPLED_FRAMES = 5


@dataclass(frozen=True)
class PictureFrames:
    """Pictures of one size in order, one per frame, decoded when they are read.

    Attributes:
        paths: of the pictures.
        size: of all of them.
        channels: 4 where any picture has alpha (the others are opaque), else 3.
        palette: whether every picture has a palette, as label maps do.
        frame_rate: frames a second.
        times: seconds of each frame after the first where the rate varies, else None.
    """

    paths: tuple[Path, ...]
    size: Size
    channels: int
    palette: bool = False
    frame_rate: Fraction = DEFAULT_FRAME_RATE
    times: tuple[float, ...] | None = None

    def __len__(self) -> int:
        return len(self.paths)

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """Yield uint8 [H, W, C] of the frames ``start:stop``, as slicing counts them."""
        for path in self.paths[start:stop]:
            pixels = read_image(path)
            if pixels.shape[2] < self.channels:
                pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
            yield pixels


@dataclass(frozen=True)
class DerivedFrames:
    """Another source's frames, each passed through ``convert`` when it is read."""

    source: FrameSource
    channels: int
    convert: Callable[[np.ndarray], np.ndarray]
    frame_rate: Fraction
    times: tuple[float, ...] | None = None

    @property
    def size(self) -> Size:
        return self.source.size

    def __len__(self) -> int:
        return len(self.source)

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """Yield uint8 [H, W, C] of the frames ``start:stop``, as slicing counts them."""
        for frame in self.source.read(start, stop):
            yield np.ascontiguousarray(self.convert(frame))


def open_frames(path: Path, *, strict: bool = False) -> FrameSource:
    """Open a video, a folder of pictures of one size (sorted naturally), or one picture.

    Frames are uint8 [H, W, 3], or [H, W, 4] with straight alpha; pictures run at 24 frames a
    second. Nothing but the file's index is kept in memory.

    Args:
        strict: as for ``open_video``.

    Raises:
        InputError: when the path is missing, holds no frames or several sizes, or is damaged.
    """
    if path.is_dir():
        return _open_pictures(_pictures_in(path))
    if path.suffix.lower() in (*IMAGE_SUFFIXES, ".heic", ".heif"):
        return _open_pictures([path])
    return open_video(path, strict=strict)


def times_of(source: FrameSource) -> tuple[float, ...] | None:
    """Seconds of each frame after the first where the source's frame rate varies, else None."""
    return getattr(source, "times", None)


def _pictures_in(folder: Path) -> list[Path]:
    try:
        files = [p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES and p.is_file()]
    except OSError as error:
        raise InputError(f"{folder}: cannot be read: {error.strerror or error}") from error
    files = [p for p in files if not p.name.startswith(".")]
    if not files:
        raise InputError(f"{folder}: holds no pictures ({', '.join(IMAGE_SUFFIXES)})")
    return sorted(files, key=lambda path: natural_order(path.name))


def _open_pictures(paths: list[Path]) -> PictureFrames:
    heads = [probe_image(path) for path in paths]
    for path, head in zip(paths, heads, strict=True):
        if head.size != heads[0].size:
            raise InputError(
                f"{path} is {head.size} and {paths[0]} is {heads[0].size}: "
                "the pictures of a folder must have one size"
            )
    return PictureFrames(
        paths=tuple(paths),
        size=heads[0].size,
        channels=4 if any(head.has_alpha for head in heads) else 3,
        palette=all(head.has_palette for head in heads),
    )


def open_matte(path: Path, like: FrameSource | None = None, *, strict: bool = False) -> FrameSource:
    """Open a matte as frames [H, W, 1], 255 = person: a video, a folder of pictures, or a picture.

    Where there is alpha it is the matte (unless it is opaque throughout a grey picture); else the
    grey values are. In a palette picture with colours (a label map) everything but black is
    person, and a map of labels 0 and 1 counts as 0 and 255.

    Args:
        like: the person's frames. The matte must have their size and number, and takes their frame
            rate and times.
        strict: as for ``open_video``.

    Raises:
        InputError: as open_frames does, when the matte is in colour, or does not fit ``like``.
    """
    source = open_frames(path, strict=strict)
    matte = DerivedFrames(source, 1, _matte_reading(source, path), source.frame_rate)
    if like is None:
        return replace(matte, times=times_of(source))
    check_matte_fits(path, source, like)
    return replace(matte, frame_rate=like.frame_rate, times=times_of(like))


def check_matte_fits(path: Path, matte: FrameSource, person: FrameSource) -> None:
    """Compare a matte's size and number of frames with the person's.

    Raises:
        InputError: they differ.
    """
    if matte.size != person.size:
        raise InputError(
            f"{path}: the matte is {matte.size} and the person's video is {person.size}: "
            "make the matte in the video's size"
        )
    if len(matte) != len(person):
        raise InputError(
            f"{path}: the matte has {len(matte)} frames and the person's video has {len(person)}: "
            "make one matte frame for each frame"
        )


def _matte_reading(source: FrameSource, path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """How this source's frames hold the matte, from a few of them (the first may be empty)."""
    step = max(1, len(source) // SAMPLED_FRAMES) if isinstance(source, PictureFrames) else 1
    indices = range(0, len(source), step)[:SAMPLED_FRAMES]
    if not isinstance(source, PictureFrames):
        indices = indices[:1]  # a video would be decoded up to each
    samples = [next(source.read(index, index + 1)) for index in indices]
    if source.channels == 4 and not all(
        (sample[..., 3] == 255).all() and is_grey(sample[..., :3]) for sample in samples
    ):
        return _alpha
    if isinstance(source, PictureFrames) and source.palette:
        return _person_of_labels
    grey = partial(_grey, where=str(path))
    brightest = max(int(grey(sample).max()) for sample in samples)
    labels = isinstance(source, PictureFrames) and brightest == 1
    return partial(_grey, where=str(path), white=1) if labels else grey


def _alpha(frame: np.ndarray) -> np.ndarray:
    return frame[..., 3:]


def _colour(frame: np.ndarray) -> np.ndarray:
    return frame[..., :3]


def _grey(frame: np.ndarray, where: str, white: int = 255) -> np.ndarray:
    if not is_grey(frame[..., :3]):
        raise InputError(IN_COLOUR.format(path=where))
    grey = frame[..., 1:2]
    return grey if white == 255 else np.where(grey >= white, np.uint8(255), np.uint8(0))


def _person_of_labels(frame: np.ndarray) -> np.ndarray:
    """A palette of greys means its grey values; one with colours numbers the objects."""
    if (frame[..., :3] == frame[..., :1]).all():
        return frame[..., :1]
    return np.where(frame[..., :3].any(axis=2, keepdims=True), np.uint8(255), np.uint8(0))


def split_alpha(source: FrameSource) -> tuple[FrameSource, FrameSource]:
    """Frames [H, W, 4] as colour [H, W, 3] and matte [H, W, 1]; each reads the source by itself.

    Raises:
        InputError: when the source has no alpha.
    """
    if source.channels != 4:
        raise InputError("the person's frames have no alpha: give a matte (white = person)")
    rate, times = source.frame_rate, times_of(source)
    colour = DerivedFrames(source, 3, _colour, rate, times)
    return colour, DerivedFrames(source, 1, _alpha, rate, times)
