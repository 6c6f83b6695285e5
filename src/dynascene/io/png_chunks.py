"""The chunks of a PNG file, looked through without decoding the picture."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHECKSUM = 4  # bytes after each chunk
BEGINNING = 80  # bytes: a keyword has 79 at most, and ends with a zero
EXIF_TEXT, XMP_TEXT = b"Raw profile type exif", b"XML:com.adobe.xmp"  # keywords


class PngChunk(NamedTuple):
    """A chunk of a PNG. beginning: of its content, at most 80 bytes."""

    name: bytes
    length: int
    beginning: bytes


def png_chunks(path: Path) -> Iterator[PngChunk]:
    """The chunks up to IEND; none of a file that is no PNG.

    Raises:
        OSError: the file cannot be read, or ends within a chunk.
    """
    with path.open("rb") as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:
            return
        size = os.fstat(file.fileno()).st_size
        while len(head := file.read(8)) == 8:
            length, name = struct.unpack(">I4s", head)
            end = file.tell() + length
            if end > size:
                raise OSError("the file ends too early")
            yield PngChunk(name, length, file.read(min(length, BEGINNING)))
            if name == b"IEND":
                return
            file.seek(end + CHECKSUM)


def has_late_tags(path: Path) -> bool:
    """Whether a PNG has EXIF or XMP behind its pixels, where Pillow meets it only by decoding them.

    Raises:
        OSError: as for ``png_chunks``.
    """
    is_behind = False
    for chunk in png_chunks(path):
        is_behind = is_behind or chunk.name == b"IDAT"
        keyword = chunk.beginning.split(b"\0")[0] if chunk.name.endswith(b"Xt") else b""
        if is_behind and (chunk.name == b"eXIf" or keyword in (EXIF_TEXT, XMP_TEXT)):
            return True
    return False
