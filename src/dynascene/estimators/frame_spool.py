"""Pictures of a clip that are read one at a time, from memory or from a file.

A long clip's pictures do not fit into memory. In a file they cost little: what was written or read
lately lies in the system's cache, which gives way to whoever needs the memory.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator
from tempfile import TemporaryFile, gettempdir
from typing import Protocol

import numpy as np
from numpy.typing import DTypeLike

from dynascene.errors import InputError


class FrameStack(Protocol):
    """Pictures [F, …] that are asked for one by one: an array, or a ``FrameSpool``."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> np.ndarray: ...

    def __iter__(self) -> Iterator[np.ndarray]: ...


class FrameSpool:
    """Pictures of one shape and type in a file without a name, which goes with the object.

    Args:
        shape: of one picture.
        dtype: of its values.
    """

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike) -> None:
        self._shape, self._dtype = shape, np.dtype(dtype)
        self._bytes = math.prod(shape) * self._dtype.itemsize
        self._file = TemporaryFile(buffering=0)  # noqa: SIM115, it lives as long as the object
        weakref.finalize(self, self._file.close)
        self._count = 0

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
            InputError: the folder of temporary files has no room.
        """
        if picture.shape != self._shape:
            raise ValueError(f"the spool's pictures are {self._shape}, this one {picture.shape}")
        rest = np.ascontiguousarray(picture, self._dtype).data.cast("B")
        try:
            self._file.seek(self._count * self._bytes)
            while rest:  # a full disk takes a part first
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise InputError(
                f"{gettempdir()}: has no room for a clip's working pictures "
                f"({error.strerror or error}); free some, or name another folder in TMPDIR"
            ) from error
        self._count += 1

    def __getitem__(self, index: int, /) -> np.ndarray:
        """A copy of one picture; negative numbers count from the end."""
        number = index + self._count if index < 0 else index
        if not 0 <= number < self._count:
            raise IndexError(f"picture {index} of {self._count}")
        self._file.seek(number * self._bytes)
        return np.frombuffer(self._read(), self._dtype).reshape(self._shape)

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
