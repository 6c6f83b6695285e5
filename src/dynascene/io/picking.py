"""Some frames of a source, at the least cost that it allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dynascene.io.excerpt import Excerpt
from dynascene.io.frames import DerivedFrames, PictureFrames
from dynascene.io.video import VideoFrames
from dynascene.types import FrameSource


def pick(source: FrameSource, numbers: Sequence[int]) -> Iterator[np.ndarray]:
    """Yield uint8 [H, W, C] for the frames of these rising numbers.

    A video decodes what lies between them, but does not convert it to RGB; of pictures only these
    are opened. Other sources may have a ``pick`` of their own.
    """
    if isinstance(source, Excerpt):
        yield from pick(source.source, [source.start + number for number in numbers])
    elif isinstance(source, VideoFrames):
        yield from source.pick(numbers)
    elif isinstance(source, PictureFrames):
        yield from source.picked(numbers).read()
    elif isinstance(source, DerivedFrames):
        for frame in pick(source.source, numbers):
            yield np.ascontiguousarray(source.convert(frame))
    elif (own := getattr(source, "pick", None)) is not None:
        yield from own(numbers)
    elif numbers:
        chosen = frozenset(numbers)
        for number, frame in enumerate(source.read(0, numbers[-1] + 1)):
            if number in chosen:
                yield frame
