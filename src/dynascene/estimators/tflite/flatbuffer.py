"""Reading tables of a FlatBuffer, the binary format of TFLite files, by the numbers of fields.

A table points to its own list of field offsets; a field that is not in the list has its default.
Offsets are unsigned 32-bit little-endian and relative to where they stand.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BufferTable:
    """A table of a file.

    Attributes:
        data: the whole file.
        at: where the table begins.
    """

    data: bytes
    at: int

    def integer(self, field: int, default: int = 0, kind: str = "i") -> int:
        """A number; ``kind``: as in `struct`, i int32, b int8, I uint32."""
        place = self._place(field)
        return default if place is None else struct.unpack_from(f"<{kind}", self.data, place)[0]

    def array(self, field: int, dtype: str) -> np.ndarray:
        """A vector of numbers, [N] of a little-endian dtype; empty where it is left out."""
        place = self._place(field)
        if place is None:
            return np.empty(0, dtype)
        start, count = self._vector(place)
        return np.frombuffer(self.data, dtype, count, start)

    def table(self, field: int) -> BufferTable | None:
        """Another table; None where it is left out."""
        place = self._place(field)
        return None if place is None else BufferTable(self.data, self._follow(place))

    def tables(self, field: int) -> list[BufferTable]:
        """A vector of tables."""
        place = self._place(field)
        if place is None:
            return []
        start, count = self._vector(place)
        return [BufferTable(self.data, self._follow(start + 4 * index)) for index in range(count)]

    def _place(self, field: int) -> int | None:
        """Where a field stands; None where it is left out."""
        offsets = self.at - struct.unpack_from("<i", self.data, self.at)[0]
        if 4 + 2 * field >= struct.unpack_from("<H", self.data, offsets)[0]:
            return None
        offset = struct.unpack_from("<H", self.data, offsets + 4 + 2 * field)[0]
        return self.at + offset if offset else None

    def _vector(self, place: int) -> tuple[int, int]:
        """Where the first element stands, and the number of elements."""
        at = self._follow(place)
        return at + 4, struct.unpack_from("<I", self.data, at)[0]

    def _follow(self, place: int) -> int:
        return place + struct.unpack_from("<I", self.data, place)[0]


def root_table(data: bytes) -> BufferTable:
    """The outermost table of a file."""
    return BufferTable(data, struct.unpack_from("<I", data)[0])
