"""The last stage: writes the files that become part of the data set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from dynascene.curation.clip import Clip
from dynascene.curation.faults import rejected_by
from dynascene.curation.stages.clip_frames import frames_of
from dynascene.errors import InputError
from dynascene.io.frames import times_of
from dynascene.io.images import write_png
from dynascene.io.mattes import open_matte
from dynascene.io.video import VideoFrames, open_video
from dynascene.io.video_writing import H264Writer, Quality
from dynascene.types import FrameSource

VIDEO, SCENE = "video.mp4", "scene.png"
PERSON = 16  # from this matte value on a pixel may show the person


@dataclass(frozen=True)
class WriteConfig:
    """Settings of the write stage.

    Attributes:
        quality: of the video.
        keyframes: largest distance of two keyframes, in frames; training reads short pieces from
            any place.
        margin: the region that is blacked out in the scene picture grows by this share of its
            longer side, so that nothing of the person stays.
    """

    quality: Quality = "high"
    keyframes: int = 24
    margin: float = 0.015


@dataclass(frozen=True)
class WriteStage:
    """Writes ``video.mp4``, exactly the clip's frames, and ``scene.png``.

    The scene picture is the frame in which the matte is smallest, with the person black.

    Files: video, scene. Codes: damaged. Values: frames, frame_rate, width, height, start and end
    (seconds in the source), scene_frame (of the clip, from 0).
    """

    config: WriteConfig = WriteConfig()
    name = "write"
    version = 1
    processors = 1.0
    accelerators = 0.0

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        try:
            video, frames = open_video(clip.video), frames_of(clip)
            matte = open_matte(folder / clip.files["matte"]) if "matte" in clip.files else None
            scene = self._write_video(frames, matte, folder / VIDEO)
        except InputError as error:
            return [rejected_by(clip, self.name, "damaged", error)]
        write_png(folder / SCENE, without_person(scene.frame, scene.matte, self.config.margin))
        begin, end = seconds_of(video, clip.start, clip.stop)
        clip = clip.with_values(
            self.name,
            frames=len(frames),
            frame_rate=float(frames.frame_rate),
            width=frames.size.width,
            height=frames.size.height,
            start=begin,
            end=end,
            scene_frame=scene.number,
        )
        return [clip.with_files(video=VIDEO, scene=SCENE)]

    def _write_video(self, frames: FrameSource, matte: FrameSource | None, path: Path) -> _Scene:
        """Raises InputError where the video or its matte ends early or cannot be read."""
        config, best, count = self.config, None, 0
        writer = H264Writer(
            path,
            frames.size,
            frames.frame_rate,
            config.quality,
            times_of(frames),
            config.keyframes,
        )
        with writer:
            for count, (frame, person) in enumerate(_together(frames, matte), start=1):
                writer.write(frame)
                hidden = 0.0 if person is None else float(person.mean())
                if best is None or hidden < best.hidden:
                    best = _Scene(count - 1, frame, person, hidden)
        if best is None or count != len(frames):
            raise InputError(f"{path.name}: {count} of {len(frames)} frames can be read")
        return best


@dataclass(frozen=True)
class _Scene:
    number: int
    frame: np.ndarray
    matte: np.ndarray | None
    hidden: float


def without_person(frame: np.ndarray, matte: np.ndarray | None, margin: float) -> np.ndarray:
    """A frame with the person black.

    Args:
        frame: uint8 [H, W, 3].
        matte: uint8 [H, W, 1], 255 = person; None: there is none.
        margin: share of the longer side by which the black region grows.
    """
    if matte is None:
        return frame
    reach = round(margin * max(frame.shape[:2]))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    person = cv2.dilate((matte[..., 0] >= PERSON).astype(np.uint8), disc)
    return np.where(person[..., None] > 0, np.uint8(0), frame)


def seconds_of(video: VideoFrames, start: int, stop: int) -> tuple[float, float]:
    """Begin and end of the frames ``start:stop``, in seconds after the video's first frame."""
    rate = video.frame_rate
    if video.times is None:
        return float(start / rate), float(stop / rate)
    return video.times[start], video.times[stop - 1] + float(1 / rate)


def _together(
    frames: FrameSource, matte: FrameSource | None
) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Each frame with its matte. Raises InputError where their numbers differ."""
    if matte is not None and (len(matte), matte.size) != (len(frames), frames.size):
        raise InputError(
            f"the matte has {len(matte)} frames of {matte.size}, the clip {len(frames)} of "
            f"{frames.size}"
        )
    if matte is None:
        yield from ((frame, None) for frame in frames.read())
    else:
        yield from zip(frames.read(), matte.read(), strict=True)
