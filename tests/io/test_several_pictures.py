"""Files of several pictures: the right one, all of them as frames, or one clear line."""

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynascene.errors import InputError
from dynascene.io.frames import open_frames, times_of
from dynascene.io.images import probe_image, read_image
from dynascene.types import Size


def pictures(count: int = 4) -> list[Image.Image]:
    return [
        Image.fromarray(np.full((16, 20, 3), (40 * number, 90, 200), np.uint8))
        for number in range(count)
    ]


def saved(path: Path, durations: list[int] | int = 40, **options: object) -> Path:
    first, *others = pictures()
    first.save(
        path, save_all=True, append_images=others, duration=durations, lossless=True, **options
    )
    return path


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif", "a.gif"])
def test_all_pictures_are_frames_and_none_is_the_place(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path / name)
    source = open_frames(path)
    assert (len(source), source.size) == (4, Size(20, 16))
    assert [frame[3, 3, 0] // 40 for frame in source.read()] == [0, 1, 2, 3]
    assert [frame[3, 3, 0] // 40 for frame in source.read(2, 4)] == [2, 3]
    with pytest.raises(InputError, match=f"{name}: holds 4 pictures"):
        read_image(path)


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_they_are_shown_as_long_as_the_file_says(tmp_path: Path, name: str) -> None:
    steady = open_frames(saved(tmp_path / name))
    assert (steady.frame_rate, times_of(steady)) == (Fraction(25), None)
    varying = open_frames(saved(tmp_path / f"v{name}", [40, 200, 40, 40]))
    assert times_of(varying) == pytest.approx((0, 0.04, 0.24, 0.28))


def test_pages_run_at_the_rate_of_folders(tmp_path: Path) -> None:
    assert open_frames(saved(tmp_path / "a.tif")).frame_rate == 24


def test_alpha_of_an_animation(tmp_path: Path) -> None:
    first, second = (picture.convert("RGBA") for picture in pictures(2))
    second.putalpha(0)
    first.save(tmp_path / "a.png", save_all=True, append_images=[second], duration=40, blend=0)
    source = open_frames(tmp_path / "a.png")
    assert source.channels == 4
    assert [int(frame[..., 3].max()) for frame in source.read()] == [255, 0]


def test_the_picture_for_old_readers_is_no_frame(tmp_path: Path) -> None:
    first, *others = pictures()
    path = tmp_path / "a.png"
    first.save(path, save_all=True, append_images=others, duration=40, default_image=True)
    assert [frame[3, 3, 0] // 40 for frame in open_frames(path).read()] == [1, 2, 3]


def test_pages_of_several_sizes_are_refused(tmp_path: Path) -> None:
    small = Image.new("RGB", (8, 6))
    path = tmp_path / "a.tif"
    pictures()[0].save(path, save_all=True, append_images=[small])
    with pytest.raises(InputError, match=r"20x16 and of other sizes"):
        open_frames(path)


def test_an_animation_in_a_folder_of_frames_is_refused(tmp_path: Path) -> None:
    saved(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"a\.png: holds 4 pictures"):
        open_frames(tmp_path)


def test_a_photograph_with_a_second_view_is_its_first_picture(tmp_path: Path) -> None:
    """Phones keep depth, gain maps and previews behind it (MPO)."""
    first, second = pictures(2)
    first.save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[second])
    assert probe_image(tmp_path / "a.jpg").count == 1
    assert read_image(tmp_path / "a.jpg")[3, 3, 0] < 5


# --- reduced copies ------------------------------------------------------------------------------

SUBFILE, WIDTH, HEIGHT, BITS, PHOTOMETRIC, OFFSET = 254, 256, 257, 258, 262, 273
ROWS, BYTES, SUB_DIRECTORIES, DNG = 278, 279, 330, 50706


def pages(path: Path, *kinds: dict[int, int]) -> Path:
    """A TIFF of grey pages, page k of (k + 2) × 16 pixels across, grey 90 + 50·k."""
    content, directories = b"II*\0" + bytes(4), []
    for number, tags in enumerate(kinds):
        width = 16 * (number + 2)
        entries = {WIDTH: width, HEIGHT: 16, BITS: 8, PHOTOMETRIC: 1, ROWS: 16, BYTES: width * 16}
        entries |= {OFFSET: len(content)} | tags
        directories.append(dict(sorted(entries.items())))
        content += bytes([90 + 50 * number]) * (width * 16)
    places = []
    for entries in directories:
        places.append(len(content))
        content += struct.pack("<H", len(entries))
        content += b"".join(struct.pack("<HHII", tag, 4, 1, v) for tag, v in entries.items())
        content += bytes(4)
    data = bytearray(content)
    for place, entries, after in zip(places, directories, [*places[1:], 0], strict=True):
        struct.pack_into("<I", data, place + 2 + 12 * len(entries), after)
    struct.pack_into("<I", data, 4, places[0])
    path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize("kinds", [[{SUBFILE: 1}, {}], [{}, {SUBFILE: 1}], [{}, {SUBFILE: 4}]])
def test_reduced_copies_and_masks_do_not_count(tmp_path: Path, kinds: list[dict[int, int]]) -> None:
    path = pages(tmp_path / "a.tif", *kinds)
    full = kinds.index({})
    assert probe_image(path).count == 1
    assert probe_image(path).size == Size(16 * (full + 2), 16)
    assert (read_image(path) == 90 + 50 * full).all()
    assert next(open_frames(path).read()).shape == (16, 16 * (full + 2), 3)


RAW = {
    "a reduced copy alone": {SUBFILE: 1},
    "DNG": {DNG: 0x401},
    "a filter mosaic": {PHOTOMETRIC: 32803},
}


@pytest.mark.parametrize("tags", RAW.values(), ids=RAW)
@pytest.mark.parametrize("reader", [read_image, open_frames, probe_image])
def test_raw_photographs_are_refused_by_content(
    tmp_path: Path, tags: dict[int, int], reader: object
) -> None:
    assert callable(reader)
    with pytest.raises(InputError, match=r"a\.tif: .*raw file|cannot be read|not a picture"):
        reader(pages(tmp_path / "a.tif", tags))


@pytest.mark.parametrize("ending", ["dng", "NEF", "cr3", "arw"])
@pytest.mark.parametrize("reader", [read_image, open_frames])
def test_raw_photographs_are_refused_by_name(tmp_path: Path, ending: str, reader: object) -> None:
    assert callable(reader)
    path = pages(tmp_path / f"a.{ending}", {})
    with pytest.raises(InputError, match=f"a.{ending}: is a camera's raw file"):
        reader(path)
