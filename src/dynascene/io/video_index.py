"""The frames that a video file really holds, and their times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av

from dynascene.io.deinterlacing import FIELD_ORDERS
from dynascene.io.video_decoding import OpenFootage, decode_frames, open_footage, read_packets
from dynascene.io.video_picture import is_transparent

DEFAULT_FRAME_RATE = Fraction(24)
MOV, MATROSKA, AVI = "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi"


@dataclass(frozen=True)
class FrameIndex:
    """The frames in order of display.

    Attributes:
        count: number of frames.
        pts: their times in units of ``time_base``; None where the file's times are not in order, so
            that frames can only be counted from the start.
        keyframes: times at which decoding can begin; empty: only from the start.
        time_base: seconds in one unit of time.
        stated_rate: frame rate of the file's header; None: none.
        whole: whether no damage was found.
        interlaced: whether stream or frames say that they are interlaced, as far as was looked.
        transparent: whether a frame is transparent anywhere, where that was looked for.
    """

    count: int
    pts: tuple[int, ...] | None
    keyframes: tuple[int, ...]
    time_base: Fraction
    stated_rate: Fraction | None
    whole: bool
    interlaced: bool = False
    transparent: bool = False


class FrameIndexer:
    """Indexes a file that is open, of which some frames may be decoded before.

    The frame table of a complete MP4 or MOV file is used without decoding; any other file is
    decoded once.

    Args:
        footage: just opened.

    Attributes:
        packets: of the stream, through which alone the file is read from then on.
    """

    def __init__(self, footage: OpenFootage) -> None:
        self._footage = footage
        self._entries: list[_Entry] = []
        self.packets = _noted(read_packets(footage), self._entries)

    def index(self, path: Path, look_for_alpha: bool = False) -> FrameIndex:
        """Index the frames that can be decoded.

        Args:
            path: of the file.
            look_for_alpha: decode it in any case, and look whether a frame is transparent.

        Raises:
            InputError: the file is no video.
        """
        if look_for_alpha:
            return _by_decoding(path, look_for_alpha)
        self._footage.damage = 0  # of frames that were decoded; the table tells of packets
        return _from_table(self._footage, self.packets, self._entries) or _by_decoding(path)


def first_frame_time(path: Path) -> float:
    """When the first frame that can be shown is shown, in seconds of the file's clock.

    A stream that was recorded, or cut without encoding it again, begins before it: what lies before
    the first keyframe cannot be decoded.

    Raises:
        InputError: the file is no video.
    """
    with open_footage(path) as footage:
        entries: list[_Entry] = []
        index = _from_table(footage, _noted(read_packets(footage), entries), entries)
    if index is not None and index.pts is not None:
        return float(index.pts[0] * index.time_base)
    with open_footage(path, threads="SLICE") as footage:
        packets: list[_Entry] = []
        first = next(decode_frames(footage, _noted(read_packets(footage), packets)), None)
        pts = None if first is None else first.pts
        if footage.container.format.name == AVI:  # has no pts; FFmpeg's are late by the reordering
            pts = next((packet.dts for packet in packets if packet.keyframe), None)
        pts = footage.stream.start_time if pts is None else pts
        return float((pts or 0) * (footage.stream.time_base or 0))


def _from_table(
    footage: OpenFootage, rest: Iterator[av.Packet], packets: list[_Entry]
) -> FrameIndex | None:
    """The index of a complete file from its container's table; None where it is not reliable.

    ``rest`` adds to ``packets`` while it is read.
    """
    if footage.container.format.name != MOV:
        return None
    for _ in rest:
        pass
    if len(packets) != footage.stream.frames or not packets or not packets[0].keyframe:
        return None
    if any(packet.doubtful or packet.pts is None for packet in packets):
        return None
    pts = sorted(packet.pts for packet in packets if packet.pts is not None)
    if not _increasing(pts):
        return None
    return _index(footage, pts, packets)


def _by_decoding(path: Path, look_for_alpha: bool = False) -> FrameIndex:
    # one frame at a time: several at once may lose more than the damage, and not always the same
    with open_footage(path, threads="SLICE") as footage:
        packets: list[_Entry] = []
        pts, interlaced, transparent = [], False, False
        for frame in decode_frames(footage, _noted(read_packets(footage), packets)):
            pts.append(frame.pts)
            interlaced |= frame.interlaced_frame
            transparent |= look_for_alpha and not transparent and is_transparent(frame)
        index = _index(footage, pts, packets)
        interlaced |= index.interlaced
        return replace(index, interlaced=interlaced, transparent=transparent)


@dataclass(frozen=True, slots=True)
class _Entry:
    pts: int | None
    dts: int | None
    keyframe: bool
    doubtful: bool

    @staticmethod
    def of(packet: av.Packet) -> _Entry:
        doubtful = packet.is_corrupt or packet.is_discard
        return _Entry(packet.pts, packet.dts, packet.is_keyframe, doubtful)


def _noted(packets: Iterator[av.Packet], entries: list[_Entry]) -> Iterator[av.Packet]:
    for packet in packets:
        entries.append(_Entry.of(packet))
        yield packet


def _index(
    footage: OpenFootage, pts: list[int | None] | list[int], packets: list[_Entry]
) -> FrameIndex:
    times = [t for t in pts if t is not None]
    ordered = len(times) == len(pts) and _increasing(times)
    seekable = ordered and footage.container.format.name in (MOV, MATROSKA)
    keyframes = [p.pts for p in packets if p.keyframe and p.pts is not None] if seekable else []
    return FrameIndex(
        count=len(pts),
        pts=tuple(times) if ordered else None,
        keyframes=tuple(sorted(keyframes)),
        time_base=footage.stream.time_base or Fraction(1, 1000),
        stated_rate=footage.stream.average_rate or footage.stream.guessed_rate,
        whole=not footage.damage,
        interlaced=footage.stream.codec_context.field_order in FIELD_ORDERS,
    )


def _increasing(times: list[int]) -> bool:
    return all(earlier < later for earlier, later in pairwise(times))


def timing(index: FrameIndex) -> tuple[Fraction, tuple[float, ...] | None]:
    """The average frame rate, and each frame's seconds after the first where the rate varies."""
    stated = index.stated_rate or DEFAULT_FRAME_RATE
    if index.pts is None or index.count < 2:
        return stated, None
    times = tuple(float((t - index.pts[0]) * index.time_base) for t in index.pts)
    measured = (index.count - 1) / times[-1]
    # Matroska rounds to milliseconds: a quarter of a frame is jitter, more is a varying rate
    varies = any(abs(t * measured - k) > 0.25 for k, t in enumerate(times))
    if not varies and abs(stated / measured - 1) * index.count < 0.5:
        return stated, None
    rate = Fraction(measured).limit_denominator(1001)
    return rate, times if varies else None
