"""Video files as frame sources: any container, upright, in sRGB, decoded while they are read."""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from dynascene.errors import InputError
from dynascene.io.video_decoding import Footage, Picture, decoded, opened, picture_of
from dynascene.io.video_index import FrameIndex, index_frames, timing
from dynascene.types import Size

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VideoFrames:
    """A video file as a FrameSource; made by ``open_video``.

    channels: 3, or 4 where the file carries alpha (ProRes 4444, VP8 and VP9, QuickTime Animation,
        FFV1, transparent GIF).
    frame_rate: the average rate. times: seconds of each frame after the first where the rate
        varies, else None.
    """

    path: Path
    frame_rate: Fraction
    times: tuple[float, ...] | None
    _picture: Picture = field(repr=False)
    _index: FrameIndex = field(repr=False)

    @property
    def size(self) -> Size:
        return self._picture.size

    @property
    def channels(self) -> int:
        return 4 if self._picture.alpha else 3

    def __len__(self) -> int:
        return self._index.count

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """Yield uint8 [H, W, C] of the frames ``start:stop``, as slicing counts them.

        Decoding begins at the keyframe before ``start`` where the container can seek.
        """
        wanted = range(len(self))[start:stop]
        if not wanted:
            return
        reformatter = VideoReformatter()
        with opened(self.path, threads="AUTO" if self._index.whole else "SLICE") as footage:
            for frame in self._frames(footage, wanted):
                yield self._picture.array(frame, reformatter)

    def _frames(self, footage: Footage, wanted: range) -> Iterator[av.VideoFrame]:
        pts = self._index.pts
        if pts is None:
            return islice(decoded(footage), wanted.start, wanted.stop)
        frames = _from_keyframe(footage, self._index, pts[wanted.start])
        return _in_step(frames, pts[wanted.start : wanted.stop], self.path)


def open_video(path: Path) -> VideoFrames:
    """Open a video file and find out which frames it holds.

    Raises InputError when the file is missing, is no video, or has no frame that can be decoded.
    Frames behind the place where a truncated file breaks off do not count.
    """
    with opened(path) as footage:
        first = next(decoded(footage), None)
    if first is None:
        raise InputError(f"{path}: holds no frame that can be decoded; export the video again")
    picture = picture_of(first)
    index = index_frames(path)
    if not index.count:
        raise InputError(f"{path}: holds no undamaged frame; export the video again")
    if picture.hdr:
        log.warning(
            "%s: HDR video (%s) is read as if it were SDR and looks flat; convert it to SDR first",
            path, picture.hdr,
        )  # fmt: skip
    if not index.whole:
        log.warning("%s: the video is damaged; %d frames can be read", path, index.count)
    rate, times = timing(index)
    return VideoFrames(path, rate, times, picture, index)


def _from_keyframe(footage: Footage, index: FrameIndex, pts: int) -> Iterator[av.VideoFrame]:
    """Decode from the last keyframe at or before ``pts``, else from the start of the file."""
    position = bisect_right(index.keyframes, pts) - 1
    if position < 1:
        return decoded(footage)
    footage.container.seek(index.keyframes[position], stream=footage.stream)
    frames = decoded(footage)
    first = next(frames, None)
    if first is not None and first.pts is not None and first.pts <= pts:
        return chain([first], frames)
    # the container's own search went too far: exactness first
    footage.container.seek(0, stream=footage.stream)
    footage.decoder.flush_buffers()
    return decoded(footage)


def _in_step(
    frames: Iterator[av.VideoFrame], times: tuple[int, ...], path: Path
) -> Iterator[av.VideoFrame]:
    """One frame for each time. Where the decoder lost one, its neighbour is shown in its place."""
    held, frame, lost = None, next(frames, None), 0
    for pts in times:
        while frame is not None and (frame.pts is None or frame.pts < pts):
            held, frame = frame, next(frames, None)
        shown = frame if frame is not None and (frame.pts == pts or held is None) else held
        if shown is None:
            raise InputError(f"{path}: cannot be decoded; export the video again")
        lost += shown.pts != pts
        yield shown
    if lost:
        log.warning("%s: %d frames are damaged; a neighbour stands in for each", path, lost)
