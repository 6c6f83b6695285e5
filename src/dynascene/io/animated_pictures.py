"""Files of several pictures as frames: animated PNG and WebP, multi-page TIFF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np

from dynascene.errors import InputError
from dynascene.io.images import Decode, read_pictures
from dynascene.io.picture_colour import srgb_pixels
from dynascene.io.picture_file import clear_read_errors, is_turned, open_picture, pages_of
from dynascene.io.video_index import DEFAULT_FRAME_RATE
from dynascene.types import Size

LEAST_DURATION = 0.01  # seconds; players take what is shorter, or nothing, for a mistake
MISTAKEN_DURATION = 0.1


@dataclass(frozen=True)
class AnimatedFrames:
    """The pictures of one file in order, decoded when they are read.

    Attributes:
        path: of the file.
        size: of all of them.
        channels: 4 where any of them has alpha, else 3.
        count: how many there are.
        frame_rate: frames a second, on average.
        times: seconds of each frame after the first where the rate varies, else None.
        decode: what is read of a picture: its colours in sRGB, or something else.
    """

    path: Path
    size: Size
    channels: int
    count: int
    frame_rate: Fraction
    times: tuple[float, ...] | None
    decode: Decode = srgb_pixels

    def __len__(self) -> int:
        return self.count

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """Yield uint8 [H, W, C] of the frames ``start:stop``, as slicing counts them."""
        for pixels in read_pictures(self.path, start, stop, self.decode):
            if pixels.shape[2] < self.channels:
                pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
            yield pixels


def open_animation(path: Path) -> AnimatedFrames:
    """Open a file of several pictures.

    Raises:
        InputError: it is damaged, or its pictures differ in size.
    """
    sizes, alpha, seconds = [], False, []
    with open_picture(path, single=False) as image, clear_read_errors(path):
        for number in pages_of(image, path):
            image.seek(number)
            image.load()  # a WebP tells the duration with the pixels
            turned = is_turned(image, path)
            sizes.append(Size(*image.size[::-1]) if turned else Size(*image.size))
            alpha |= image.has_transparency_data
            duration = image.info.get("duration", 0) / 1000
            seconds.append(duration if duration >= LEAST_DURATION else MISTAKEN_DURATION)
        timed = image.format != "TIFF"
    if len(set(sizes)) > 1:
        raise InputError(
            f"{path}: holds pictures of {sizes[0]} and of other sizes; export the one that is meant"
        )
    rate, times = _timing(seconds) if timed else (DEFAULT_FRAME_RATE, None)
    return AnimatedFrames(path, sizes[0], 4 if alpha else 3, len(sizes), rate, times)


def _timing(seconds: list[float]) -> tuple[Fraction, tuple[float, ...] | None]:
    times = (0.0, *accumulate(seconds[:-1]))
    rate = Fraction(len(seconds) / sum(seconds)).limit_denominator(1001)
    longest = max(later - earlier for earlier, later in pairwise(times))
    shortest = min(later - earlier for earlier, later in pairwise(times))
    # durations are whole milliseconds: 33, 33, 34 are a steady rate
    return rate, times if longest - shortest > 0.002 else None
