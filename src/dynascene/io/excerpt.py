"""A part of a clip, and the matte of that part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from dynascene.errors import InputError
from dynascene.io.deep_frames import is_deep, read_floats
from dynascene.io.frames import coded_size_of, open_frames, times_of
from dynascene.io.mattes import open_matte
from dynascene.phrases import count_of
from dynascene.types import FrameSource, Size

Range = tuple[int, int]  # the first frame, and the one after the last


@dataclass(frozen=True)
class Excerpt:
    """The frames start … stop − 1 of another source.

    Attributes:
        source: the frames.
        start, stop: half open.
    """

    source: FrameSource
    start: int
    stop: int

    @property
    def size(self) -> Size:
        return self.source.size

    @property
    def coded_size(self) -> Size:
        """As of the source."""
        return coded_size_of(self.source)

    @property
    def channels(self) -> int:
        return self.source.channels

    @property
    def frame_rate(self) -> Fraction:
        return self.source.frame_rate

    @property
    def times(self) -> tuple[float, ...] | None:
        """Seconds of each frame after the first of the excerpt, where the frame rate varies."""
        times = times_of(self.source)
        return times and tuple(t - times[self.start] for t in times[self.start : self.stop])

    @property
    def is_deep(self) -> bool:
        """As of the source."""
        return is_deep(self.source)

    def __len__(self) -> int:
        return self.stop - self.start

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        first, last, _ = slice(start, stop).indices(len(self))
        yield from self.source.read(self.start + first, self.start + last)

    def read_floats(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """As ``read``, float32 in 0 … 1 with all bits."""
        first, last, _ = slice(start, stop).indices(len(self))
        yield from read_floats(self.source, self.start + first, self.start + last)


def excerpt(source: FrameSource, frames: Range | None, path: Path) -> FrameSource:
    """The requested frames of a source.

    Args:
        source: the frames.
        frames: first frame, and the one after the last; None: all.
        path: of the source, for messages.

    Raises:
        InputError: the range is empty or goes beyond the source.
    """
    if frames is None:
        return source
    start, stop = frames
    if not 0 <= start < stop:
        raise InputError(f"frames {start}:{stop}: must be A:B with 0 <= A < B")
    if stop > len(source):
        raise InputError(
            f"frames {start}:{stop}: {path} has {count_of(len(source), 'frame')}, 0:{len(source)}"
        )
    return Excerpt(source, start, stop)


def open_excerpt_matte(
    path: Path, whole: FrameSource, frames: Range | None, *, fill_gaps: bool = False
) -> FrameSource:
    """The matte of the requested frames; the file may hold the whole clip's matte or only theirs.

    Raises:
        InputError: as for ``open_matte``, or its length fits neither.
    """
    if frames is None:
        return open_matte(path, like=whole, fill_gaps=fill_gaps)
    start, stop = frames
    used = excerpt(whole, frames, path)
    length = len(open_frames(path, fill_gaps=fill_gaps))
    if length == len(used):
        return open_matte(path, like=used, fill_gaps=fill_gaps)
    if length == len(whole):
        return excerpt(open_matte(path, like=whole, fill_gaps=fill_gaps), frames, path)
    raise InputError(
        f"{path}: the matte has {length} frames; for frames {start}:{stop} of a clip of "
        f"{len(whole)} give it {len(used)} (those alone) or {len(whole)} (all of the clip's)"
    )
