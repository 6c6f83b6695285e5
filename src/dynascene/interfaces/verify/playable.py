"""Videos that browsers do not play (HEVC, ProRes …), as H.264."""

from __future__ import annotations

from pathlib import Path

import av

from dynascene.datasets.filmed.storage import short_hash
from dynascene.estimators.weights import cache_folder
from dynascene.io.atomic import replacing
from dynascene.io.frames import open_frames, times_of
from dynascene.io.video_writing import H264Writer

PLAYED = ("h264", "vp8", "vp9", "av1")  # codecs, in these containers:
CONTAINERS = (".mp4", ".m4v", ".webm")


def browser_copy(video: Path, folder: Path) -> Path:
    """The video itself where browsers play it, else a ``playable_copy`` in the folder.

    Raises InputError where it is damaged or the cache cannot be written.
    """
    if video.suffix.lower() in CONTAINERS:
        with av.open(str(video)) as container:
            streams = container.streams.video
            if streams and _is_played(streams[0].codec_context):
                return video
    return playable_copy(video, folder)


def playable_copy(video: Path, folder: Path | None = None) -> Path:
    """The same frames at the same times as H.264; made once.

    folder: where it is kept; None = in the user's cache.

    Raises InputError where the video is damaged or the folder cannot be written.
    """
    state = video.stat()
    key = short_hash(f"{video.resolve()} {state.st_size} {state.st_mtime_ns}")
    copy = (folder or cache_folder() / "playable") / f"{key}.mp4"
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


def _is_played(codec: av.CodecContext) -> bool:
    """Whether browsers know the codec, at eight bits and halved colours."""
    pixels = getattr(codec, "pix_fmt", None)
    return codec.name in PLAYED and pixels in ("yuv420p", "yuvj420p")
