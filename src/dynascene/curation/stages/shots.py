"""The shots stage: one clip for each take, cut where PySceneDetect finds a cut or a fade."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise, repeat
from pathlib import Path

import numpy as np

from dynascene.curation.clip import Clip
from dynascene.curation.faults import rejected_by
from dynascene.errors import InputError
from dynascene.io.video import open_video

WINDOW = 2  # frames on either side that a change is compared with


@dataclass(frozen=True)
class ShotsConfig:
    """Settings of the shots stage.

    Attributes:
        side: pixels of the longer side of the compared frames.
        ratio: a cut changes this many times more than the four frames around it
            (PySceneDetect's ``adaptive_threshold``).
        change: least change at a cut (PySceneDetect's ``min_content_val``, whose default of 15
            misses a cut between two pale places).
        black: frame mean, of 255, below which the picture counts as faded out.
        shortest: seconds of a clip, at least.
        longest: seconds; longer shots are divided into equal pieces; None: never.
    """

    side: int = 256
    ratio: float = 3.0
    change: float = 12.0
    black: int = 12
    shortest: float = 1.0
    longest: float | None = None


@dataclass(frozen=True)
class ShotsStage:
    """Divides a video into its takes, and drops those that are too short or black.

    Every frame is decoded. Damage that the probe's sample missed drops the whole video.

    Codes: short, black, damaged. Values: shot, piece (counted from 0), seconds.
    """

    config: ShotsConfig = ShotsConfig()
    name = "shots"
    version = 1
    processors = 1.0
    accelerators = 0.0

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        levels: list[float] = []
        try:
            video = open_video(clip.video, strict=True)
            frames = _record_levels(
                video.shrunk(self.config.side).read(clip.start, clip.stop), levels
            )
            cuts = find_shots(frames, video.frame_rate, self.config)
        except InputError as error:
            return [rejected_by(clip, self.name, "damaged", error)]
        ends = [0, *cuts, len(levels)]
        return [
            self._judge(piece, np.median(levels[first:last]))
            for shot, (first, last) in enumerate(pairwise(ends))
            for piece in self._pieces(clip, shot, first, last, video.frame_rate)
        ]

    def _pieces(
        self, clip: Clip, shot: int, first: int, last: int, rate: Fraction
    ) -> Iterator[Clip]:
        most = self.config.longest
        count = 1 if most is None else max(1, -(-(last - first) // max(1, int(most * rate))))
        ends = [clip.start + first + (last - first) * n // count for n in range(count + 1)]
        for piece, (start, stop) in enumerate(pairwise(ends)):
            seconds = float((stop - start) / rate)
            part = replace(clip, start=start, stop=stop)
            yield part.with_values(self.name, shot=shot, piece=piece, seconds=seconds)

    def _judge(self, clip: Clip, level: float) -> Clip:
        if level < self.config.black:
            return clip.rejected(self.name, "black", "is black", float(level))
        seconds = float(clip.values["shots.seconds"] or 0)
        if seconds < self.config.shortest:
            reason = f"a shot of {seconds:.2f} s, less than {self.config.shortest:g}"
            return clip.rejected(self.name, "short", reason, seconds)
        return clip


def find_shots(frames: Iterable[np.ndarray], rate: Fraction, config: ShotsConfig) -> list[int]:
    """The numbers of the frames that begin another take, rising, without the first frame.

    A cut within two frames of either end is found too. A fade through black makes the black part a
    take of its own. Dissolves are not found.

    Args:
        frames: uint8 [H, W, 3 or 4] sRGB.
        rate: frames a second.
        config: thresholds of the detectors.
    """
    from scenedetect import AdaptiveDetector, FrameTimecode, ThresholdDetector

    # takes of any length, since a short one must not stay in its neighbour
    changes = AdaptiveDetector(config.ratio, 1, WINDOW, config.change)
    fades = [
        ThresholdDetector(config.black, 1, fade_bias=bias, add_final_scene=True)
        for bias in (-1.0, 1.0)
    ]
    cut_frames: set[int] = set()
    number = -1
    for position, (number, frame) in enumerate(_with_still_ends(frames)):
        picture = np.ascontiguousarray(frame[..., 2::-1])  # BGR
        cuts = changes.process_frame(FrameTimecode(position, rate), picture)
        cut_frames.update(cut.frame_num - WINDOW for cut in cuts)
        if position == number + WINDOW:
            time = FrameTimecode(number, rate)
            cut_frames.update(
                c.frame_num for fade in fades for c in fade.process_frame(time, picture)
            )
    time = FrameTimecode(max(0, number), rate)
    cut_frames.update(cut.frame_num for fade in fades for cut in fade.post_process(time))
    return sorted(cut for cut in cut_frames if 0 < cut <= number)


def _with_still_ends(frames: Iterable[np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
    """Each frame with its number; WINDOW copies before the first and after the last give every
    frame neighbours.
    """
    last: tuple[int, np.ndarray] | None = None
    for last in enumerate(frames):
        yield from repeat(last, 1 if last[0] else 1 + WINDOW)
    if last is not None:
        yield from repeat(last, WINDOW)


def _record_levels(frames: Iterable[np.ndarray], levels: list[float]) -> Iterator[np.ndarray]:
    """Yield the frames unchanged, and append their means, of 255, to ``levels``."""
    for frame in frames:
        levels.append(float(frame[..., :3].mean()))
        yield frame
