"""From pictures to encoded video: one open file and its encoder."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter
from av.video.stream import VideoStream

from dynascene.imaging.colour import LUMINANCE_709
from dynascene.io import swscale
from dynascene.io.atomic import replacing
from dynascene.io.images import clear_write_errors
from dynascene.types import Size

if TYPE_CHECKING:
    from typing_extensions import Self

TICKS = 90_000  # per second, where frames come at varying times
NO_CHROMA = 128
# limited range, 8 bits: Y = 16 + 219 v / 255
LUMA_OF_GREY = np.rint(16 + np.arange(256) * (219 / 255)).astype(np.uint8)
CONVERSION = swscale.BILINEAR | swscale.ACCURATE_ROUNDING | swscale.FULL_CHROMA_INPUT


@dataclass(frozen=True)
class VideoEncoding:
    """How frames are encoded.

    Attributes:
        container, codec, pixel_format, options: FFmpeg's names.
        size: of the frames in the file.
        frame_rate: frames a second, on average.
        times: seconds of each frame, for a varying frame rate.
        tag: four letters for the codec in the container; None: the usual ones.
    """

    container: str
    codec: str
    pixel_format: str
    options: dict[str, str]
    size: Size
    frame_rate: Fraction
    times: Sequence[float] | None
    tag: str | None = None


class VideoEncoder:
    """An open file and its encoder; raises what PyAV raises."""

    def __init__(self, path: Path, encoding: VideoEncoding) -> None:
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

        if encoding.tag is not None:
            context.codec_tag = encoding.tag

    def write(self, pixels: np.ndarray) -> None:
        """Encode uint8 or uint16 [H, W, 3] or [H, W, 4]."""
        self._mux(self._converted(pixels))

    def write_planes(self, frame: av.VideoFrame) -> None:
        """Encode a frame that is in the encoder's own format."""
        self._mux(frame)

    def _mux(self, frame: av.VideoFrame) -> None:
        frame.pts, frame.time_base = self._next_pts(), self._time_base
        self._container.mux(self._stream.encode(frame))

    def _converted(self, pixels: np.ndarray) -> av.VideoFrame:
        source = "rgba" if pixels.shape[2] == 4 else "rgb24"
        if pixels.dtype == np.uint16:
            source = "rgba64le" if pixels.shape[2] == 4 else "rgb48le"
        subsampled = self._encoding.pixel_format == "yuv420p"
        frame = self._reformatter.reformat(
            av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=source),
            format="yuv444p" if subsampled else self._encoding.pixel_format,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=CONVERSION,
        )
        return _with_halved_chroma(frame.to_ndarray()) if subsampled else frame

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
    """Y, U, V [3, H, W] as 4:2:0."""
    luma, *chroma = planes
    stored = np.concatenate([luma.ravel(), *(_halved(plane).ravel() for plane in chroma)])
    return av.VideoFrame.from_ndarray(stored.reshape(-1, luma.shape[1]), format="yuv420p")


def _halved(plane: np.ndarray) -> np.ndarray:
    """Chroma [H, W] between two rows and on the even columns.

    That is where H.264 and HEVC have it; swscale would put it between the columns, half a pixel
    off.
    """
    import cv2

    across, down = np.array([0.25, 0.5, 0.25]), np.array([0.5, 0.5])
    border = cv2.BORDER_REPLICATE
    return cv2.sepFilter2D(plane, -1, across, down, anchor=(1, 0), borderType=border)[::2, ::2]


def grey_frame(picture: np.ndarray) -> av.VideoFrame:
    """Grey uint8 [H, W, 1] of even sides as BT.709, limited range, 4:2:0: the chroma is one value.

    As the picture in three equal channels, whose luma swscale rounds up a little early.
    """
    height, width, _ = picture.shape
    stored = np.full((height * 3 // 2, width), NO_CHROMA, np.uint8)
    stored[:height] = LUMA_OF_GREY[picture[..., 0]]
    return av.VideoFrame.from_ndarray(stored, format="yuv420p")


def ten_bit_frame(picture: np.ndarray) -> av.VideoFrame:
    """Float [H, W, 3] in 0 … 1 of even sides as BT.709, limited range, 4:2:0 with 10 bits."""
    red, green, blue = np.moveaxis(picture.astype(np.float32), 2, 0)
    # BT.709: Y = 0.2126 R + 0.7152 G + 0.0722 B, Cb = (B − Y) / 1.8556, Cr = (R − Y) / 1.5748
    luma = LUMINANCE_709[0] * red + LUMINANCE_709[1] * green + LUMINANCE_709[2] * blue
    chroma = (blue - luma) / 1.8556, (red - luma) / 1.5748
    planes = [64 + 876 * luma, *(512 + 896 * _halved(plane) for plane in chroma)]
    stored = np.concatenate([np.rint(plane).ravel() for plane in planes]).astype(np.uint16)
    return av.VideoFrame.from_ndarray(stored.reshape(-1, luma.shape[1]), format="yuv420p10le")


@contextmanager
def encoding_to(path: Path, encoding: VideoEncoding) -> Generator[VideoEncoder]:
    """An encoder to a file that is complete afterwards, or absent."""
    with replacing(path) as temporary:
        with clear_errors(path):
            encoder = VideoEncoder(temporary, encoding)
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


class EncodedWriter:
    """A context manager around an encoder.

    Args:
        path: of the file.
        encoding: how it is encoded.
        size: of the frames that are given.
    """

    def __init__(self, path: Path, encoding: VideoEncoding, size: Size) -> None:
        self.path = path
        self.size = size
        self._context: AbstractContextManager[VideoEncoder] = encoding_to(path, encoding)

    def __enter__(self) -> Self:
        self._encoder = self._context.__enter__()
        return self

    def __exit__(self, *error: object) -> bool | None:
        return self._context.__exit__(*error)  # ty: ignore[invalid-argument-type]

    def encode(self, pixels: np.ndarray) -> None:
        """uint8 or uint16 [H, W, 3] or [H, W, 4]."""
        with clear_errors(self.path):
            self._encoder.write(pixels)

    def encode_planes(self, frame: av.VideoFrame) -> None:
        """A frame in the encoder's own format."""
        with clear_errors(self.path):
            self._encoder.write_planes(frame)
