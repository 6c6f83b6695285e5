"""Writing: what goes in comes out again, and a failure leaves nothing behind."""

import errno
from collections.abc import Callable
from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from clips import numbered_frames

from dynascene.errors import InputError
from dynascene.io import video_encoding, video_writing
from dynascene.io.frames import open_frames
from dynascene.io.mattes import open_matte
from dynascene.io.video import open_video
from dynascene.io.video_writing import H264Writer, PngSequenceWriter, ProResWriter
from dynascene.types import Size

RATE = Fraction(30000, 1001)


def pictures(count: int, width: int, height: int, channels: int = 3) -> list[np.ndarray]:
    """Waves of colour that drift."""
    x = 2 * np.pi * np.arange(width)[None, :, None] / width
    y = 2 * np.pi * np.arange(height)[:, None, None] / height
    waves = np.sin(np.array([1, 2, 1, 1])[:channels] * x + np.array([1, 0, 2, 0])[:channels] * y)
    large = np.round(127.5 + 120 * waves).astype(np.uint8)
    return [np.roll(large, k, axis=1) for k in range(count)]


@pytest.mark.parametrize(("quality", "error"), [("visually-lossless", 1.5), ("high", 2.5)])
def test_h264_keeps_the_picture(
    tmp_path: Path, quality: video_writing.Quality, error: float
) -> None:
    frames = pictures(7, 96, 64)
    with H264Writer(tmp_path / "a.mp4", Size(96, 64), RATE, quality) as writer:
        for frame in frames:
            writer.write(frame)
    source = open_video(tmp_path / "a.mp4")
    assert (len(source), source.size, source.frame_rate) == (7, Size(96, 64), RATE)
    difference = np.stack(list(source.read())).astype(float) - frames
    assert np.abs(difference).mean() < error
    assert np.abs(difference.mean(axis=(0, 1, 2))).max() < 0.5  # no tint


@pytest.mark.parametrize("axis", [0, 1], ids=["down", "across"])
def test_h264_colour_is_not_displaced(tmp_path: Path, axis: int) -> None:
    """The phase of a wave in red and blue alone, after writing and reading: within 0.05 pixels."""
    phase = 2 * np.pi * np.arange(96) / 12
    wave = np.round(60 * np.sin(phase))
    frame = np.full((96, 96, 3), 128.0)
    frame += (wave[:, None] if axis == 0 else wave)[..., None] * np.array([1, 0, -1])
    with H264Writer(tmp_path / "a.mp4", Size(96, 96), RATE) as writer:
        writer.write(frame.astype(np.uint8))
    read = next(open_video(tmp_path / "a.mp4").read()).astype(float)
    rotation = np.exp(1j * phase[12:84])
    for channel in (0, 2):
        seen, meant = (pixels.mean(axis=1 - axis)[12:84, channel] @ rotation
                       for pixels in (read, frame))  # fmt: skip
        assert abs(np.angle(seen / meant)) * 12 / (2 * np.pi) < 0.05


