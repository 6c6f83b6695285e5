"""The chunks of a PNG, and tags that stand behind its pixels."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynascene.errors import InputError
from dynascene.io.images import probe_image, read_image, write_png
from dynascene.io.png_chunks import has_late_tags, png_chunks
from dynascene.types import Size

PIXELS = np.arange(3 * 5 * 3, dtype=np.uint8).reshape(3, 5, 3)
TURNED = 6  # EXIF: row 0 is at the right


def with_late_chunk(path: Path, name: bytes, content: bytes) -> Path:
    """A PNG with one chunk more, before its end."""
    write_png(path, PIXELS)
    stored = path.read_bytes()
    checksum = struct.pack(">I", zlib.crc32(name + content))
    chunk = struct.pack(">I", len(content)) + name + content + checksum
    path.write_bytes(stored[:-12] + chunk + stored[-12:])
    return path


def orientation_tags() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = TURNED
    return exif.tobytes().removeprefix(b"Exif\0\0")


XMP = b'XML:com.adobe.xmp\0\0\0\0\0<rdf tiff:Orientation="6"/>'


def test_chunks_are_those_of_the_file(tmp_path: Path) -> None:
    path = with_late_chunk(tmp_path / "a.png", b"tEXt", b"k\0" + bytes(100))
    chunks = list(png_chunks(path))
    assert [chunk.name for chunk in chunks] == [b"IHDR", b"IDAT", b"tEXt", b"IEND"]
    assert chunks[0].beginning[:8] == struct.pack(">II", 5, 3)
    assert (chunks[2].length, len(chunks[2].beginning)) == (102, 80)
    assert list(png_chunks(Path(__file__))) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (b"eXIf", orientation_tags()),
        (b"iTXt", XMP),
        (b"tEXt", b"Raw profile type exif\0\nexif\n  38\n" + orientation_tags().hex().encode()),
    ],
)
def test_a_turn_that_stands_behind_the_pixels_counts(
    tmp_path: Path, name: bytes, content: bytes
) -> None:
    path = with_late_chunk(tmp_path / "a.png", name, content)
    assert has_late_tags(path)
    assert probe_image(path).size == Size(3, 5)
    np.testing.assert_array_equal(read_image(path), PIXELS.swapaxes(0, 1)[:, ::-1])


def test_other_texts_behind_the_pixels_do_not(tmp_path: Path) -> None:
    path = with_late_chunk(tmp_path / "a.png", b"tEXt", b"date:create\0today")
    assert not has_late_tags(path)
    assert probe_image(path).size == Size(5, 3)


def test_a_png_that_ends_too_early_is_told_when_it_is_opened(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", np.random.default_rng(3).integers(0, 256, (64, 64, 3), np.uint8))
    stored = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(stored[:-2000])
    with pytest.raises(InputError, match=r"a\.png: the picture cannot be read \(the file ends"):
        probe_image(tmp_path / "a.png")
