"""Small clips for the tests of this folder, made with PyAV alone (not with what is tested)."""

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

SHARED = Path(__file__).parents[2].parent / "shared" / "data"


def shared(name: str) -> Path:
    """Real material beside the repository; the test is skipped where it is absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs ../shared/data/{name}")
    return path


def numbered_frames(count: int, width: int = 64, height: int = 48, channels: int = 3) -> np.ndarray:
    """[F, H, W, C]: frame k is grey 8·k (so that its number can be read), with a dark corner."""
    frames = np.zeros((count, height, width, channels), np.uint8)
    frames[:] = (8 * np.arange(count) % 250).astype(np.uint8)[:, None, None, None]
    frames[:, : height // 4, : width // 4] = 0
    return frames


def write_clip(
    path: Path,
    frames: Sequence[np.ndarray] | np.ndarray,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
    times: Sequence[float] | None = None,
    tags: dict[str, int] | None = None,
) -> Path:
    """Encode RGB or RGBA frames at 24 per second, or at the given times."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=24, options=options or {})
        height, width, channels = frames[0].shape
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, pixel_format
        for name, value in (tags or {}).items():
            setattr(context, name, value)
        if times is not None:
            context.time_base = Fraction(1, 1000)
        for index, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgba" if channels == 4 else "rgb24")
            frame.pts = index if times is None else round(times[index] * 1000)
            frame.time_base = Fraction(1, 24) if times is None else Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_planes(
    path: Path,
    planes: Sequence[np.ndarray],
    pixel_format: str,
    tags: dict[str, int] | None = None,
) -> Path:
    """One lossless H.264 frame whose Y, U, V planes are given as stored."""
    height, width = planes[0].shape
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"qp": "0"})
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, pixel_format
        for name, value in (tags or {}).items():
            setattr(context, name, value)
        frame = av.VideoFrame(width, height, pixel_format)
        for plane, values in zip(frame.planes, planes, strict=True):
            stored = np.zeros((plane.height, plane.line_size // values.itemsize), values.dtype)
            stored[:, : values.shape[1]] = values
            plane.update(stored.tobytes())
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def set_display_matrix(path: Path, a: int, b: int, c: int, d: int) -> None:
    """Write the turn into the track header of an MP4, as telephones do."""
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 40  # version 0: 40 bytes before the matrix
    one = 1 << 16
    data[start : start + 36] = struct.pack(
        ">9i", a * one, b * one, 0, c * one, d * one, *(0,) * 3, 1 << 30
    )
    path.write_bytes(data)


def write_tone(
    path: Path,
    codec: str,
    rate: int = 44100,
    onset: float = 1.5,
    seconds: float = 3,
    layout: str = "stereo",
    keyframes: int = 250,
) -> Path:
    """Grey pictures with a sound that is silent up to ``onset``, then a 440 Hz tone."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=24, options={"g": str(keyframes)})
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream(codec, rate=rate, layout=layout)
        for pixels in numbered_frames(round(24 * seconds)):
            container.mux(picture.encode(av.VideoFrame.from_ndarray(pixels)))
        container.mux(picture.encode(None))
        time = np.arange(round(rate * seconds)) / rate
        wave = (0.5 * np.sin(2 * np.pi * 440 * time) * (time >= onset)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        size = sound.codec_context.frame_size or 1024
        wanted = sound.codec_context.format.name
        resampler = av.AudioResampler(wanted, layout, rate, frame_size=size)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(sound.encode(piece))
        container.mux(sound.encode(None))
    return path


def without_first_packets(source: Path, path: Path, count: int) -> Path:
    """The file without its first packets of the picture, as recordings and cuts begin."""
    with av.open(str(source)) as whole, av.open(str(path), "w") as cut:
        streams = {s.index: cut.add_stream_from_template(s) for s in whole.streams}
        for packet in whole.demux():
            if packet.stream.type == "video" and count:
                count -= 1
            elif packet.size:
                packet.stream = streams[packet.stream.index]
                cut.mux(packet)
    return path


def heard_onset(path: Path) -> float | None:
    """When the sound first is loud, in seconds; None where there is none."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        resampler = av.AudioResampler("fltp", "mono")
        for frame in container.decode(audio=0):
            for piece in resampler.resample(frame):
                loud = np.abs(piece.to_ndarray()[0]) > 0.2
                if loud.any():
                    return float(piece.time + loud.argmax() / piece.sample_rate)
    return None
