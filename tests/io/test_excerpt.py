"""A part of a clip, and mattes that hold the whole clip or that part alone."""

from pathlib import Path

import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.io.excerpt import excerpt, open_excerpt_matte
from dynascene.io.frames import open_frames
from dynascene.io.images import write_png
from dynascene.types import ArrayFrames

CLIP = Path("clip.mp4")


def numbered(count: int) -> ArrayFrames:
    """Frames that show their number."""
    return ArrayFrames([np.full((9, 12, 3), 10 * f, np.uint8) for f in range(count)])


def matte_folder(folder: Path, count: int) -> Path:
    folder.mkdir()
    for f in range(count):
        matte = np.full((9, 12, 1), 10 * f, np.uint8)
        matte[:, 6:] = 255
        write_png(folder / f"{f}.png", matte)
    return folder


def numbers(source) -> list[int]:
    return [int(frame[0, 0, 0]) // 10 for frame in source.read()]


def test_an_excerpt_reads_as_slicing_counts() -> None:
    part = excerpt(numbered(9), (3, 8), CLIP)
    assert len(part) == 5
    assert numbers(part) == [3, 4, 5, 6, 7]
    assert [int(f[0, 0, 0]) // 10 for f in part.read(-2)] == [6, 7]
    whole = numbered(3)
    assert excerpt(whole, None, CLIP) is whole


@pytest.mark.parametrize("frames", [(3, 3), (-1, 2), (0, 10)])
def test_frames_that_are_not_there(frames: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=f"frames {frames[0]}:{frames[1]}: "):
        excerpt(numbered(9), frames, CLIP)


def test_a_matte_of_the_whole_or_of_the_part(tmp_path: Path) -> None:
    whole = matte_folder(tmp_path / "whole", 9)
    part = matte_folder(tmp_path / "part", 3)
    assert numbers(open_excerpt_matte(whole, numbered(9), (3, 6))) == [3, 4, 5]
    assert numbers(open_excerpt_matte(part, numbered(9), (3, 6))) == [0, 1, 2]
    assert len(open_excerpt_matte(whole, numbered(9), None)) == 9
    assert len(open_frames(whole)) == 9


@pytest.mark.parametrize("count", [1, 4, 8, 10])
def test_a_matte_that_fits_neither_is_told_both_lengths(count: int, tmp_path: Path) -> None:
    matte = matte_folder(tmp_path / "matte", count)
    with pytest.raises(InputError) as error:
        open_excerpt_matte(matte, numbered(9), (3, 6))
    line = str(error.value)
    assert f"the matte has {count} frames" in line
    assert "frames 3:6 of a clip of 9" in line
    assert "3 (those alone) or 9 (all of the clip's)" in line
