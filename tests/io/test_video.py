"""Reading videos: every frame once, in order, upright, in the right colours."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import numbered_frames, set_display_matrix, shared, write_clip

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


def test_alpha_that_cannot_be_decoded_is_not_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = numbered_frames(3, channels=4)
    path = write_clip(tmp_path / "a.webm", frames, "libvpx-vp9", "yuva420p")
    monkeypatch.setattr(av, "codecs_available", av.codecs_available - {"libvpx-vp9"})
    with pytest.raises(InputError, match=r"a\.webm: has alpha, .* lacks libvpx-vp9"):
        open_video(path)


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


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov"])
@pytest.mark.parametrize("first", [16, 64], ids=["small first", "large first"])
def test_of_several_videos_in_a_file_the_largest_is_meant(
    tmp_path: Path, ending: str, first: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Cameras store small copies beside the video."""
    path = tmp_path / f"a.{ending}"
    with av.open(str(path), "w") as container:
        sizes = (first, 80 - first)
        streams = [container.add_stream("mpeg4", rate=24) for _ in sizes]
        for stream, width in zip(streams, sizes, strict=True):
            stream.width, stream.height, stream.pix_fmt = width, 48, "yuv420p"
        for pixels in numbered_frames(3):
            for stream, width in zip(streams, sizes, strict=True):
                picture = np.ascontiguousarray(pixels[:, :width])
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        for stream in streams:
            container.mux(stream.encode(None))
    video = open_video(path)
    assert (video.size, len(list(video.read()))) == (Size(64, 48), 3)
    assert "holds 2 videos; that of 64x48 is used" in caplog.text
