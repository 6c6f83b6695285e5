"""Mattes in files: who is the person in each frame."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from dynascene.errors import InputError
from dynascene.io.animated_pictures import AnimatedFrames
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
from dynascene.io.matte_values import FAINT, NOBODY, WHITE, meaning_of
from dynascene.io.picture_folders import match_numbers
from dynascene.io.video import VideoFrames
from dynascene.phrases import count_of
from dynascene.types import FrameSource, Size

log = logging.getLogger(__name__)

VISIBLE = 26  # of 255: what is fainter is not seen


def open_matte(
    path: Path, like: FrameSource | None = None, *, strict: bool = False, fill_gaps: bool = False
) -> FrameSource:
    """Open a matte as frames [H, W, 1], 255 = person: a video, a folder of pictures, or a picture.

    Where there is alpha it is the matte (unless it is opaque throughout); else the grey values are.
    In palette pictures with colours everything but black is person; where pictures hold a few
    values that never reach white, these are labels, and everything but 0 is person
    (docs/footage.md). Colour profiles do not count.

    Args:
        like: the person's frames. The matte must have their size, takes their frame rate and times,
            and is matched with them by the numbers in the names of pictures, else by order.
        strict: as for ``open_video``.
        fill_gaps: as for ``open_frames``.

    Raises:
        InputError: as open_frames does, when the matte is in colour, shows nobody anywhere, or does
            not fit ``like``.
    """
    source, reading = open_frames(path, strict=strict, fill_gaps=fill_gaps), _unchanged
    if like is not None:
        fitted_matte(path, source, like)  # before all of it is looked at
    if isinstance(source, PictureFrames):
        meaning = meaning_of(list(source.paths), path)
        source = replace(source, decode=meaning, decode_floats=meaning.floats, channels=1)
    elif isinstance(source, AnimatedFrames):
        source = replace(source, decode=meaning_of([source.path], path), channels=1)
    else:
        source = source.uncoloured() if isinstance(source, VideoFrames) else source
        reading = _video_reading(source, path)
    if like is not None:
        source = fitted_matte(path, source, like)
    rate, times = (source.frame_rate, times_of(source)) if like is None else _clock(like)
    return DerivedFrames(source, 1, reading, rate, times, convert_floats=_float_reading(reading))


def _float_reading(reading: Callable[[np.ndarray], np.ndarray]) -> Callable:
    """What ``reading`` takes of a frame, of floats. 8 bits have been looked at for colours."""
    return reading if reading in (_unchanged, alpha_of) else _green


def _green(frame: np.ndarray) -> np.ndarray:
    return frame[..., 1:2]


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
            f"{path}: the matte has {count_of(len(matte), 'frame')} and the person's video has "
            f"{len(person)}: make one matte frame for each frame"
        )
    if fits:
        return matte
    if isinstance(matte, VideoFrames):
        return matte.scaled(person.size)
    stretch = partial(cv2.resize, dsize=person.size, interpolation=cv2.INTER_LINEAR)
    if matte.channels == 1:
        stretch = partial(_stretched_matte, size=person.size)
    return DerivedFrames(
        matte, matte.channels, stretch, matte.frame_rate, times_of(matte), person.size
    )


def _stretched_matte(frame: np.ndarray, size: Size) -> np.ndarray:
    return cv2.resize(frame, size, interpolation=cv2.INTER_LINEAR)[..., None]


def require_somebody(matte: FrameSource, path: Path) -> None:
    """Read a matte up to where somebody is seen.

    Args:
        matte: [H, W, 1].
        path: of the file, for messages.

    Raises:
        InputError: nobody is seen in any frame.
    """
    if not any(frame.max() >= VISIBLE for frame in matte.read()):
        raise InputError(NOBODY.format(path=path, count=len(matte)))


def _video_reading(video: FrameSource, path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Alpha where any frame has it, else the grey values, which reach white in some frame."""
    if video.channels == 4:
        for frame in video.read():
            if (frame[..., 3] < 255).any():
                return alpha_of
    grey = partial(_grey, where=str(path))
    brightest = 0
    for frame in video.read():
        brightest = max(brightest, int(grey(frame).max()))
        if brightest >= WHITE * 255:
            return grey
    if brightest < FAINT * 255:
        raise InputError(
            f"{path}: the matte is nowhere brighter than {brightest} of 255: it shows nobody; "
            "white = person (of a video, labels are not read)"
        )
    log.warning("%s: the matte is nowhere brighter than %d of 255", path, brightest)
    return grey


def _grey(frame: np.ndarray, where: str) -> np.ndarray:
    if not is_grey(frame[..., :3]):
        raise InputError(IN_COLOUR.format(path=where))
    return frame[..., 1:2]


def _unchanged(frame: np.ndarray) -> np.ndarray:
    return frame
