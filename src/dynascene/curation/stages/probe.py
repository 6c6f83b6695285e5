"""The first stage: is this a whole video of the size and frame rate that training needs?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

from dynascene.curation.clip import Clip
from dynascene.curation.faults import rejected_by
from dynascene.curation.sources.containers import CONTAINERS
from dynascene.errors import InputError
from dynascene.imaging.colour_spaces import HDR_TRANSFERS
from dynascene.io.video import VideoFrames, open_video
from dynascene.io.video_decoding import CUT_SHORT, decode_frames, open_footage

SAMPLES, SAMPLE_FRAMES = 3, 4  # the beginning, the middle and the end; frames at each
TINY = 64  # pixels of the longer side of frames that are decoded only to find damage


@dataclass(frozen=True)
class ProbeConfig:
    """What a video needs.

    Attributes:
        min_height: pixels of the shorter side: 1080 is 1080p, whichever way the camera was held.
        min_seconds: least length.
        min_rate: least number of frames a second.
        decoding: how much is decoded to find damage. ``sample``: the beginning, the middle and the
            end (the shots stage decodes the rest); ``all``: every frame.
    """

    min_height: int = 1080
    min_seconds: float = 1.0
    min_rate: float = 12.0
    decoding: Literal["sample", "all"] = "sample"


class Container(NamedTuple):
    """What the file's header says. rotation: degrees, anticlockwise, by which a player turns it."""

    formats: str
    codec: str
    rotation: int
    hdr: str | None


@dataclass(frozen=True)
class ProbeStage:
    """Drops what is no whole video, or too small, short or slow. The clip becomes the whole video.

    Codes: empty, not-a-video, cut-short, wrong-ending, damaged, low-resolution, short, low-rate.
    Values: container, codec, width, height (upright), rotation, frames, fps, variable_rate,
        seconds, hdr.
    """

    config: ProbeConfig = ProbeConfig()
    name = "probe"
    version = 2
    processors = 1.0
    accelerators = 0.0

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        try:
            container = read_container(clip.video)
        except InputError as error:
            return [rejected_by(clip, self.name, _code(clip.video, error), error)]
        expected = CONTAINERS.get(clip.video.suffix.lower())
        if expected and expected.isdisjoint(container.formats.split(",")):
            reason = f"is named {clip.video.suffix}, but holds {container.formats}"
            return [clip.rejected(self.name, "wrong-ending", reason, container.formats)]
        try:
            video = open_video(clip.video, strict=True)
            _decode(video, self.config.decoding)
        except InputError as error:
            return [rejected_by(clip, self.name, "damaged", error)]
        return [self._judge(_with_measurements(clip, video, container), video)]

    def _judge(self, clip: Clip, video: VideoFrames) -> Clip:
        (width, height), rate = video.size, float(video.frame_rate)
        seconds = len(video) / rate
        shorter = min(width, height)
        if shorter < self.config.min_height:
            reason = f"{width}×{height}, the shorter side less than {self.config.min_height}"
            return clip.rejected(self.name, "low-resolution", reason, shorter)
        if seconds < self.config.min_seconds:
            reason = f"lasts {seconds:.2f} s, less than {self.config.min_seconds:g}"
            return clip.rejected(self.name, "short", reason, seconds)
        if rate < self.config.min_rate:
            reason = f"{rate:.2f} frames a second, less than {self.config.min_rate:g}"
            return clip.rejected(self.name, "low-rate", reason, rate)
        return clip


def read_container(path: Path) -> Container:
    """Read the header of a video.

    Raises:
        InputError: no frame can be decoded.
    """
    with open_footage(path) as footage:
        first = next(decode_frames(footage), None)
        if first is None:
            raise InputError(f"{path}: holds no frame that can be decoded")
        codec = footage.stream.codec_context.name
        hdr = HDR_TRANSFERS.get(first.color_trc)
        return Container(footage.container.format.name, codec, first.rotation, hdr)


def _decode(video: VideoFrames, decoding: Literal["sample", "all"]) -> None:
    """Raise InputError where a decoded frame is damaged."""
    small, last = video.shrunk(TINY), len(video) - 1
    # from the keyframe before each place: cheap for any distance of keyframes
    places = (last * place // (SAMPLES - 1) for place in range(SAMPLES))
    keyframes = {max(k for k in video.keyframes if k <= place) for place in places}
    stretches = [(begin, begin + SAMPLE_FRAMES) for begin in sorted(keyframes)]
    for begin, end in stretches if decoding == "sample" else [(0, len(video))]:
        for _ in small.read(begin, end):
            pass


def _with_measurements(clip: Clip, video: VideoFrames, container: Container) -> Clip:
    measured = clip.with_values(
        ProbeStage.name,
        container=container.formats,
        codec=container.codec,
        width=video.size.width,
        height=video.size.height,
        rotation=container.rotation,
        frames=len(video),
        fps=float(video.frame_rate),
        variable_rate=video.times is not None,
        seconds=float(len(video) / video.frame_rate),
        hdr=container.hdr,
    )
    return replace(measured, start=0, stop=len(video))


def _code(path: Path, error: InputError) -> str:
    if path.is_file() and not path.stat().st_size:
        return "empty"
    return "cut-short" if str(error) == CUT_SHORT.format(path=path) else "not-a-video"
