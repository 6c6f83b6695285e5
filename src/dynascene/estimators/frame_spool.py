"""Pictures of a clip that are read one at a time, from memory or from a file.

A long clip's pictures do not fit into memory. In a file they cost little: what was written or read
lately lies in the system's cache, which gives way to whoever needs the memory.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterable, Iterator
from itertools import chain
from tempfile import TemporaryFile
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import DTypeLike

from dynascene.io.temporary_files import temporary_errors

CONTENTS = "a clip's working pictures"


class FrameStack(Protocol):
    """Pictures [F, …] that are asked for one by one: an array, or a ``FrameSpool``."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> np.ndarray: ...

    def __iter__(self) -> Iterator[np.ndarray]: ...


def in_memory(frames: FrameStack, every: int = 1) -> np.ndarray:
    """Every so many of the pictures in one array [F, …], without a second copy of any."""
    if every == 1 and isinstance(frames, np.ndarray):
        return frames
    numbers = range(0, len(frames), every)
    pictures = np.empty((len(numbers), *frames.shape[1:]), frames[0].dtype)
    for place, number in enumerate(numbers):
        pictures[place] = frames[number]
    return pictures


class FrameSpool:
    """Pictures of one shape and type in a file without a name, which goes with the object.

    Threads may share it.

    Args:
        shape: of one picture.
        dtype: of its values.

    Raises:
        NoTemporaryFiles: the file cannot be made.
    """

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike) -> None:
        self._shape, self._dtype = shape, np.dtype(dtype)
        self._bytes = math.prod(shape) * self._dtype.itemsize
        with temporary_errors(CONTENTS):
            self._file = TemporaryFile(buffering=0)  # noqa: SIM115, it lives as long as the object
        weakref.finalize(self, self._file.close)
        self._count, self._lock = 0, Lock()  # of the place in the file

    @property
    def shape(self) -> tuple[int, ...]:
        """F, and the shape of one picture."""
        return (self._count, *self._shape)

    def __len__(self) -> int:
        return self._count

    def append(self, picture: np.ndarray) -> None:
        """Add a picture after the last one.

        Raises:
            ValueError: it has another shape.
            NoTemporaryFiles: the folder of temporary files has no room, or the disk fails.
        """
        if picture.shape != self._shape:
            raise ValueError(f"the spool's pictures are {self._shape}, this one {picture.shape}")
        rest = np.ascontiguousarray(picture, self._dtype).data.cast("B")
        with temporary_errors(CONTENTS), self._lock:
            self._file.seek(self._count * self._bytes)
            while rest:  # a full disk takes a part first
                rest = rest[self._file.write(rest) :]
            self._count += 1

    def __getitem__(self, index: int, /) -> np.ndarray:
        """A copy of one picture; negative numbers count from the end.

        Raises:
            NoTemporaryFiles: the disk fails.
        """
        number = index + self._count if index < 0 else index
        if not 0 <= number < self._count:
            raise IndexError(f"picture {index} of {self._count}")
        with temporary_errors(CONTENTS), self._lock:
            self._file.seek(number * self._bytes)
            content = self._read()
        return np.frombuffer(content, self._dtype).reshape(self._shape)

    def _read(self) -> bytearray:
        """The bytes of the next picture."""
        content = bytearray(self._bytes)
        rest = memoryview(content)
        while rest:
            count = self._file.readinto(rest)
            if not count:
                raise EOFError("the file of working pictures has become shorter")
            rest = rest[count:]
        return content

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[index] for index in range(self._count))


def spooled(pictures: Iterable[np.ndarray]) -> FrameSpool:
    """Pictures of one shape and type, at least one, in a file: as they come, one at a time.

    Raises:
        NoTemporaryFiles: as ``FrameSpool``.
    """
    pictures = iter(pictures)
    first = next(pictures)
    spool = FrameSpool(first.shape, first.dtype)
    for picture in chain([first], pictures):
        spool.append(picture)
    return spool
