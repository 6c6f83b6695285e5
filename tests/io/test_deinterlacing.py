"""Interlaced video: pictures of one moment, whatever part of it is read."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clips import write_clip

from dynascene.io.video import VideoFrames, open_video

FIELDS = {"flags": "+ildct+ilme", "x264-params": "tff=1", "qp": "4"}


def fields(count: int = 6) -> np.ndarray:
    """A bright bar that goes right by 12 pixels between the two fields of a frame."""
    frames = np.full((count, 96, 160, 3), 40, np.uint8)
    for number, frame in enumerate(frames):
        frame[30:90:2, 20 + 12 * number : 60 + 12 * number] = 220
        frame[31:90:2, 32 + 12 * number : 72 + 12 * number] = 220
    return frames


def comb(frame: np.ndarray) -> float:
    """How much neighbouring rows differ from those between them."""
    rows = frame[40:80, :, 1].astype(int)
    return float(np.abs(rows[1:-1] * 2 - rows[:-2] - rows[2:]).mean())


def interlaced(path: Path) -> Path:
    return write_clip(path, fields(), options=FIELDS)


@pytest.mark.parametrize("ending", ["mp4", "ts", "mkv", "mov", "avi"])
def test_interlaced_video_is_deinterlaced_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, ending: str
) -> None:
    video = open_video(interlaced(tmp_path / f"a.{ending}"))
    frames = list(video.read())
    assert len(frames) == 6
    assert max(map(comb, frames)) < 2 < 20 < comb(fields()[0])
    assert ["deinterlaced" in record.message for record in caplog.records] == [True]


def test_it_is_left_when_asked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    video = open_video(interlaced(tmp_path / "a.mp4"), deinterlace="never")
    assert comb(next(video.read())) > 20
    assert ["combs" in record.message for record in caplog.records] == [True]


def test_video_that_does_not_say_so_is_deinterlaced_when_asked(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", fields(), options={"qp": "4"})
    assert comb(next(open_video(path).read())) > 20
    assert comb(next(open_video(path, deinterlace="always").read())) < 2


def test_progressive_video_is_untouched(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", fields(), options={"qp": "4"})
    left = list(open_video(path, deinterlace="never").read())
    np.testing.assert_array_equal(list(open_video(path).read()), left)


@pytest.mark.parametrize("strict", [False, True])
def test_a_frame_is_the_same_wherever_reading_begins(tmp_path: Path, strict: bool) -> None:
    video = open_video(interlaced(tmp_path / "a.mp4"), strict=strict)
    whole = list(video.read())
    for number in range(len(whole)):
        np.testing.assert_array_equal(next(video.read(number, number + 1)), whole[number])
    np.testing.assert_array_equal(list(video.pick([1, 4])), [whole[1], whole[4]])


def test_it_goes_with_other_pixel_shapes(tmp_path: Path) -> None:
    tags = {"sample_aspect_ratio": Fraction(64, 45)}
    video = open_video(write_clip(tmp_path / "a.mp4", fields(), options=FIELDS, tags=tags))
    assert isinstance(video, VideoFrames)
    assert next(video.read()).shape == (96, 228, 3)
