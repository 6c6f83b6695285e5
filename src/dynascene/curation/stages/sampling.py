"""Frame numbers at a given rate, whatever the frame rate of the video."""

from __future__ import annotations

from bisect import bisect_right

from dynascene.io.video import VideoFrames

EARLY = 1e-6  # seconds: rounding in the file's times


def frames_every(video: VideoFrames, start: int, stop: int, seconds: float) -> list[int]:
    """Numbers of the frames at start, start + seconds, … before ``stop``, rising."""
    numbers: list[int] = []
    while True:
        frame = _shown_after(video, start, len(numbers) * seconds)
        if frame >= stop or (numbers and frame <= numbers[-1]):
            return numbers
        numbers.append(frame)


def frames_spread(start: int, stop: int, count: int) -> list[int]:
    """Numbers of the middle frames of ``count`` equal parts of ``start:stop``, rising; fewer parts
    where the stretch is shorter.
    """
    length = stop - start
    count = min(count, length)
    return [start + int((part + 0.5) * length / count) for part in range(count)]


def _shown_after(video: VideoFrames, start: int, seconds: float) -> int:
    """The frame shown ``seconds`` after ``start``; past the end, a number behind the last frame."""
    if video.times is None:
        return start + round(seconds * video.frame_rate)
    time = video.times[start] + seconds + EARLY
    return bisect_right(video.times, time) - 1 if time < video.times[-1] + 2 * EARLY else len(video)
