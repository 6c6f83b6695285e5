"""Video files as frame sources: any container, upright, in sRGB, decoded while they are read."""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain, islice, pairwise
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from dynascene.errors import InputError
from dynascene.io import swscale
from dynascene.io.greyness import IN_COLOUR, is_grey
from dynascene.io.video_decoding import (
    SCALING,
    OpenFootage,
    Picture,
    decode_frames,
    open_footage,
    picture_of,
)
from dynascene.io.video_index import FrameIndex, index_frames, timing
from dynascene.types import Size

log = logging.getLogger(__name__)

DAMAGED = "{path}: the video is damaged; export it again"
SHORT_GAP = 4  # frames: to decode so many is no worse than to seek
OUTLIERS = 8  # of the pixels that are looked at for colour
THINNED = 8  # one pixel in so many squared is looked at for colour


@dataclass(frozen=True)
class VideoFrames:
    """A video file as a FrameSource; made by ``open_video``.

    Attributes:
        path: of the file.
        frame_rate: the average rate.
        times: seconds of each frame after the first where the rate varies, else None.
        strict: whether reading raises InputError where a frame cannot be decoded as it was written.
            Else a damaged frame is what the decoder makes of it, or its neighbour, with a warning.
    """

    path: Path
    frame_rate: Fraction
    times: tuple[float, ...] | None
    _picture: Picture = field(repr=False)
    _index: FrameIndex = field(repr=False)
    strict: bool = False

    @property
    def size(self) -> Size:
        return self._picture.size

    @property
    def channels(self) -> int:
        """3, 4 with alpha (ProRes 4444, VP8, VP9, QuickTime Animation, FFV1, GIF), or 1 (grey)."""
        if self._picture.grey:
            return 1
        return 4 if self._picture.alpha else 3

    @property
    def keyframes(self) -> list[int]:
        """The frames at which decoding can begin, rising; frame 0 is always one."""
        pts = self._index.pts or ()
        return sorted({0, *(bisect_left(pts, time) for time in self._index.keyframes)})

    def __len__(self) -> int:
        return self._index.count

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """Yield uint8 [H, W, C] for the frames ``start:stop``, counted as in a slice.

        Decoding begins at the keyframe before ``start`` where the container can seek.
        """
        yield from self.pick(range(len(self))[start:stop])

    def pick(self, numbers: Sequence[int], *, skip: bool = False) -> Iterator[np.ndarray]:
        """Yield uint8 [H, W, C] for the frames of these rising numbers.

        Args:
            numbers: of the frames.
            skip: whether what lies between them is passed over by seeking where a keyframe allows
                it; else the frames between are decoded (and so checked), but not converted.
        """
        if not numbers:
            return
        reformatter = VideoReformatter()
        frames = self._strictly if self.strict else self._frames
        refuse_colour = _colour_check(self._picture, self.path)
        runs = _runs(numbers, self.keyframes) if skip else [numbers]
        with open_footage(self.path, threads=self._threads) as footage:
            for run in runs:
                span, chosen = range(run[0], run[-1] + 1), frozenset(run)
                for number, frame in enumerate(frames(footage, span), span.start):
                    if number in chosen:
                        refuse_colour(frame)
                        yield self._picture.array(frame, reformatter)

    def grey(self) -> VideoFrames:
        """The brightness alone, [H, W, 1]: the Y plane where there is one.

        Reading raises InputError where a frame, looked at in a few of its pixels, is in colour.
        """
        return replace(self, _picture=replace(self._picture, grey=True))

    def scaled(self, size: Size) -> VideoFrames:
        """The same video, scaled on reading to a size of the upright picture."""
        transposed = self._picture.orientation[0]
        stored = Size(*size[::-1]) if transposed else size
        return replace(self, _picture=replace(self._picture, stored=stored, flags=SCALING))

    def shrunk(self, side: int) -> VideoFrames:
        """The same video, scaled on reading to at most ``side`` pixels on its longer side."""
        stored, scale = self._picture.stored, min(1.0, side / max(self._picture.stored))
        small = Size(*(max(2, round(pixels * scale)) for pixels in stored))
        return replace(self, _picture=replace(self._picture, stored=small))

    @property
    def _threads(self) -> str:
        if self.strict:
            return "NONE"
        return "AUTO" if self._index.whole else "SLICE"

    def _frames(self, footage: OpenFootage, span: range) -> Iterator[av.VideoFrame]:
        pts = self._index.pts
        if pts is None:
            return islice(decode_frames(footage), span.start, span.stop)
        frames = _from_keyframe(footage, self._index, pts[span.start])
        return _in_step(frames, pts[span.start : span.stop], self.path)

    def _strictly(self, footage: OpenFootage, span: range) -> Iterator[av.VideoFrame]:
        """Check the frames from the keyframe on too, since the span is predicted from them."""
        pts = self._index.pts
        if pts is None:
            begin, frames = 0, decode_frames(footage)
        else:
            keyframes = self._index.keyframes
            position = bisect_right(keyframes, pts[span.start]) - 1
            begin = bisect_left(pts, keyframes[position]) if position >= 0 else 0
            frames = _from_keyframe(footage, self._index, pts[span.start])
            frames = _without_gaps(frames, pts[begin : span.stop], self.path)
        yield from islice(frames, span.start - begin, span.stop - begin)
        if pts is None and footage.damage:
            raise InputError(DAMAGED.format(path=self.path))


def open_video(path: Path, *, strict: bool = False) -> VideoFrames:
    """Open a video file and index its frames.

    Frames after the place where a truncated file breaks off do not count.

    Args:
        path: of the file.
        strict: refuse damage, on opening (as far as it shows) and on reading.

    Raises:
        InputError: the file is missing, is no video, or has no frame that can be decoded.
    """
    with open_footage(path) as footage:
        first = next(decode_frames(footage), None)
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
    if not index.whole and strict:
        raise InputError(DAMAGED.format(path=path))
    if not index.whole:
        log.warning("%s: the video is damaged; %d frames can be read", path, index.count)
    rate, times = timing(index)
    return VideoFrames(path, rate, times, picture, index, strict)


def _runs(numbers: Sequence[int], keyframes: Sequence[int]) -> list[list[int]]:
    """Rising numbers, divided where a keyframe far behind one lies before the next."""
    runs = [[numbers[0]]]
    for before, number in pairwise(numbers):
        nearest = bisect_right(keyframes, number) - 1
        if nearest >= 0 and keyframes[nearest] > before + SHORT_GAP:
            runs.append([])
        runs[-1].append(number)
    return runs


def _colour_check(picture: Picture, path: Path) -> Callable[[av.VideoFrame], None]:
    """Raises InputError for frames in colour where they are read as grey ones."""
    few = Size(*(max(2, pixels // THINNED) for pixels in picture.stored))
    thinned = replace(picture, grey=False, alpha=False, stored=few, flags=swscale.POINT)
    reformatter = VideoReformatter()

    def refuse_colour(frame: av.VideoFrame) -> None:
        if picture.grey and not is_grey(thinned.array(frame, reformatter), OUTLIERS):
            raise InputError(IN_COLOUR.format(path=path))

    return refuse_colour


def _from_keyframe(footage: OpenFootage, index: FrameIndex, pts: int) -> Iterator[av.VideoFrame]:
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


def _in_step(
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


def _without_gaps(
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
