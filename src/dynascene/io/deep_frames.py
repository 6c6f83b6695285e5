"""Frames of more than 8 bits: sources that have them are read as floats too.

Such a source has ``is_deep`` and ``read_floats(start, stop)`` besides what every FrameSource has.
Whatever is estimated from frames reads 8 bits; what is delivered reads floats.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import numpy as np

from dynascene.imaging.pixels import unit_floats
from dynascene.types import FrameSource


@runtime_checkable
class DeepFrames(Protocol):
    """A FrameSource that may have more than 8 bits."""

    @property
    def is_deep(self) -> bool: ...

    def read_floats(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]: ...


def is_deep(source: FrameSource) -> bool:
    """Whether frames have more than 8 bits."""
    return isinstance(source, DeepFrames) and source.is_deep


def read_floats(
    source: FrameSource, start: int = 0, stop: int | None = None
) -> Iterator[np.ndarray]:
    """The frames ``start:stop`` with all their bits: float32 [H, W, C] in 0 … 1."""
    if isinstance(source, DeepFrames) and source.is_deep:
        yield from source.read_floats(start, stop)
    else:
        yield from map(unit_floats, source.read(start, stop))


def read_exactly(source: FrameSource) -> Iterator[np.ndarray]:
    """Frames as they are stored: float32 in 0 … 1 where the source is deep, else uint8."""
    return read_floats(source) if is_deep(source) else source.read()