def test_h264_is_tagged_and_its_index_comes_first(tmp_path: Path) -> None:
    with H264Writer(tmp_path / "a.mp4", Size(64, 48), RATE) as writer:
        writer.write(numbered_frames(1)[0])
    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(tmp_path / "a.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        tags = (context.colorspace, context.color_primaries, context.color_trc)
        assert tags == (1, 1, 1)
        assert context.color_range == 1


def test_h264_saturated_colours_are_stored_as_bt709(tmp_path: Path) -> None:
    """By the equations of BT.709 themselves: red is Y 63, Cb 102, Cr 240 and so on."""
    colours = {(255, 0, 0): (63, 102, 240), (0, 255, 0): (173, 42, 26), (0, 0, 255): (32, 240, 118)}
    for index, (colour, stored) in enumerate(colours.items()):
        path = tmp_path / f"{index}.mp4"
        with H264Writer(path, Size(64, 48), RATE) as writer:
            writer.write(np.full((48, 64, 3), colour, np.uint8))
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
            planes = [np.frombuffer(bytes(plane), np.uint8)[0] for plane in frame.planes]
        np.testing.assert_allclose(planes, stored, atol=1.5)


@pytest.mark.parametrize("size", [Size(63, 47), Size(64, 47), Size(63, 48)])
def test_h264_repeats_the_border_of_an_odd_size(tmp_path: Path, size: Size) -> None:
    frame = pictures(1, *size)[0]
    with H264Writer(tmp_path / "a.mp4", size, RATE) as writer:
        writer.write(frame)
    read = next(open_video(tmp_path / "a.mp4").read()).astype(int)
    assert read.shape == (48, 64, 3)
    assert np.abs(read[: size.height, : size.width] - frame).mean() < 4
    if size.width % 2:
        assert np.abs(read[:, -1] - read[:, -2]).mean() < 4


@pytest.mark.parametrize(("writer", "name"), [(H264Writer, "a.mp4"), (ProResWriter, "a.mov")])
def test_a_varying_frame_rate_is_kept(tmp_path: Path, writer: type, name: str) -> None:
    times = 5 + np.cumsum(np.random.default_rng(3).choice([1 / 60, 1 / 24, 0.2], 20))
    channels = 4 if name.endswith("mov") else 3
    with writer(tmp_path / name, Size(64, 48), Fraction(24), times=times) as video:
        for frame in numbered_frames(20, channels=channels):
            video.write(frame)
    read = open_video(tmp_path / name).times
    assert read is not None
    np.testing.assert_allclose(read, times - times[0], atol=1e-4)


def test_a_matte_survives_h264(tmp_path: Path) -> None:
    matte = np.zeros((48, 64, 1), np.uint8)
    matte[:, 20:] = 128
    matte[:, 40:] = 255
    with H264Writer(tmp_path / "a.mp4", Size(64, 48), RATE) as writer:
        writer.write(matte)
    read = next(open_matte(tmp_path / "a.mp4").read()).astype(int)
    assert np.abs(read - matte).max() <= 3
    assert (read[:, 2:16] == 0).all()
    assert (read[:, 44:62] == 255).all()


def test_prores_keeps_colour_and_straight_alpha(tmp_path: Path) -> None:
    frame = pictures(1, 65, 49, channels=4)[0]
    frame[:, :10, 3], frame[:, 50:, 3] = 0, 255
    with ProResWriter(tmp_path / "a.mov", Size(65, 49), RATE) as writer:
        writer.write(frame)
        writer.write(frame[::-1])
    source = open_video(tmp_path / "a.mov")
    assert (source.size, source.channels, len(source)) == (Size(65, 49), 4, 2)
    read = next(source.read()).astype(int)
    assert np.abs(read[..., 3] - frame[..., 3]).max() <= 1
    assert (read[:, :10, 3] == 0).all()
    assert (read[:, 50:, 3] == 255).all()
    assert np.abs(read[..., :3] - frame[..., :3]).max() <= 3


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("sixteen_bit", [False, True])
def test_png_sequences_are_exact(tmp_path: Path, channels: int, sixteen_bit: bool) -> None:
    frames = np.random.default_rng(3).integers(0, 256, (3, 5, 7, channels), dtype=np.uint8)
    with PngSequenceWriter(tmp_path / "out", sixteen_bit) as writer:
        for frame in frames:
            writer.write(frame)
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == ["00000.png", "00001.png", "00002.png"]
    stored = cv2.imread(str(files[2]), cv2.IMREAD_UNCHANGED).reshape(5, 7, channels)
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
    factor = 257 if sixteen_bit else 1
    assert stored.dtype == (np.uint16 if sixteen_bit else np.uint8)
    np.testing.assert_array_equal(stored[..., order], frames[2].astype(int) * factor)
    if channels > 1:
        np.testing.assert_array_equal(list(open_frames(tmp_path / "out").read()), frames)
    else:
        np.testing.assert_array_equal(list(open_matte(tmp_path / "out").read()), frames)


# --- failures ------------------------------------------------------------------------------------

WRITERS: dict[str, Callable[[Path], H264Writer | ProResWriter | PngSequenceWriter]] = {
    "a.mp4": lambda path: H264Writer(path, Size(64, 48), RATE),
    "a.mov": lambda path: ProResWriter(path, Size(64, 48), RATE),
    "frames": lambda path: PngSequenceWriter(path, sixteen_bit=True),
}


@pytest.mark.parametrize("name", WRITERS)
def test_an_error_inside_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    frame = np.zeros((48, 64, 4 if name == "a.mov" else 3), np.uint8)
    with pytest.raises(ZeroDivisionError), WRITERS[name](tmp_path / name) as writer:  # noqa: PT012
        writer.write(frame)
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_an_error_keeps_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"yesterday's clip")
    with pytest.raises(ValueError, match="expected uint8"), WRITERS["a.mp4"](path) as writer:
        writer.write(np.zeros((3, 3, 3), np.uint8))
    assert path.read_bytes() == b"yesterday's clip"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a.mp4", "a.mov"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_in_one_line(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_encoding, "replacing", lambda _: nullcontext(Path("/dev/full")))
    frames = np.random.default_rng(3).integers(0, 256, (40, 48, 64, 4), dtype=np.uint8)
    channels = 4 if name == "a.mov" else 3
    with pytest.raises(InputError) as caught, WRITERS[name](tmp_path / name) as writer:  # noqa: PT012
        for frame in frames:
            writer.write(frame[..., :channels])
    assert f"no room in {tmp_path}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_full_disk_stops_a_png_sequence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError) as caught, WRITERS["frames"](tmp_path / "frames") as writer:
        writer.write(numbered_frames(1)[0])
    assert f"no room in {tmp_path} for frames" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none" / "a.mp4"
    with pytest.raises(InputError, match="none"), H264Writer(path, Size(64, 48), RATE):
        pass


def test_an_encoder_that_fails_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.mp4"
    monkeypatch.setattr(video_encoding.VideoEncoder, "write", _failing)
    with pytest.raises(InputError, match="cannot be written"), WRITERS["a.mp4"](path) as writer:
        writer.write(numbered_frames(1)[0])
    assert list(tmp_path.iterdir()) == []


def _failing(*_: object) -> None:
    raise av.error.ExternalError(542398533, "Generic error in an external library")


@pytest.mark.parametrize("size", [Size(32, 24), Size(33, 23)])
def test_grey_frames_are_written_as_those_of_three_equal_channels(
    tmp_path: Path, size: Size
) -> None:
    rng = np.random.default_rng(3)
    grey = rng.integers(0, 256, (size.height, size.width, 1), np.uint8)
    stored = []
    for name, channels in (("grey", 1), ("colour", 3)):
        with H264Writer(tmp_path / f"{name}.mp4", size, RATE) as writer:
            writer.write(np.repeat(grey, channels, axis=2))
        with av.open(str(tmp_path / f"{name}.mp4")) as container:
            stored.append(next(container.decode(video=0)).to_ndarray().astype(int))
    assert np.abs(stored[0] - stored[1]).mean() < 1
    assert (stored[0][24:] == 128).all()  # chroma


def test_the_luma_of_grey_is_that_of_limited_range() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    luma = video_encoding.grey_frame(ramp).to_ndarray()[:16].ravel()
    exact = 16 + np.arange(256) * 219 / 255
    assert np.abs(luma - exact).max() <= 0.5
    assert (luma[0], luma[-1]) == (16, 235)
