"""Video files as frame sources: any container, upright, in sRGB, decoded while they are read."""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from dynascene.errors import InputError
from dynascene.io import swscale
from dynascene.io.deinterlacing import deinterlaced
from dynascene.io.greyness import IN_COLOUR, is_grey
from dynascene.io.names import Deinterlace
from dynascene.io.video_decoding import OpenFootage, decode_frames, open_footage, video_streams
from dynascene.io.video_index import FrameIndex, FrameIndexer, timing
from dynascene.io.video_picture import SCALING, Picture, may_have_alpha, picture_of
from dynascene.io.video_seeking import DAMAGED, from_keyframe, in_step, without_gaps
from dynascene.types import Size

log = logging.getLogger(__name__)

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
        deinterlace: whether frames that say that they are interlaced are made pictures of one
            moment, or all of them, or none.
        strict: whether reading raises InputError where a frame cannot be decoded as it was written.
            Else a damaged frame is what the decoder makes of it, or its neighbour, with a warning.
    """

    path: Path
    frame_rate: Fraction
    times: tuple[float, ...] | None
    _picture: Picture = field(repr=False)
    _index: FrameIndex = field(repr=False)
    strict: bool = False
    deinterlace: Deinterlace = "never"

    @property
    def size(self) -> Size:
        return self._picture.size

    @property
    def coded_size(self) -> Size:
        """The upright size in the file's own pixels; another where they are not square."""
        return self._picture.coded_size

    @property
    def interlaced(self) -> bool:
        """Whether the file says that its frames are two fields each."""
        return self._index.interlaced

    @property
    def channels(self) -> int:
        """3, 4 with alpha (ProRes 4444, VP8, VP9, QuickTime Animation, FFV1, GIF), or 1 (grey)."""
        if self._picture.grey:
            return 1
        return 4 if self._picture.alpha else 3

    @property
    def is_deep(self) -> bool:
        """Whether the file has more than 8 bits a channel, which ``read_floats`` gives."""
        return self._picture.deep and not self._picture.grey

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

    def read_floats(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """Yield float32 [H, W, C] in 0 … 1 for the frames ``start:stop``, with all their bits."""
        numbers = range(len(self))[start:stop]
        yield from self._converted([numbers], self._picture.floats)

    def pick(self, numbers: Sequence[int], *, skip: bool = False) -> Iterator[np.ndarray]:
        """Yield uint8 [H, W, C] for the frames of these rising numbers.

        Args:
            numbers: of the frames.
            skip: whether what lies between them is passed over by seeking where a keyframe allows
                it; else the frames between are decoded (and so checked), but not converted.
        """
        runs = _runs(numbers, self.keyframes) if skip and numbers else [numbers]
        yield from self._converted(runs, self._picture.array)

    def _converted(
        self,
        runs: Sequence[Sequence[int]],
        convert: Callable[[av.VideoFrame, VideoReformatter], np.ndarray],
    ) -> Iterator[np.ndarray]:
        """The frames of these runs of rising numbers; before each the file is sought."""
        if not runs[0]:
            return
        reformatter = VideoReformatter()
        frames = self._strictly if self.strict else self._frames
        refuse_colour = _colour_check(self._picture, self.path)
        with open_footage(self.path, threads=self._threads) as footage:
            for run in runs:
                span, chosen = range(run[0], run[-1] + 1), frozenset(run)
                shown = self._as_pictures(footage, frames, span)
                for number, frame in enumerate(shown, span.start):
                    if number in chosen:
                        refuse_colour(frame)
                        yield convert(frame, reformatter)

    def uncoloured(self) -> VideoFrames:
        """The same video with its stored values as they are, for what is no picture: mattes."""
        return replace(self, _picture=replace(self._picture, colour=None))

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

    def _as_pictures(
        self,
        footage: OpenFootage,
        frames: Callable[[OpenFootage, range], Iterator[av.VideoFrame]],
        span: range,
    ) -> Iterator[av.VideoFrame]:
        """The frames of a span, deinterlaced with their neighbours wherever it begins and ends."""
        if self.deinterlace == "never":
            return frames(footage, span)
        wide = range(max(span.start - 1, 0), min(span.stop + 1, len(self)))
        pictures = deinterlaced(
            frames(footage, wide), self._index.time_base, every=self.deinterlace == "always"
        )
        return islice(pictures, span.start - wide.start, span.stop - wide.start)

    def _frames(self, footage: OpenFootage, span: range) -> Iterator[av.VideoFrame]:
        pts = self._index.pts
        if pts is None:
            return islice(decode_frames(footage), span.start, span.stop)
        frames = from_keyframe(footage, self._index, pts[span.start])
        return in_step(frames, pts[span.start : span.stop], self.path)

    def _strictly(self, footage: OpenFootage, span: range) -> Iterator[av.VideoFrame]:
        """Check the frames from the keyframe on too, since the span is predicted from them."""
        pts = self._index.pts
        if pts is None:
            begin, frames = 0, decode_frames(footage)
        else:
            keyframes = self._index.keyframes
            position = bisect_right(keyframes, pts[span.start]) - 1
            begin = bisect_left(pts, keyframes[position]) if position >= 0 else 0
            frames = from_keyframe(footage, self._index, pts[span.start])
            frames = without_gaps(frames, pts[begin : span.stop], self.path)
        yield from islice(frames, span.start - begin, span.stop - begin)
        if pts is None and footage.damage:
            raise InputError(DAMAGED.format(path=self.path))


def open_video(
    path: Path, *, strict: bool = False, deinterlace: Deinterlace = "auto"
) -> VideoFrames:
    """Open a video file and index its frames.

    Frames after the place where a truncated file breaks off do not count. What changes the frames'
    look (deinterlacing, high dynamic range) is logged.

    Args:
        path: of the file.
        strict: refuse damage, on opening (as far as it shows) and on reading.
        deinterlace: auto: frames that say that they are interlaced.

    Raises:
        InputError: the file is missing, is no video, or has no frame that can be decoded.
    """
    # one frame at a time: of several at once all but the first would be decoded for nothing
    with open_footage(path, threads="SLICE") as footage:
        indexer = FrameIndexer(footage)
        first = next(decode_frames(footage, indexer.packets), None)
        if first is None:
            raise InputError(f"{path}: holds no frame that can be decoded; export the video again")
        picture = picture_of(first, footage, path)
        others = len(video_streams(footage.container)) - 1
        index = indexer.index(path, look_for_alpha=may_have_alpha(first))
    if not index.count:
        raise InputError(f"{path}: holds no undamaged frame; export the video again")
    index = replace(index, interlaced=index.interlaced or first.interlaced_frame)
    if may_have_alpha(first):
        picture = replace(picture, alpha=index.transparent)
    if not index.whole and strict:
        raise InputError(DAMAGED.format(path=path))
    if deinterlace == "auto" and not index.interlaced:
        deinterlace = "never"
    _say_what_is_changed(path, picture, index, deinterlace)
    if others:
        log.warning("%s: holds %d videos; that of %s is used", path, others + 1, picture.size)
    rate, times = timing(index)
    return VideoFrames(path, rate, times, picture, index, strict, deinterlace)


def _say_what_is_changed(
    path: Path, picture: Picture, index: FrameIndex, deinterlace: Deinterlace
) -> None:
    if picture.hdr:
        log.warning(
            "%s: HDR video (%s) is converted to SDR; its highlights are compressed",
            path, picture.hdr,
        )  # fmt: skip
    if picture.stored != picture.coded:
        log.warning(
            "%s: its pixels are not square: the frames of %s are shown as %s",
            path, picture.coded_size, picture.size,
        )  # fmt: skip
    if deinterlace != "never":
        log.warning("%s: interlaced video is deinterlaced (`deinterlace` never leaves it)", path)
    elif index.interlaced:
        log.warning("%s: interlaced video is left as it is; moving edges show combs", path)
    if not index.whole:
        log.warning("%s: the video is damaged; %d frames can be read", path, index.count)


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
