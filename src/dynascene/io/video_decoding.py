"""From a video file's packets to upright 8-bit RGB pictures, without exceptions of codecs."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, VideoReformatter
from av.video.stream import VideoStream

from dynascene.errors import InputError
from dynascene.io import swscale
from dynascene.types import Size

# H.273 matrix_coefficients → the number that swscale has for it
SWSCALE_MATRIX = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
BT709, BT601 = 1, 5
CUT_SHORT = "{path}: the video is empty or cut short (its index is missing); export it again"
HDR_TRANSFERS = {16: "PQ", 18: "HLG"}  # H.273 transfer_characteristics
# chroma is interpolated, not repeated: twice the work, but clean edges on saturated colours
CONVERSION = swscale.BILINEAR | swscale.ACCURATE_ROUNDING
CONVERSION |= swscale.FULL_CHROMA_OUTPUT | swscale.FULL_CHROMA_INPUT
SCALING = CONVERSION & ~swscale.BILINEAR | swscale.BICUBIC  # widened by what is shrunk: no moiré


@dataclass
class OpenFootage:
    """A video file that is open for reading. damage: number of damaged places so far."""

    container: InputContainer
    stream: VideoStream
    decoder: VideoCodecContext
    damage: int = 0


@contextmanager
def open_footage(path: Path, *, threads: str = "AUTO") -> Generator[OpenFootage]:
    """Open the first video stream.

    Args:
        path: of the file.
        threads: AUTO, SLICE (one frame at a time) or NONE; only with NONE the decoder reports every
            picture that it repairs.

    Raises:
        InputError: there is no stream that can be read.
    """
    with open_container(path) as container:
        stream = _first_video_stream(container, path)
        decoder = _alpha_decoder(stream) or stream.codec_context
        decoder.thread_type = threads
        yield OpenFootage(container, stream, decoder)


@contextmanager
def open_container(path: Path) -> Generator[InputContainer]:
    """Open a file of pictures or sound.

    Raises:
        InputError: it is not one, or cannot be read.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file")
    try:
        container = av.open(str(path.absolute()), metadata_errors="ignore")
    except (av.FFmpegError, OSError) as error:
        raise InputError(_why_unreadable(path, error)) from error
    with container:
        yield container


def _why_unreadable(path: Path, error: Exception) -> str:
    if isinstance(error, PermissionError):
        return f"{path}: may not be read: check its permissions"
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as problem:
        return f"{path}: cannot be read: {problem.strerror or problem}"
    if not head:
        return f"{path}: the file is empty"
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide"):
        return CUT_SHORT.format(path=path)
    return f"{path}: is not a video that can be read"


def _first_video_stream(container: InputContainer, path: Path) -> VideoStream:
    name = container.format.name
    if name in ("tty", "image2") or name.endswith("_pipe"):
        raise InputError(f"{path}: is not a video; name pictures by their kind (.png, .jpg …)")
    # the cover picture of a music file is a video stream too
    attached = Disposition.attached_pic
    streams = [s for s in container.streams.video if not s.disposition & attached]
    if not streams:
        if container.streams.audio:
            raise InputError(f"{path}: holds only sound; a video is expected")
        raise InputError(CUT_SHORT.format(path=path))
    if streams[0].codec_context is None:
        raise InputError(f"{path}: its video codec is not supported; export it as H.264")
    return streams[0]


