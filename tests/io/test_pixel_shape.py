"""Still pictures whose pixels are not square are told, and left as they are."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from dynascene.io.frames import open_frames
from dynascene.io.pixel_shape import note_pixel_shape
from dynascene.types import Size

GREY = Image.fromarray(np.full((24, 36, 3), 90, np.uint8))


def png(path: Path, across: int, down: int, unit: int) -> Path:
    GREY.save(path)
    head, rest = path.read_bytes()[:33], path.read_bytes()[33:]
    chunk = across.to_bytes(4, "big") + down.to_bytes(4, "big") + bytes([unit])
    with path.open("wb") as file:
        file.write(head)
        PngImagePlugin.putchunk(file, b"pHYs", chunk)
        file.write(rest)
    return path


def jpeg(path: Path, across: int, down: int, unit: int) -> Path:
    GREY.save(path)
    data = bytearray(path.read_bytes())
    place = data.index(b"JFIF\0") + 7  # after the version
    data[place : place + 5] = bytes([unit]) + across.to_bytes(2, "big") + down.to_bytes(2, "big")
    path.write_bytes(data)
    return path


def tiff(path: Path, across: int, down: int, unit: int) -> Path:
    tags = ImageFileDirectory_v2()
    tags[282], tags[283], tags[296] = across, down, unit + 1
    GREY.save(path, tiffinfo=tags)
    return path


KINDS: dict[str, Any] = {"a.png": png, "a.jpg": jpeg, "a.tif": tiff}


@pytest.mark.parametrize("name", KINDS)
def test_a_shape_that_is_not_square_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    note_pixel_shape(KINDS[name](tmp_path / name, 4, 3, 0))
    assert [r.getMessage().count("not square (4:3)") for r in caplog.records] == [1]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(("across", "down", "unit"), [(1, 1, 0), (204, 98, 1), (0, 0, 0)])
def test_square_pixels_and_printers_densities_are_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, across: int, down: int, unit: int
) -> None:
    note_pixel_shape(KINDS[name](tmp_path / name, across, down, unit))
    assert not caplog.records


def test_a_folder_is_told_once_and_left_as_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        png(tmp_path / f"{number:04d}.png", 8, 9, 0)
    assert open_frames(tmp_path).size == Size(36, 24)
    assert len(caplog.records) == 1
