"""Numbers in the names of pictures say which frame they are."""

from pathlib import Path

import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.io.picture_folders import list_pictures, match_numbers

SUFFIXES = (".png", ".jpg")


def folder_of(path: Path, *names: str) -> Path:
    path.mkdir()
    for name in names:
        (path / name).touch()
    return path


def names(folder: Path, **options: bool) -> list[str]:
    return [path.name for path in list_pictures(folder, SUFFIXES, **options).paths]


def test_negative_numbers_come_first(tmp_path: Path) -> None:
    for number, form in enumerate(("{:05d}.png", "shot.{:05d}.png", "shot_{:05d}.png")):
        expected = [form.format(n) for n in (-2, -1, 0, 1)]
        folder = folder_of(tmp_path / str(number), *expected[::-1])
        assert names(folder) == expected
        assert list_pictures(folder, SUFFIXES).numbers == (-2, -1, 0, 1)


def test_a_hyphen_within_a_name_is_no_minus(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "a", "shot-0003.png", "shot-0001.png", "shot-0002.png")
    assert list_pictures(folder, SUFFIXES).numbers == (1, 2, 3)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((1, 2, 4), "1 frame is missing: f2.png is followed by f4.png"),
        ((1, 11, 21), "18 frames are missing: f1.png is followed by f11.png"),
        ((-3, -1), "1 frame is missing"),
        ((1000000, 2000000, 3000000, 6000000), "2 frames are missing"),
    ],
)
def test_gaps(numbers: tuple[int, ...], message: str, tmp_path: Path) -> None:
    form = "{}.png" if min(numbers) < 0 else "f{}.png"
    folder = folder_of(tmp_path / "a", *(form.format(n) for n in numbers))
    with pytest.raises(InputError, match=message) as caught:
        list_pictures(folder, SUFFIXES)
    assert "`fill_gaps`" in str(caught.value)


def test_gaps_are_filled_by_the_frame_before(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "a", "1.png", "2.png", "5.png")
    assert names(folder, fill_gaps=True) == ["1.png", "2.png", "2.png", "2.png", "5.png"]
    assert list_pictures(folder, SUFFIXES, fill_gaps=True).numbers == (1, 2, 3, 4, 5)


def test_clocks_and_words_have_no_gaps(tmp_path: Path) -> None:
    times = [f"{1403636579763555584 + n * 50_000_000}.png" for n in range(4)]
    assert names(folder_of(tmp_path / "times", *times[::-1])) == times
    assert names(folder_of(tmp_path / "words", "b.png", "a.png", "d.png")) == [
        "a.png", "b.png", "d.png"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("others", "message"),
    [
        (("0001.jpg",), r"0001\.jpg and 0001\.png are both frame 1"),
        (("1.png",), "are both frame 1"),
        (("preview.png",), r"preview\.png are not of the sequence 0000\.png"),
        (("b_0000.png", "b_0001.png"), "not of the sequence"),
        (("0003.dpx",), r"0003\.dpx: pictures of this kind are not read"),
    ],
)
def test_strangers(others: tuple[str, ...], message: str, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "a", "0000.png", "0001.png", "0002.png", *others)
    with pytest.raises(InputError, match=message):
        list_pictures(folder, SUFFIXES)


def test_files_that_do_not_count(tmp_path: Path) -> None:
    frames = [f"{n:04d}.png" for n in range(3)]
    folder = folder_of(tmp_path / "a", *frames, "notes.txt", "._0001.png", "poster.psd")
    (folder / "0003.png").mkdir()
    assert names(folder) == frames


def test_links(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "a", "0.png", "1.png")
    (folder / "2.png").symlink_to(tmp_path / "gone.png")
    with pytest.raises(InputError, match=r"2\.png: is a link to .*gone\.png, which is not there"):
        list_pictures(folder, SUFFIXES)
    (folder / "2.png").unlink()
    (folder / "2.png").symlink_to("2.png")
    with pytest.raises(InputError, match=r"2\.png: is a link"):
        list_pictures(folder, SUFFIXES)


@pytest.mark.parametrize(
    ("matte", "person", "indices"),
    [
        (range(24), range(24), list(range(24))),
        (range(100), range(40, 44), [40, 41, 42, 43]),
        (range(4), range(1001, 1005), None),
        (range(4), range(1, 5), None),
        (range(1, 5), range(4), None),
        (range(24), range(5, 29), None),
    ],
)
def test_mattes_meet_by_number(matte: range, person: range, indices: list[int] | None) -> None:
    assert match_numbers(Path("m"), matte, person) == indices


@pytest.mark.parametrize(
    ("matte", "person"), [(range(6, 30), range(5, 29)), (range(9), range(10)), (range(3), range(9))]
)
def test_mattes_that_lack_a_frame(matte: range, person: range) -> None:
    with pytest.raises(InputError, match="lacks"):
        match_numbers(Path("m"), matte, person)


def test_any_order_of_files_gives_one_order_of_frames(tmp_path: Path) -> None:
    numbers = np.random.default_rng(5).permutation(30).tolist()
    folder = folder_of(tmp_path / "a", *(f"f{n}.png" for n in numbers))
    assert names(folder) == [f"f{n}.png" for n in range(30)]
