"""Reading videos: the colours that were meant, whatever way they are stored."""

from pathlib import Path

import numpy as np
import pytest
from av.video.reformatter import Interpolation
from clips import numbered_frames, write_clip, write_planes

from dynascene.io import swscale
from dynascene.io.video import open_video

COLOURS = np.array(
    [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [0, 255, 255], [255, 0, 255],
     [255, 255, 255], [0, 0, 0], [128, 128, 128], [200, 60, 30], [30, 90, 200]], float
)  # fmt: skip
LUMA_WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}  # K_r, K_b


def _stored(colours: np.ndarray, matrix: int, full: bool, height: int) -> list[np.ndarray]:
    """H.273's equations, written out: 16-pixel stripes as Y, U, V planes of 4:2:0."""
    red, blue = LUMA_WEIGHTS[matrix]
    y = colours @ [red, 1 - red - blue, blue]
    u, v = (colours[:, 2] - y) / (2 - 2 * blue), (colours[:, 0] - y) / (2 - 2 * red)
    y, u, v = (y, u, v) if full else (16 + y * 219 / 255, u * 224 / 255, v * 224 / 255)
    rows = [np.clip(np.round(p), 0, 255).astype(np.uint8) for p in (y, u + 128, v + 128)]
    return [
        np.tile(np.repeat(row, 16 // step), (height // step, 1))
        for row, step in zip(rows, (1, 2, 2), strict=True)
    ]


@pytest.mark.parametrize("matrix", LUMA_WEIGHTS)
@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
def test_saturated_colours_by_their_tags(tmp_path: Path, matrix: int, full: bool) -> None:
    tags = {"colorspace": matrix, "color_range": 2 if full else 1}
    path = write_planes(tmp_path / "a.mp4", _stored(COLOURS, matrix, full, 32), "yuv420p", tags)
    assert _colour_error(path) <= 3


@pytest.mark.parametrize(("height", "matrix"), [(480, 6), (720, 1)])
def test_saturated_colours_without_tags(tmp_path: Path, height: int, matrix: int) -> None:
    path = write_planes(tmp_path / "a.mp4", _stored(COLOURS, matrix, False, height), "yuv420p")
    assert _colour_error(path) <= 3


def test_ten_bit_and_full_range_formats_come_out_as_eight_bit(tmp_path: Path) -> None:
    eight = _stored(COLOURS, 6, False, 32)
    deep = [(plane.astype(np.uint16) * 4) for plane in eight]
    assert _colour_error(write_planes(tmp_path / "deep.mp4", deep, "yuv420p10le")) <= 3
    full = _stored(COLOURS, 6, True, 32)
    assert _colour_error(write_planes(tmp_path / "full.mp4", full, "yuvj420p")) <= 3


def _colour_error(path: Path) -> float:
    frame = next(open_video(path).read())
    return np.abs(frame[frame.shape[0] // 2, 8::16] - COLOURS).max()


def test_grey_black_and_white_are_exact(tmp_path: Path) -> None:
    levels = np.array([0, 1, 2, 127, 128, 253, 254, 255], float)[:, None] * [1, 1, 1]
    path = write_planes(tmp_path / "a.mp4", _stored(levels, 6, True, 32), "yuvj420p")
    np.testing.assert_array_equal(next(open_video(path).read())[16, 8::16], levels)


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, transfer: int, name: str
) -> None:
    frames = numbered_frames(3)
    source = open_video(write_clip(tmp_path / "a.mp4", frames, tags={"color_trc": transfer}))
    list(source.read())
    assert [name in record.message for record in caplog.records] == [True]


def test_the_flags_of_conversion_are_those_that_pyav_names() -> None:
    if not hasattr(Interpolation, "ACCURATE_RND"):
        pytest.skip("needs PyAV 18 or newer")
    assert swscale.BILINEAR == Interpolation.BILINEAR
    assert swscale.FULL_CHROMA_OUTPUT == Interpolation.FULL_CHR_H_INT
    assert swscale.FULL_CHROMA_INPUT == Interpolation.FULL_CHR_H_INP
    assert swscale.ACCURATE_ROUNDING == Interpolation.ACCURATE_RND