def _alpha_decoder(stream: VideoStream) -> VideoCodecContext | None:
    """VP8 and VP9 carry alpha beside the picture, and only libvpx reads it."""
    codec = {"vp9": "libvpx-vp9", "vp8": "libvpx"}.get(stream.codec_context.codec.name)
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    if codec is None or tags.get("alpha_mode") != "1" or codec not in av.codecs_available:
        return None
    decoder = av.CodecContext.create(codec, "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.extradata = stream.codec_context.extradata
    return decoder


def read_packets(footage: OpenFootage) -> Iterator[av.Packet]:
    """The stream's packets, up to where the file ends or breaks off."""
    packets = footage.container.demux(footage.stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.FFmpegError, OSError):
            footage.damage += 1
            return
        footage.damage += packet.is_corrupt
        if packet.size:  # an empty one would tell the decoder that the file ends
            yield packet


def decode_frames(
    footage: OpenFootage, packets: Iterator[av.Packet] | None = None
) -> Iterator[av.VideoFrame]:
    """The frames that can be decoded without damage, in order of display."""
    for packet in read_packets(footage) if packets is None else packets:
        yield from _sound_frames(footage, packet)
    yield from _sound_frames(footage, None)


def _sound_frames(footage: OpenFootage, packet: av.Packet | None) -> list[av.VideoFrame]:
    try:
        frames = footage.decoder.decode(packet)
    except (av.FFmpegError, OSError):
        footage.damage += 1
        return []
    sound = [frame for frame in frames if not frame.is_corrupt]
    footage.damage += len(frames) - len(sound)
    return sound


@dataclass(frozen=True)
class Picture:
    """The conversion of a stream's frames to arrays, determined by its first frame.

    Attributes:
        stored: the size to which frames are brought before they are turned upright.
        grey: whether only their brightness is wanted.
        flags: swscale's.
    """

    stored: Size
    alpha: bool
    matrix: int
    full_range: bool
    orientation: tuple[bool, bool, bool]  # transpose, then mirror the rows, then the columns
    hdr: str | None
    grey: bool = False
    flags: int = CONVERSION

    @property
    def size(self) -> Size:
        """The size of the upright picture."""
        return Size(*self.stored[::-1]) if self.orientation[0] else self.stored

    def array(self, frame: av.VideoFrame, reformatter: VideoReformatter) -> np.ndarray:
        """uint8 [H, W, 3], [H, W, 4] with straight alpha, or [H, W, 1] where it is grey."""
        rgb = reformatter.reformat(
            frame,
            *self.stored,  # a stream may change its size on the way
            format="gray" if self.grey else "rgba" if self.alpha else "rgb24",
            src_colorspace=self.matrix,
            dst_colorspace=self.matrix,
            src_color_range=ColorRange.JPEG if self.full_range else ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            interpolation=self.flags,
        )
        array = rgb.to_ndarray()
        array = array[..., None] if self.grey else array
        transpose, mirror_rows, mirror_columns = self.orientation
        if transpose:
            array = array.swapaxes(0, 1)
        if mirror_rows:
            array = array[::-1]
        if mirror_columns:
            array = array[:, ::-1]
        return np.ascontiguousarray(array)


def picture_of(frame: av.VideoFrame) -> Picture:
    """The conversion for a stream, from its first frame's colours, alpha and orientation."""
    default = BT709 if frame.height >= 720 else BT601
    return Picture(
        stored=Size(frame.width, frame.height),
        alpha=_has_alpha(frame),
        matrix=SWSCALE_MATRIX.get(frame.colorspace, default),
        full_range=_is_full_range(frame),
        orientation=_orientation(frame),
        hdr=HDR_TRANSFERS.get(frame.color_trc),
    )


def _has_alpha(frame: av.VideoFrame) -> bool:
    if frame.format.has_palette or frame.format.name == "bgra":
        # GIF and palettes always could have alpha, few do
        return bool((frame.to_ndarray(format="rgba")[..., 3] < 255).any())
    return any(component.is_alpha for component in frame.format.components)


def _is_full_range(frame: av.VideoFrame) -> bool:
    if frame.color_range != ColorRange.UNSPECIFIED:
        return frame.color_range == ColorRange.JPEG
    return frame.format.name.startswith(("yuvj", "gray"))


def _orientation(frame: av.VideoFrame) -> tuple[bool, bool, bool]:
    """From the display matrix [a b u; c d v; x y w], (p, q) → (a·p + c·q, b·p + d·q)."""
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return False, False, False
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
    return (True, b < 0, c < 0) if abs(b) > abs(a) else (False, d < 0, a < 0)
