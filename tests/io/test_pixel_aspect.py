"""Pixels that are not square: frames are shown in their true shape, mattes follow."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clips import numbered_frames, set_display_matrix, write_clip

from dynascene.errors import InputError
from dynascene.io.excerpt import excerpt
from dynascene.io.frames import open_frames
from dynascene.io.images import write_png
from dynascene.io.mattes import open_matte
from dynascene.io.video import open_video
from dynascene.types import Size


def squeezed(path: Path, aspect: Fraction | None) -> Path:
    tags = {"sample_aspect_ratio": aspect} if aspect else {}
    return write_clip(path, numbered_frames(3, 90, 72), tags=tags)


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "avi"])
def test_wide_pixels_widen_the_frame(tmp_path: Path, ending: str) -> None:
    video = open_video(squeezed(tmp_path / f"a.{ending}", Fraction(64, 45)))
    assert (video.size, video.coded_size) == (Size(128, 72), Size(90, 72))
    frames = list(video.read())
    assert [frame.shape for frame in frames] == [(72, 128, 3)] * 3
    assert [round(frame[60, 100].mean() / 8) for frame in frames] == [0, 1, 2]


def test_narrow_pixels_heighten_it(tmp_path: Path) -> None:
    video = open_video(squeezed(tmp_path / "a.mp4", Fraction(8, 9)))
    assert (video.size, next(video.read()).shape) == (Size(90, 81), (81, 90, 3))


@pytest.mark.parametrize("aspect", [None, Fraction(1), Fraction(1, 1000), Fraction(100)])
def test_square_and_absurd_pixels_leave_it(
    tmp_path: Path, aspect: Fraction | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert open_video(squeezed(tmp_path / "a.mp4", aspect)).size == Size(90, 72)
    assert not caplog.records


def test_a_turned_frame_is_stretched_before_it_is_turned(tmp_path: Path) -> None:
    path = squeezed(tmp_path / "a.mp4", Fraction(64, 45))
    set_display_matrix(path, 0, 1, -1, 0)
    video = open_video(path)
    assert (video.size, video.coded_size) == (Size(72, 128), Size(72, 90))
    assert next(video.read()).shape == (128, 72, 3)


def test_it_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    open_video(squeezed(tmp_path / "a.mp4", Fraction(64, 45)))
    assert "90x72 are shown as 128x72" in caplog.text


@pytest.mark.parametrize("size", [Size(90, 72), Size(128, 72)], ids=["coded", "shown"])
@pytest.mark.parametrize("kind", ["folder", "video"])
def test_a_matte_of_either_size_fits(tmp_path: Path, size: Size, kind: str) -> None:
    person = open_frames(squeezed(tmp_path / "a.mp4", Fraction(64, 45)))
    values = np.zeros((3, size.height, size.width, 3), np.uint8)
    values[:, :, : size.width // 2] = 255
    path = tmp_path / "m"
    if kind == "folder":
        path.mkdir()
        for index, matte in enumerate(values):
            write_png(path / f"{index}.png", matte)
    else:
        path = write_clip(tmp_path / "m.mp4", values, options={"qp": "0"})
    for like in (person, excerpt(person, (0, 3), path)):
        matte = np.stack(list(open_matte(path, like).read()))
        assert matte.shape == (3, 72, 128, 1)
        assert matte[:, :, :60].min() > 240 > 10 > matte[:, :, 68:].max()


def test_a_matte_of_neither_size_is_refused(tmp_path: Path) -> None:
    person = open_frames(squeezed(tmp_path / "a.mp4", Fraction(64, 45)))
    path = write_clip(tmp_path / "m.mp4", numbered_frames(3, 120, 72))
    with pytest.raises(InputError, match=r"matte is 120x72 and .* is 128x72"):
        open_matte(path, person)
