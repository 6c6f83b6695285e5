"""Reading videos: every frame once, in order, upright, in the right colours."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import numbered_frames, set_display_matrix, shared, write_clip, write_planes

from dynascene.errors import InputError
from dynascene.io.video import VideoFrames, open_video
from dynascene.types import FrameSource, Size

FRAMES = 31
QUIET = {"x265-params": "log-level=none:keyint=8"}
CONTAINERS = {
    "mp4 with B-frames": ("a.mp4", "libx264", "yuv420p", {"g": "8", "bf": "3"}),
    "mov all intra": ("a.mov", "prores_ks", "yuv422p10le", {}),
    "mkv open GOP": ("a.mkv", "libx265", "yuv420p", QUIET),
    "webm": ("a.webm", "libvpx-vp9", "yuv420p", {"g": "8", "deadline": "realtime"}),
    "avi": ("a.avi", "mpeg4", "yuv420p", {"qscale": "2"}),
    "avi with times out of order": ("b.avi", "libx264", "yuv420p", {}),
    "transport stream": ("a.ts", "libx264", "yuv420p", {"g": "8"}),
    "gif": ("a.gif", "gif", "gray", {}),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_each_frame_once_and_in_order(tmp_path: Path, name: str) -> None:
    file, codec, pixel_format, options = CONTAINERS[name]
    source = open_video(
        write_clip(tmp_path / file, numbered_frames(FRAMES), codec, pixel_format, options)
    )
    assert isinstance(source, FrameSource)
    assert (len(source), source.size, source.channels) == (FRAMES, Size(64, 48), 3)
    assert source.times is None
    assert abs(source.frame_rate - 24) < 0.1  # GIF counts in hundredths of a second
    levels = [frame[40, 50].astype(int) for frame in source.read()]
    expected = 8 * np.arange(FRAMES)
    np.testing.assert_allclose(levels, expected[:, None] * [1, 1, 1], atol=6)


@pytest.mark.parametrize("name", CONTAINERS)
def test_any_range_equals_that_part_of_the_whole(tmp_path: Path, name: str) -> None:
    file, codec, pixel_format, options = CONTAINERS[name]
    frames = np.random.default_rng(3).integers(0, 255, (FRAMES, 48, 64, 3), dtype=np.uint8)
    source = open_video(write_clip(tmp_path / file, frames, codec, pixel_format, options))
    whole = list(source.read())
    assert len(whole) == len(source) == FRAMES
    for start, stop in ((0, 1), (3, 6), (8, 9), (17, 23), (29, None), (30, 99), (-3, None), (5, 5)):
        part = list(source.read(start, stop))
        np.testing.assert_array_equal(part, whole[start:stop] or np.empty(0))


def test_frames_stay_right_when_two_readers_alternate(tmp_path: Path) -> None:
    source = open_video(write_clip(tmp_path / "a.mp4", numbered_frames(9)))
    for first, second in zip(source.read(0, 8), source.read(1, 9), strict=True):
        assert second[40, 50, 0] > first[40, 50, 0]


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_a_varying_frame_rate_keeps_its_times(tmp_path: Path, ending: str) -> None:
    steps = np.random.default_rng(3).choice([0.033, 0.042, 0.1], FRAMES)
    times = np.cumsum(steps) - steps[0]
    source = open_video(write_clip(tmp_path / f"a.{ending}", numbered_frames(FRAMES), times=times))
    assert source.times is not None
    np.testing.assert_allclose(source.times, times, atol=1e-3)
    assert float(source.frame_rate) == pytest.approx((FRAMES - 1) / times[-1], rel=1e-2)


def test_times_rounded_to_milliseconds_are_a_constant_rate(tmp_path: Path) -> None:
    times = np.arange(FRAMES) * 1001 / 30000
    source = open_video(write_clip(tmp_path / "a.mkv", numbered_frames(FRAMES), times=times))
    assert source.times is None
    assert float(source.frame_rate) == pytest.approx(30000 / 1001, rel=1e-2)


@pytest.mark.parametrize(
    ("file", "codec", "pixel_format"),
    [
        ("a.mov", "prores_ks", "yuva444p10le"),
        ("a.mov", "qtrle", "argb"),
        ("a.mkv", "ffv1", "bgra"),
        ("a.webm", "libvpx-vp9", "yuva420p"),
    ],
)
def test_alpha_is_read_straight(tmp_path: Path, file: str, codec: str, pixel_format: str) -> None:
    frames = numbered_frames(3, channels=4) + np.uint8([100, 60, 30, 0])
    frames[..., 3] = np.linspace(0, 255, 64).astype(np.uint8)
    source = open_video(write_clip(tmp_path / file, frames, codec, pixel_format))
    assert source.channels == 4
    read = np.stack(list(source.read())).astype(int)
    assert read.shape == frames.shape
    assert np.abs(read[..., 3] - frames[..., 3]).max() <= 5
    # the colour is not darkened where it is transparent
    assert np.abs(read[:, 20:40, 20:60, :3] - frames[:, 20:40, 20:60, :3]).max() <= 8


def test_an_opaque_gif_has_no_alpha_and_a_transparent_one_has(tmp_path: Path) -> None:
    from PIL import Image

    still = Image.new("RGBA", (12, 9), (255, 0, 0, 255))
    still.save(tmp_path / "opaque.gif", save_all=True, append_images=[still.rotate(180)])
    hole = Image.new("RGBA", (12, 9), (0, 0, 0, 0))
    hole.paste((255, 0, 0, 255), (0, 0, 6, 9))
    hole.save(tmp_path / "hole.gif", save_all=True, append_images=[hole.rotate(180)])
    assert open_video(tmp_path / "opaque.gif").channels == 3
    source = open_video(tmp_path / "hole.gif")
    assert source.channels == 4
    first = next(source.read())
    assert (first[4, 2, 3], first[4, 9, 3]) == (255, 0)


TURNS = [(a, b, c, d) for a, b, c, d in np.ndindex(3, 3, 3, 3)]
TURNS = [tuple(v - 1 for v in t) for t in TURNS]
TURNS = [t for t in TURNS if abs(t[0] * t[3] - t[1] * t[2]) == 1 and sum(map(abs, t)) == 2]


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_a_clip_comes_out_upright(tmp_path: Path, turn: tuple[int, int, int, int]) -> None:
    """All eight ways to hold a camera; (p, q) → (a·p + c·q, b·p + d·q), then into the frame."""
    path = write_clip(tmp_path / "a.mp4", [_corners()] * 2, options={"qp": "0"})
    stored = next(open_video(path).read())
    a, b, c, d = turn
    set_display_matrix(path, a, b, c, d)

    height, width = stored.shape[:2]
    expected = np.zeros((height, width, 3) if a else (width, height, 3), np.uint8)
    for q in range(height):
        for p in range(width):
            x = a * p + c * q
            y = b * p + d * q
            expected[y % expected.shape[0], x % expected.shape[1]] = stored[q, p]
    # −p − 1 rather than −p: mirroring keeps pixel 0 inside
    expected = np.roll(expected, (-1 if b + d < 0 else 0, -1 if a + c < 0 else 0), axis=(0, 1))

    source = open_video(path)
    assert source.size == Size(expected.shape[1], expected.shape[0])
    np.testing.assert_array_equal(next(source.read()), expected)


def _corners() -> np.ndarray:
    frame = np.full((32, 48, 3), 128, np.uint8)
    frame[:8, :8], frame[:8, -8:], frame[-8:, :8] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    return frame


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


# --- what cannot be used -------------------------------------------------------------------------


def _no_index(tmp_path: Path) -> Path:
    whole = write_clip(tmp_path / "whole.mp4", numbered_frames(9)).read_bytes()
    path = tmp_path / "cut.mp4"  # without faststart the index comes last
    path.write_bytes(whole[: len(whole) * 2 // 3])
    return path


def _file(tmp_path: Path, name: str, content: bytes) -> Path:
    (tmp_path / name).write_bytes(content)
    return tmp_path / name


def _only_sound(tmp_path: Path) -> Path:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return tmp_path / "a.mp4"


def _no_frames(tmp_path: Path) -> Path:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    return tmp_path / "a.mp4"


def _all_damaged(tmp_path: Path) -> Path:
    path = write_clip(tmp_path / "a.mp4", numbered_frames(9))
    data = bytearray(path.read_bytes())
    begin, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    data[begin:end] = bytes(end - begin)
    path.write_bytes(data)
    return path


def _picture(tmp_path: Path) -> Path:
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg")
    return (tmp_path / "a.jpg").rename(tmp_path / "a.mp4")


UNUSABLE = {
    "missing": (lambda t: t / "none.mp4", "no such file"),
    "empty": (lambda t: _file(t, "a.mp4", b""), "empty"),
    "text": (lambda t: _file(t, "a.txt", b"no video " * 99), "not a video"),
    "noise": (lambda t: _file(t, "a.mp4", bytes(range(256)) * 9), "not a video"),
    "picture": (_picture, "not a video"),
    "no index": (_no_index, "cut short"),
    "only sound": (_only_sound, "only sound"),
    "no frames": (_no_frames, "no frame|cut short|no video"),
    "all damaged": (_all_damaged, "no frame"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_cannot_be_used_is_said_in_one_line(tmp_path: Path, case: str) -> None:
    make, message = UNUSABLE[case]
    path = make(tmp_path)
    with pytest.raises(InputError, match=message) as caught:
        open_video(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("share", [0.4, 0.7, 0.99])
def test_of_a_file_that_breaks_off_the_readable_frames_count(
    tmp_path: Path, ending: str, share: float
) -> None:
    frames = np.random.default_rng(3).integers(0, 255, (FRAMES, 48, 64, 3), dtype=np.uint8)
    options = {"movflags": "faststart"}
    whole = tmp_path / f"whole.{ending}"
    with av.open(str(whole), "w", options=options if ending == "mp4" else {}) as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        container.mux(stream.encode(None))
    data = whole.read_bytes()
    cut = _file(tmp_path, f"cut.{ending}", data[: int(len(data) * share)])

    source, original = open_video(cut), list(open_video(whole).read())
    assert 0.2 * FRAMES * share < len(source) < FRAMES
    read = list(source.read())
    assert len(read) == len(source)
    same = [bool((one == other).all()) for one, other in zip(read, original, strict=False)]
    # Frames are sound but for the last ones, which a transport stream does not mark as cut
    assert same.index(False) >= len(same) - 3 if False in same else True
    np.testing.assert_array_equal(list(source.read(len(source) - 2)), read[-2:])


@pytest.mark.parametrize("seed", range(3))
def test_damage_in_the_middle_keeps_the_number_of_frames(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    frames = random.integers(0, 255, (FRAMES, 48, 64, 3), dtype=np.uint8)
    path = write_clip(tmp_path / "a.mp4", frames, options={"g": "8"})
    data = bytearray(path.read_bytes())
    begin, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    for place in random.integers(begin + (end - begin) // 4, end - 400, 3):
        data[place : place + 300] = random.bytes(300)
    path.write_bytes(data)
    source = open_video(path)
    assert len(source) == FRAMES
    assert len(list(source.read())) == FRAMES
    assert len(list(source.read(9, 20))) == 11


# --- real clips ----------------------------------------------------------------------------------

REAL = {
    "people/man-skiing.mp4": (91, Size(718, 718), Fraction(30000, 1001)),
    "people/woman-running.mp4": (120, Size(512, 512), Fraction(20)),
    "posevid/densepose/running.mp4": (42, Size(512, 512), Fraction(25)),
    "re10k/videos/0c11dbe781b1c11c.mp4": (16, Size(384, 256), Fraction(8)),
    "re10k_long/018f7907401f2fef.mp4": (189, Size(1024, 576), Fraction(2997, 100)),
    "static/drive_forward.mp4": (150, Size(1920, 1080), Fraction(30)),
}


@pytest.mark.parametrize("name", REAL)
def test_real_clips(name: str) -> None:
    source = open_video(shared(name))
    assert (len(source), source.size, source.frame_rate) == REAL[name]
    last = list(source.read(len(source) - 2))
    assert len(last) == 2
    assert last[0].std() > 5


@pytest.mark.parametrize("folder", ["people", "posevid", "re10k", "static"])
def test_every_real_clip_opens(folder: str) -> None:
    clips = sorted(shared(folder).rglob("*.mp4"))
    assert clips
    for clip in clips:
        source = open_video(clip)
        assert isinstance(source, VideoFrames)
        assert next(source.read()).shape == (source.size.height, source.size.width, 3)
