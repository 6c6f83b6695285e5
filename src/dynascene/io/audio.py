"""Copying the sound of the person's clip into the finished clip."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.stream import Disposition, Stream

from dynascene.io.atomic import replacing
from dynascene.io.video_decoding import open_container
from dynascene.io.video_encoding import clear_errors
from dynascene.io.video_index import first_frame_time

Item = TypeVar("Item")

FITS_MP4 = ("aac", "mp3", "ac3", "eac3", "alac")  # what players expect in an MP4
AAC_FRAME = 1024  # samples
AAC_RATES = (8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)  # of players


def copy_audio(source: Path, video: Path, destination: Path, start: float, duration: float) -> bool:
    """Join ``video``'s picture with ``source``'s sound, as an MP4.

    Whole packets are kept, so the sound may set in some hundredths of a second late, but in step.
    Sound that fits an MP4 is copied, other sound becomes AAC.

    Args:
        source: a file with sound.
        video: a file with a picture.
        destination: the MP4 that is written; may be ``video``.
        start, duration: the range of ``source``, in seconds after its first frame.

    Returns:
        False, having written nothing, where ``source`` has no sound in that range.

    Raises:
        InputError: when a file cannot be read or written.
    """
    with open_container(source) as sound_file, open_container(video) as video_file:
        stream = _default_sound(sound_file)
        if stream is None:
            return False
        origin = first_frame_time(source) + start
        sound = _Sound(sound_file, stream, origin, duration)
        if next(sound.packets(), None) is None:
            return False
        sound_file.seek(0)
        with replacing(destination) as temporary, clear_errors(destination):
            _join(sound, video_file, temporary)
    return True


def _default_sound(container: InputContainer) -> AudioStream | None:
    """The sound that players choose: the first one that is marked as default, else the first."""
    streams = [s for s in container.streams.audio if s.codec_context is not None]
    marked = [s for s in streams if s.disposition & Disposition.default]
    return next(iter(marked or streams), None)


@dataclass
class _Sound:
    """A range of a sound stream. origin, duration: seconds of the container's clock."""

    container: InputContainer
    stream: AudioStream
    origin: float
    duration: float

    def packets(self) -> Iterator[av.Packet]:
        """The range's packets as they are stored, timed from its start."""
        base = self.stream.time_base or Fraction(1, 1000)
        offset = round(self.origin / base)
        for packet in _readable(self.container.demux(self.stream)):
            if packet.pts is None or packet.dts is None or packet.pts < offset:
                continue
            if packet.pts >= offset + self.duration / base:
                return
            packet.pts, packet.dts = packet.pts - offset, packet.dts - offset
            yield packet

    def frames(self) -> Iterator[av.AudioFrame]:
        """The range's decoded sound, timed from its start in samples."""
        for frame in _readable(self.container.decode(self.stream)):
            if frame.time is None or frame.time < self.origin:
                continue
            if frame.time >= self.origin + self.duration:
                return
            frame.pts = round((frame.time - self.origin) * frame.sample_rate)
            frame.time_base = Fraction(1, frame.sample_rate)
            yield frame


def _join(sound: _Sound, video_file: InputContainer, path: Path) -> None:
    options = {"movflags": "+faststart"}
    with av.open(str(path), "w", format="mp4", options=options) as joined:
        picture = joined.add_stream_from_template(video_file.streams.video[0])
        pictures = _onto(picture, video_file.demux(video_file.streams.video[0]))
        if sound.stream.codec_context.name.removesuffix("float") in FITS_MP4:
            stream = joined.add_stream_from_template(sound.stream)
            sounds = _onto(stream, sound.packets())
        else:
            sounds = _as_aac(sound, joined)
        # in step, so that the muxer has little to keep in memory
        for packet in heapq.merge(pictures, sounds, key=_seconds):
            joined.mux(packet)


def _onto(stream: Stream, packets: Iterator[av.Packet]) -> Iterator[av.Packet]:
    for packet in packets:
        if packet.dts is not None:  # the last one is empty
            packet.stream = stream
            yield packet


def _as_aac(sound: _Sound, joined: OutputContainer) -> Iterator[av.Packet]:
    codec = sound.stream.codec_context
    rate = next((r for r in AAC_RATES if r >= codec.sample_rate), AAC_RATES[-1])
    # the layout's own name may be one that no encoder knows: "2 channels" in AVI and Matroska
    layout = "mono" if codec.layout.nb_channels == 1 else "stereo"
    stream = joined.add_stream("aac", rate=rate, layout=layout, options={"b": "192k"})
    resampler = av.AudioResampler("fltp", layout, rate, frame_size=AAC_FRAME)
    return _encoded(sound.frames(), resampler, stream)


def _encoded(
    frames: Iterator[av.AudioFrame], resampler: av.AudioResampler, stream: AudioStream
) -> Iterator[av.Packet]:
    for frame in frames:
        for resampled in resampler.resample(frame):
            yield from stream.encode(resampled)
    for resampled in resampler.resample(None):
        yield from stream.encode(resampled)
    yield from stream.encode(None)


def _seconds(packet: av.Packet) -> float:
    assert packet.dts is not None
    return float(packet.dts * packet.time_base)


def _readable(items: Iterator[Item]) -> Iterator[Item]:
    """The items up to where the file ends or breaks off."""
    with suppress(av.FFmpegError, OSError):
        yield from items
