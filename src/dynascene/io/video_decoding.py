"""From a video file's packets to decoded frames, without exceptions of codecs."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from dynascene.errors import InputError

NO_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails
CUT_SHORT = "{path}: the video is empty or cut short (its index is missing); export it again"


class ColourTags(NamedTuple):
    """What a file says of a stream's colours, in H.273's numbers; FFmpeg's for the range."""

    primaries: int
    transfer: int
    matrix: int
    range: int

    @staticmethod
    def of(decoder: VideoCodecContext) -> ColourTags:
        """Before anything is decoded: decoders put the frames' own tags in their place."""
        return ColourTags(
            decoder.color_primaries, decoder.color_trc, decoder.colorspace, decoder.color_range
        )


@dataclass
class OpenFootage:
    """A video file that is open for reading. damage: number of damaged places so far."""

    container: InputContainer
    stream: VideoStream
    decoder: VideoCodecContext
    tags: ColourTags
    damage: int = 0


@contextmanager
def open_footage(path: Path, *, threads: str = "AUTO") -> Generator[OpenFootage]:
    """Open the video stream that is meant (``video_streams``).

    Args:
        path: of the file.
        threads: AUTO, SLICE (one frame at a time) or NONE; only with NONE the decoder reports every
            picture that it repairs.

    Raises:
        InputError: there is no stream that can be read.
    """
    with open_container(path) as container:
        stream = _main_video_stream(container, path)
        tags = ColourTags.of(stream.codec_context)
        decoder = _alpha_decoder(stream, path) or stream.codec_context
        decoder.thread_type = threads
        yield OpenFootage(container, stream, decoder, tags)


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


def _main_video_stream(container: InputContainer, path: Path) -> VideoStream:
    name = container.format.name
    if name in ("tty", "image2") or name.endswith("_pipe"):
        raise InputError(f"{path}: is not a video; name pictures by their kind (.png, .jpg …)")
    streams = video_streams(container)
    if not streams:
        if container.streams.audio:
            raise InputError(f"{path}: holds only sound; a video is expected")
        raise InputError(CUT_SHORT.format(path=path))
    if streams[0].codec_context is None:
        raise InputError(f"{path}: its video codec is not supported; export it as H.264")
    return streams[0]


def video_streams(container: InputContainer) -> list[VideoStream]:
    """The streams that are videos, the one that is meant first: the largest, then the default one.

    Covers of music and thumbnails are streams of video, too, and cameras store small copies.
    """
    streams = [s for s in container.streams.video if not s.disposition & NO_VIDEO]

    def rank(stream: VideoStream) -> tuple[int, bool]:
        context = stream.codec_context
        area = 0 if context is None else context.width * context.height
        return area, bool(stream.disposition & Disposition.default)

    return sorted(streams, key=rank, reverse=True)


def _alpha_decoder(stream: VideoStream, path: Path) -> VideoCodecContext | None:
    """VP8 and VP9 carry alpha beside the picture, and only libvpx reads it."""
    codec = {"vp9": "libvpx-vp9", "vp8": "libvpx"}.get(stream.codec_context.codec.name)
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    if codec is None or tags.get("alpha_mode") != "1":
        return None
    if codec not in av.codecs_available:
        raise InputError(
            f"{path}: has alpha, which this PyAV cannot decode (it lacks {codec}): export the clip "
            "as ProRes 4444 or as PNGs"
        )
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
