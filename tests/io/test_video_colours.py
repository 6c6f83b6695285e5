"""Reading videos: the colours that were meant, whatever way they are stored."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from clips import numbered_frames, write_clip, write_planes
from PIL import Image

from dynascene.errors import InputError
from dynascene.io import swscale
from dynascene.io.video import open_video
from dynascene.io.video_picture import CONVERSION, Picture
from dynascene.types import Size

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


UNTAGGED = {(480, 1): 6, (576, 1): 6, (578, 1): 1, (720, 1): 1, (32, 7): 6, (32, 8): 1}


@pytest.mark.parametrize(("height", "repeats"), UNTAGGED)
def test_saturated_colours_without_tags(tmp_path: Path, height: int, repeats: int) -> None:
    """As players take it: BT.709 where it is 1280 or wider (8 × 176), or higher than 576."""
    matrix = UNTAGGED[height, repeats]
    planes = [np.tile(plane, (1, repeats)) for plane in _stored(COLOURS, matrix, False, height)]
    assert _colour_error(write_planes(tmp_path / "a.mp4", planes, "yuv420p")) <= 3


def test_ten_bit_and_full_range_formats_come_out_as_eight_bit(tmp_path: Path) -> None:
    eight = _stored(COLOURS, 6, False, 32)
    deep = [(plane.astype(np.uint16) * 4) for plane in eight]
    assert _colour_error(write_planes(tmp_path / "deep.mp4", deep, "yuv420p10le")) <= 3
    full = _stored(COLOURS, 6, True, 32)
    assert _colour_error(write_planes(tmp_path / "full.mp4", full, "yuvj420p")) <= 3


def _colour_error(path: Path) -> float:
    frame = next(open_video(path).read())
    return np.abs(frame[frame.shape[0] // 2, 8::16][: len(COLOURS)] - COLOURS).max()


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


def _one_colour(path: Path, **tags: int) -> np.ndarray:
    frames = np.full((2, 48, 64, 3), (200, 60, 40), np.uint8)
    codec, pixel_format = ("prores_ks", "yuv444p10le") if path.suffix == ".mov" else ("libx264", "")
    write_clip(path, frames, codec, pixel_format or "yuv444p", tags={"colorspace": 6} | tags)
    return next(open_video(path).read())[24, 32].astype(int)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov"])
def test_wide_primaries_are_brought_to_those_of_srgb(tmp_path: Path, ending: str) -> None:
    """ProRes' frames say nothing of them; the container does."""
    plain = _one_colour(tmp_path / f"a.{ending}", color_primaries=1, color_trc=1)
    np.testing.assert_allclose(plain, [200, 60, 40], atol=3)
    for primaries, expected in {12: (216, 46, 26), 9: (247, 0, 23)}.items():
        wide = _one_colour(tmp_path / f"b.{ending}", color_primaries=primaries, color_trc=1)
        np.testing.assert_allclose(wide, expected, atol=6)


def test_linear_video_is_encoded(tmp_path: Path) -> None:
    linear = _one_colour(tmp_path / "a.mp4", color_primaries=1, color_trc=8)
    np.testing.assert_allclose(linear, [228, 133, 110], atol=3)


def test_mattes_are_no_colours(tmp_path: Path) -> None:
    frames = np.full((1, 48, 64, 3), 55, np.uint8)
    path = write_clip(tmp_path / "a.mp4", frames, "libx264", "yuv444p", tags={"color_trc": 8})
    assert next(open_video(path).read())[24, 32, 0] == pytest.approx(128, abs=2)
    assert next(open_video(path).uncoloured().read())[24, 32, 0] == pytest.approx(55, abs=1)


def test_colours_that_are_not_read_are_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", numbered_frames(2), tags={"colorspace": 8})
    with pytest.raises(InputError, match=r"a\.mp4: stores YCgCo colours"):
        open_video(path)


@pytest.mark.parametrize("hidden", [(0,), (3,)], ids=["first", "later"])
def test_the_whole_clip_tells_whether_a_gif_has_alpha(
    tmp_path: Path, hidden: tuple[int, ...]
) -> None:
    """A frame that is transparent nowhere says nothing of the others."""
    pictures = []
    for number in range(5):
        indices = np.ones((20, 30), np.uint8)
        indices[:, : 3 + number] = 2
        if number in hidden:
            indices[5:15, 10:20] = 0
        picture = Image.fromarray(indices).convert("P")
        picture.putpalette([0, 0, 0, 200, 60, 40, 30, 90, 200])
        pictures.append(picture)
    path = tmp_path / "a.gif"
    options = {"save_all": True, "append_images": pictures[1:], "disposal": 2}
    pictures[0].save(path, transparency=0, **options)
    frames = list(open_video(path).read())
    assert [frame.shape[2] for frame in frames] == [4] * 5
    lowest = [frame[..., 3].min() for frame in frames]
    assert min(lowest) == 0
    assert (lowest[0] == 0) == (0 in hidden)


def test_the_flags_of_conversion_are_those_that_pyav_names() -> None:
    if not hasattr(Interpolation, "ACCURATE_RND"):
        pytest.skip("needs PyAV 18 or newer")
    assert swscale.BILINEAR == Interpolation.BILINEAR
    assert swscale.FULL_CHROMA_OUTPUT == Interpolation.FULL_CHR_H_INT
    assert swscale.FULL_CHROMA_INPUT == Interpolation.FULL_CHR_H_INP
    assert swscale.ACCURATE_ROUNDING == Interpolation.ACCURATE_RND


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p", "yuv422p10le", "yuva420p"])
def test_planes_are_joined_to_what_swscale_makes_of_packed_pixels(pixel_format: str) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (30, 34, 3), np.uint8)
    frame = av.VideoFrame.from_ndarray(noise, format="rgb24").reformat(format=pixel_format)
    has_alpha = pixel_format.startswith("yuva")
    picture = Picture(
        coded=Size(34, 30), stored=Size(34, 30), alpha=has_alpha, matrix=1, full_range=False,
        orientation=(False, False, False), hdr=None,
    )  # fmt: skip
    packed = VideoReformatter().reformat(
        frame,
        format="rgba" if has_alpha else "rgb24",
        src_colorspace=1,
        dst_colorspace=1,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=CONVERSION,
    )
    np.testing.assert_array_equal(picture.array(frame, VideoReformatter()), packed.to_ndarray())
