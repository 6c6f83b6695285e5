"""The frames that an index lists, decoded from a keyframe on."""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import av

from dynascene.errors import InputError
from dynascene.io.video_decoding import OpenFootage, decode_frames
from dynascene.io.video_index import FrameIndex

log = logging.getLogger(__name__)

DAMAGED = "{path}: the video is damaged; export it again"


def from_keyframe(footage: OpenFootage, index: FrameIndex, pts: int) -> Iterator[av.VideoFrame]:
    """Decode from the last keyframe at or before ``pts``, else from the start of the file."""
    position = bisect_right(index.keyframes, pts) - 1
    if position < 1:
        return decode_frames(footage)
    footage.container.seek(index.keyframes[position], stream=footage.stream)
    footage.decoder.flush_buffers()
    frames = decode_frames(footage)
    first = next(frames, None)
    if first is not None and first.pts is not None and first.pts <= pts:
        return chain([first], frames)
    # the container's own search went too far: exactness first
    footage.container.seek(0, stream=footage.stream)
    footage.decoder.flush_buffers()
    return decode_frames(footage)


def in_step(
    frames: Iterator[av.VideoFrame], times: tuple[int, ...], path: Path
) -> Iterator[av.VideoFrame]:
    """One frame for each time. A frame that the decoder lost is replaced by its neighbour."""
    previous, frame, lost = None, next(frames, None), 0
    for pts in times:
        while frame is not None and (frame.pts is None or frame.pts < pts):
            previous, frame = frame, next(frames, None)
        match = frame is not None and (frame.pts == pts or previous is None)
        nearest = frame if match else previous
        if nearest is None:
            raise InputError(f"{path}: cannot be decoded; export the video again")
        lost += nearest.pts != pts
        yield nearest
    if lost:
        log.warning("%s: %d frames are damaged; a neighbour stands in for each", path, lost)


def without_gaps(
    frames: Iterator[av.VideoFrame], times: tuple[int, ...], path: Path
) -> Iterator[av.VideoFrame]:
    """One frame for each time. Raises InputError where the decoder lost one."""
    remaining = iter(times)
    awaited = next(remaining, None)
    for frame in frames:
        if awaited is None:
            return
        if frame.pts is None or frame.pts < awaited:
            continue  # shown before the keyframe, and not asked for
        if frame.pts > awaited:
            break
        yield frame
        awaited = next(remaining, None)
    if awaited is not None:
        raise InputError(DAMAGED.format(path=path))
