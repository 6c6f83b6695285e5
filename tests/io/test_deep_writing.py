"""More than 8 bits are written: 65,536 levels in PNG, 10 bits in HEVC and ProRes."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from dynascene.io.video_writing import HevcWriter, PngSequenceWriter, ProResWriter
from dynascene.types import Size

RATE = Fraction(24)


def ramp(width: int = 96, height: int = 64, channels: int = 3) -> np.ndarray:
    """A slope of 30 of 255 levels across, each channel in another direction: float32 [H, W, C]."""
    x = np.linspace(0.4, 0.4 + 30 / 255, width, dtype=np.float32)[None, :, None]
    picture = np.repeat(np.repeat(x, height, axis=0), channels, axis=2)
    picture[..., 1] = picture[:, ::-1, 1]
    return picture


def decoded(path: Path, kind: str) -> np.ndarray:
    """FFmpeg's own conversion of the first frame to float RGB of 0 … 1."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return frame.to_ndarray(format=kind).astype(float) / 65535


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5])
def test_the_shortest_clips_are_whole(tmp_path: Path, frames: int) -> None:
    with HevcWriter(tmp_path / "a.mp4", Size(96, 64), RATE) as writer:
        for _ in range(frames):
            writer.write(ramp(96, 64))
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert len(list(container.decode(video=0))) == frames


@pytest.mark.parametrize("size", [Size(96, 64), Size(93, 63)])
def test_hevc_keeps_ten_bits(tmp_path: Path, size: Size) -> None:
    picture = ramp(*size)
    with HevcWriter(tmp_path / "a.mp4", size, RATE) as writer:
        for _ in range(3):
            writer.write(picture)
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.pix_fmt, context.codec_tag) == ("hevc", "yuv420p10le", "hvc1")
        assert (context.color_primaries, context.color_trc, context.colorspace) == (1, 1, 1)
        assert stream.average_rate == RATE
        frames = list(container.decode(stream))
    assert len(frames) == 3
    luma = frames[0].to_ndarray()[: size.height, : size.width]
    assert len(np.unique(luma[10])) > 40  # of 8 bits there would be 12
    difference = (rgb_of(frames[0])[: size.height, : size.width] - picture)[4:-4, 4:-4]
    assert np.abs(difference).max() < 1.5 / 255
    assert np.abs(difference.mean(axis=(0, 1))).max() < 0.4 / 255  # no tint


def rgb_of(frame: av.VideoFrame) -> np.ndarray:
    """BT.709's formula on 10 bits of limited range, chroma interpolated: float [H, W, 3]."""
    codes = frame.to_ndarray().astype(np.float32)
    height, width = frame.height, frame.width
    luma = (codes[:height] - 64) / 876
    halves = codes[height:].reshape(2, height // 2, width // 2)
    blue, red = (cv2.resize(half, (width, height)) / 896 - 512 / 896 for half in halves)
    r, b = luma + 1.5748 * red, luma + 1.8556 * blue
    return np.stack([r, (luma - 0.2126 * r - 0.0722 * b) / 0.7152, b], axis=2)


def test_bytes_and_greys_go_into_hevc(tmp_path: Path) -> None:
    grey = np.full((64, 96, 1), 200, np.uint8)
    with HevcWriter(tmp_path / "a.mp4", Size(96, 64), RATE) as writer:
        writer.write(grey)
    assert np.abs(decoded(tmp_path / "a.mp4", "rgb48le") * 255 - 200).max() < 1


def test_prores_keeps_ten_bits_and_alpha(tmp_path: Path) -> None:
    picture = ramp(channels=4)
    with ProResWriter(tmp_path / "a.mov", Size(96, 64), RATE) as writer:
        writer.write(picture)
    shown = decoded(tmp_path / "a.mov", "rgba64le")
    assert np.abs(shown[..., :3] - picture[..., :3]).max() < 1 / 255
    assert np.abs(shown[..., 3] - picture[..., 3]).max() < 1 / 1023
    assert len(np.unique(shown[10, :, 3])) > 60


def test_prores_without_alpha(tmp_path: Path) -> None:
    with ProResWriter(tmp_path / "a.mov", Size(96, 64), RATE, has_alpha=False) as writer:
        writer.write(ramp())
        with pytest.raises(ValueError, match="expected uint8 or float32"):
            writer.write(ramp(channels=4))
    with av.open(str(tmp_path / "a.mov")) as container:
        assert not container.streams.video[0].codec_context.format.name.startswith("yuva")


def test_png_has_all_levels_of_floats_and_no_more_of_bytes(tmp_path: Path) -> None:
    floats = np.linspace(0, 1, 65536, dtype=np.float32).reshape(256, 256, 1)
    small = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    with PngSequenceWriter(tmp_path / "a", sixteen_bit=True) as writer:
        writer.write(floats)
        writer.write(small)
    read = [
        cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted((tmp_path / "a").iterdir())
    ]
    np.testing.assert_array_equal(read[0].ravel(), np.arange(65536))
    np.testing.assert_array_equal(read[1].ravel(), np.arange(256) * 257)
