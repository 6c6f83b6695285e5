"""The frames of a clip as they will be written: colour only, of even width and height."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from dynascene.curation.clip import Clip
from dynascene.io.excerpt import excerpt
from dynascene.io.frames import times_of
from dynascene.io.video import open_video
from dynascene.types import FrameSource, Size


@dataclass(frozen=True)
class EvenFrames:
    """Frames of another source in the even size that H.264 needs.

    An odd side repeats its last row or column. An alpha channel is left out. Video, matte and
    cameras of a clip all have this size.
    """

    source: FrameSource
    channels: int = 3

    @property
    def size(self) -> Size:
        width, height = self.source.size
        return Size(width + width % 2, height + height % 2)

    @property
    def frame_rate(self) -> Fraction:
        return self.source.frame_rate

    @property
    def times(self) -> tuple[float, ...] | None:
        return times_of(self.source)

    def __len__(self) -> int:
        return len(self.source)

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """Yield uint8 [H, W, 3] for the frames ``start:stop``, counted as in a slice."""
        for frame in self.source.read(start, stop):
            height, width = frame.shape[:2]
            yield np.pad(frame[..., :3], ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def frames_of(clip: Clip) -> FrameSource:
    """The frames ``start:stop`` of the clip's video.

    Raises:
        InputError: they cannot be read, or the video is shorter.
    """
    frames = excerpt(open_video(clip.video), (clip.start, clip.stop), clip.video)
    even = EvenFrames(frames)
    return frames if (frames.size, frames.channels) == (even.size, 3) else even
