"""Videos that browsers do not play (HEVC, ProRes …), as H.264."""

from __future__ import annotations

from pathlib import Path

from dynascene.datasets.filmed.storage import short_hash
from dynascene.estimators.weights import cache_folder
from dynascene.io.atomic import replacing
from dynascene.io.frames import open_frames, times_of
from dynascene.io.video_writing import H264Writer


def playable_copy(video: Path) -> Path:
    """The same frames at the same times as H.264; made once, and kept in the user's cache.

    Raises InputError where the video is damaged or the cache cannot be written.
    """
    state = video.stat()
    key = short_hash(f"{video.resolve()} {state.st_size} {state.st_mtime_ns}")
    copy = cache_folder() / "playable" / f"{key}.mp4"
    if not copy.is_file():
        copy.parent.mkdir(parents=True, exist_ok=True)
        frames = open_frames(video)
        with (
            replacing(copy) as temporary,
            H264Writer(temporary, frames.size, frames.frame_rate, times=times_of(frames)) as writer,
        ):
            for frame in frames.read():
                writer.write(frame[..., :3])
    return copy
