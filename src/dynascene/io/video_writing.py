"""Writing frame by frame: H.264, ProRes 4444 with alpha, PNG sequences.

Every writer is a context manager. The file appears under its name when the block ends without an
error; otherwise nothing is left behind.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter
from av.video.stream import VideoStream

from dynascene.io import swscale
from dynascene.io.atomic import replacing
from dynascene.io.images import clear_write_errors, write_png
from dynascene.types import Size

if TYPE_CHECKING:
    from typing_extensions import Self

Quality = Literal["visually-lossless", "high"]
CONSTANT_RATE_FACTOR: dict[Quality, str] = {"visually-lossless": "10", "high": "16"}
TICKS = 90_000  # per second, where frames come at varying times
CONVERSION = swscale.BILINEAR | swscale.ACCURATE_ROUNDING | swscale.FULL_CHROMA_INPUT


@dataclass(frozen=True)
class _Encoding:
    container: str
    codec: str
    pixel_format: str
    options: dict[str, str]
    size: Size
    frame_rate: Fraction
    times: Sequence[float] | None


class _Encoder:
    """An open file and its encoder; raises what PyAV raises."""

    def __init__(self, path: Path, encoding: _Encoding) -> None:
        options = {"movflags": "+faststart"}
        self._container = av.open(str(path), "w", format=encoding.container, options=options)
        self._encoding = encoding
        self._count, self._last_pts = 0, -1
        self._reformatter = VideoReformatter()
        stream = self._container.add_stream(
            encoding.codec, rate=encoding.frame_rate, options=encoding.options
        )
        assert isinstance(stream, VideoStream)
        self._stream, context = stream, stream.codec_context
        context.width, context.height = encoding.size
        context.pix_fmt = encoding.pixel_format
        context.time_base = (
            1 / encoding.frame_rate if encoding.times is None else Fraction(1, TICKS)
        )
        context.color_range = ColorRange.MPEG
        context.colorspace = Colorspace.ITU709
        context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        self._time_base = context.time_base

    def write(self, pixels: np.ndarray) -> None:
        """Encode [H, W, 3] or [H, W, 4]."""
        source = "rgba" if pixels.shape[2] == 4 else "rgb24"
        subsampled = self._encoding.pixel_format == "yuv420p"
        frame = self._reformatter.reformat(
            av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=source),
            format="yuv444p" if subsampled else self._encoding.pixel_format,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=CONVERSION,
        )
        if subsampled:
            frame = _with_halved_chroma(frame.to_ndarray())
        frame.pts, frame.time_base = self._next_pts(), self._time_base
        self._container.mux(self._stream.encode(frame))

    def _next_pts(self) -> int:
        times = self._encoding.times
        pts = self._count if times is None else round((times[self._count] - times[0]) * TICKS)
        self._count += 1
        self._last_pts = max(pts, self._last_pts + 1)  # two frames never share a time
        return self._last_pts

    def finish(self) -> None:
        """Flush the encoder and write the index."""
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def abandon(self) -> None:
        """Close the file, whatever state it is in."""
        with suppress(av.FFmpegError, OSError):
            self._container.close()


def _with_halved_chroma(planes: np.ndarray) -> av.VideoFrame:
    """Y, U, V [3, H, W] as 4:2:0, with the chroma between two rows and on the even columns.

    That is where H.264 has it; swscale would put it between the columns, half a pixel off.
    """
    import cv2

    def halved(plane: np.ndarray) -> np.ndarray:
        across, down = np.array([0.25, 0.5, 0.25]), np.array([0.5, 0.5])
        border = cv2.BORDER_REPLICATE
        return cv2.sepFilter2D(plane, -1, across, down, anchor=(1, 0), borderType=border)[::2, ::2]

    luma, *chroma = planes
    stored = np.concatenate([luma.ravel(), *(halved(plane).ravel() for plane in chroma)])
    return av.VideoFrame.from_ndarray(stored.reshape(-1, luma.shape[1]), format="yuv420p")


@contextmanager
def _encoding_to(path: Path, encoding: _Encoding) -> Generator[_Encoder]:
    with replacing(path) as temporary:
        with clear_errors(path):
            encoder = _Encoder(temporary, encoding)
        try:
            yield encoder
            with clear_errors(path):
                encoder.finish()
        finally:
            encoder.abandon()


@contextmanager
def clear_errors(path: Path) -> Generator[None]:
    """Turn the errors of system and codecs while ``path`` is written into one clear line."""
    with clear_write_errors(path):
        try:
            yield
        except av.FFmpegError as error:
            raise OSError(error.errno, error.strerror) from error


class _EncodedWriter:
    def __init__(self, path: Path, encoding: _Encoding, size: Size) -> None:
        self.path = path
        self.size = size
        self._context: AbstractContextManager[_Encoder] = _encoding_to(path, encoding)

    def __enter__(self) -> Self:
        self._encoder = self._context.__enter__()
        return self

    def __exit__(self, *error: object) -> bool | None:
        return self._context.__exit__(*error)  # ty: ignore[invalid-argument-type]

    def _encode(self, pixels: np.ndarray) -> None:
        with clear_errors(self.path):
            self._encoder.write(pixels)


class H264Writer(_EncodedWriter):
    """Frames as H.264 in MP4: 4:2:0, limited range, BT.709, playable while it loads.

    Args:
        path: of the file.
        size: of the frames; an odd width or height is made even by repeating the last column or
            row.
        frame_rate: frames a second, on average.
        times: seconds of each frame, for a varying frame rate.
        keyframes: largest distance of keyframes; the smaller, the faster is seeking. None: 250.

    Raises:
        InputError: it cannot be written; the message names the folder where the disk is full.
    """

    def __init__(
        self,
        path: Path,
        size: Size,
        frame_rate: Fraction,
        quality: Quality = "visually-lossless",
        times: Sequence[float] | None = None,
        keyframes: int | None = None,
    ) -> None:
        even = Size(size.width + size.width % 2, size.height + size.height % 2)
        # x264's macroblock tree gives the same frames different files on small sizes: without it
        # the same clip is the same file
        options = {
            "crf": CONSTANT_RATE_FACTOR[quality],
            "preset": "fast",
            "x264-params": "mbtree=0",
        }
        if keyframes is not None:
            options["g"] = str(keyframes)
        encoding = _Encoding("mp4", "libx264", "yuv420p", options, even, frame_rate, times)
        super().__init__(path, encoding, size)

    def write(self, frame: np.ndarray) -> None:
        """Append uint8 [H, W, 3], or a grey [H, W, 1]."""
        _check(frame, self.size, channels=(1, 3))
        colour = np.repeat(frame, 3, axis=2) if frame.shape[2] == 1 else frame
        padding = (0, self.size.height % 2), (0, self.size.width % 2), (0, 0)
        self._encode(np.pad(colour, padding, mode="edge"))


class ProResWriter(_EncodedWriter):
    """Frames with alpha as ProRes 4444 in QuickTime: 4:4:4, 10 bit, BT.709, 16-bit straight alpha.

    Arguments and errors as for H264Writer.
    """

    def __init__(
        self,
        path: Path,
        size: Size,
        frame_rate: Fraction,
        times: Sequence[float] | None = None,
    ) -> None:
        options = {"profile": "4444", "alpha_bits": "16", "vendor": "apl0"}
        encoding = _Encoding("mov", "prores_ks", "yuva444p10le", options, size, frame_rate, times)
        super().__init__(path, encoding, size)

    def write(self, frame: np.ndarray) -> None:
        """Append uint8 [H, W, 4]."""
        _check(frame, self.size, channels=(4,))
        self._encode(frame)


class PngSequenceWriter:
    """Frames as ``00000.png``, ``00001.png`` … in a folder that is made, or empty.

    sixteen_bit: 8-bit values v are stored as 257·v, so that 255 is white and nothing is lost.

    Raises InputError when it cannot be written, naming the folder where the disk is full.
    """

    def __init__(self, folder: Path, sixteen_bit: bool = False) -> None:
        self.folder = folder
        self.sixteen_bit = sixteen_bit
        self._context: AbstractContextManager[Path] = replacing(folder)
        self._count = 0

    def __enter__(self) -> Self:
        self._temporary = self._context.__enter__()
        with clear_write_errors(self.folder):
            self._temporary.mkdir()
        return self

    def __exit__(self, *error: object) -> bool | None:
        return self._context.__exit__(*error)  # ty: ignore[invalid-argument-type]

    def write(self, frame: np.ndarray) -> None:
        """Append uint8 [H, W, C] with C = 1, 3 or 4 (straight alpha)."""
        stored = frame.astype(np.uint16) * np.uint16(257) if self.sixteen_bit else frame
        path = self._temporary / f"{self._count:05d}.png"
        write_png(path, stored, shown_as=self.folder)
        self._count += 1


def _check(frame: np.ndarray, size: Size, channels: tuple[int, ...]) -> None:
    fits = frame.ndim == 3 and frame.shape[:2] == (size.height, size.width)
    if not fits or frame.shape[2] not in channels or frame.dtype != np.uint8:
        raise ValueError(
            f"frame is {frame.dtype} {list(frame.shape)}, expected uint8 "
            f"[{size.height}, {size.width}, {' or '.join(map(str, channels))}]"
        )
