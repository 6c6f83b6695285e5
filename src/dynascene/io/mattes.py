"""Mattes in files: who is the person in each frame."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from dynascene.errors import InputError
from dynascene.io.frames import (
    DerivedFrames,
    PictureFrames,
    alpha_of,
    coded_size_of,
    numbers_of,
    open_frames,
    times_of,
)
from dynascene.io.greyness import IN_COLOUR, is_grey
from dynascene.io.picture_folders import match_numbers
from dynascene.io.video import VideoFrames
from dynascene.types import FrameSource

SAMPLED_FRAMES = 5


def open_matte(
    path: Path, like: FrameSource | None = None, *, strict: bool = False, fill_gaps: bool = False
) -> FrameSource:
    """Open a matte as frames [H, W, 1], 255 = person: a video, a folder of pictures, or a picture.

    Where there is alpha it is the matte (unless it is opaque throughout a grey picture); else the
    grey values are. In a palette picture with colours (a label map) everything but black is
    person, and a map of labels 0 and 1 counts as 0 and 255.

    Args:
        like: the person's frames. The matte must have their size, takes their frame rate and times,
            and is matched with them by the numbers in the names of pictures, else by order.
        strict: as for ``open_video``.
        fill_gaps: as for ``open_frames``.

    Raises:
        InputError: as open_frames does, when the matte is in colour, or does not fit ``like``.
    """
    source = open_frames(path, strict=strict, fill_gaps=fill_gaps)
    if isinstance(source, VideoFrames):
        source = source.uncoloured()
    reading = _matte_reading(source, path)
    if like is not None:
        source = fitted_matte(path, source, like)
    rate, times = (source.frame_rate, times_of(source)) if like is None else _clock(like)
    return DerivedFrames(source, 1, reading, rate, times)


def _clock(source: FrameSource) -> tuple[Fraction, tuple[float, ...] | None]:
    return source.frame_rate, times_of(source)


def fitted_matte(path: Path, matte: FrameSource, person: FrameSource) -> FrameSource:
    """A matte of the person's size and length: as it is, or stretched as the person's pixels are.

    Raises:
        InputError: the sizes or the numbers of frames differ.
    """
    fits = matte.size == person.size
    if not fits and matte.size != coded_size_of(person):
        raise InputError(
            f"{path}: the matte is {matte.size} and the person's video is {person.size}: "
            "make the matte in the video's size"
        )
    numbers = numbers_of(person)
    if numbers and isinstance(matte, PictureFrames) and matte.numbers:
        indices = match_numbers(path, matte.numbers, numbers)
        matte = matte if indices is None else matte.picked(indices)
    if len(matte) != len(person):
        raise InputError(
            f"{path}: the matte has {len(matte)} frames and the person's video has {len(person)}: "
            "make one matte frame for each frame"
        )
    if fits:
        return matte
    if isinstance(matte, VideoFrames):
        return matte.scaled(person.size)
    stretch = partial(cv2.resize, dsize=person.size, interpolation=cv2.INTER_LINEAR)
    return DerivedFrames(
        matte, matte.channels, stretch, matte.frame_rate, times_of(matte), person.size
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
        return alpha_of
    if isinstance(source, PictureFrames) and source.palette:
        return _person_of_labels
    grey = partial(_grey, where=str(path))
    brightest = max(int(grey(sample).max()) for sample in samples)
    labels = isinstance(source, PictureFrames) and brightest == 1
    return partial(_grey, where=str(path), white=1) if labels else grey


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
