"""Does the picture move, and does what lies behind the person?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dynascene.curation.clip import Clip
from dynascene.curation.faults import rejected_by
from dynascene.curation.stages.sampling import frames_every
from dynascene.curation.stages.similarity import compare, free_windows
from dynascene.errors import InputError
from dynascene.imaging.colour import luma
from dynascene.io.video import open_video

BINS = 2000  # of similarities: a clip may have more windows than fit into memory
BOXES = "boxes"  # the file of the person stage: a JSON list of [frame, left, top, right, bottom]


@dataclass(frozen=True)
class MotionConfig:
    """most, background: the similarity of the whole picture, and of what lies off the person, from
    which on a clip is dropped.

    rate, stride: frames a second that are looked at, and how many of them lie between two that are
    compared. side: pixels of the longer side of the pictures that are compared; the similarity
    depends on it. margin: by which a person's box grows, as a share of its sides. contrast: grey
    levels, of 255, that a window of the background needs: snow and clear sky look the same however
    they move. visible: share of the picture that such windows make up, at least, for the
    background to be judged.
    """

    most: float = 0.8
    background: float = 0.8
    rate: float = 8.0
    stride: int = 4
    side: int = 384
    margin: float = 0.05
    contrast: float = 5.0
    visible: float = 0.02


class Similarities(NamedTuple):
    """Over all pairs of frames. whole: the mean of the whole picture (S in the paper). background:
    lower quartile of SSIM over textured background windows; None if there are none. A quartile and
    no mean, since a box never holds all of a person, and crowds and leaves move before a static
    camera too. visible: the share of the picture that such windows make up."""

    whole: float
    background: float | None
    visible: float


@dataclass(frozen=True)
class MotionStage:
    """Drops clips whose picture hardly changes, or changes only where the person is.

    The second is not in the paper, whose measure a dancer before a static camera passes. Without
    the file ``boxes`` nobody was looked for, and the background is the whole picture. Where too
    little of it is seen to be judged, the value ``background`` is None and the clip stays: the
    camera stage will tell.

    Codes: too-short, little-motion, static-background, damaged.
    Values: similarity (S), background, visible.
    """

    config: MotionConfig = MotionConfig()
    name = "motion"
    version = 2
    processors = 1.0
    accelerators = 0.0

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        boxes = np.zeros((0, 5))
        if BOXES in clip.files:
            listed = json.loads((folder / clip.files[BOXES]).read_text(encoding="utf-8"))
            boxes = np.array(listed, float).reshape(-1, 5)
        try:
            similarities = measure_motion(clip, boxes, self.config)
        except InputError as error:
            return [rejected_by(clip, self.name, "damaged", error)]
        if similarities is None:
            reason = "too short for two frames to be compared"
            return [clip.rejected(self.name, "too-short", reason, clip.stop - clip.start)]
        return [self._judge(clip, similarities)]

    def _judge(self, clip: Clip, similarities: Similarities) -> Clip:
        most, whole = self.config, similarities.whole
        background = similarities.background if similarities.visible >= most.visible else None
        clip = clip.with_values(
            self.name, similarity=whole, background=background, visible=similarities.visible
        )
        if whole >= most.most:
            reason = f"hardly moves: similarity {whole:.3f}, not below {most.most:g}"
            return clip.rejected(self.name, "little-motion", reason, whole)
        if background is not None and background >= most.background:
            reason = f"only the person moves: background {background:.3f}, not below "
            reason += f"{most.background:g}"
            return clip.rejected(self.name, "static-background", reason, background)
        return clip


def measure_motion(clip: Clip, boxes: np.ndarray, config: MotionConfig) -> Similarities | None:
    """Compare frames of a clip; None where it has fewer than two to compare.

    Args:
        clip: a stretch of a video.
        boxes: [N, 5], frame of the video, left, top, right, bottom in its pixels, by frame.
        config: rate, size and margins.

    Raises:
        InputError: the video cannot be read.
    """
    video = open_video(clip.video)
    # S = mean of SSIM(I_i, I_{i+4}), i = 0, 4, 8 … (Eq. 3, averaged): the rest is never looked at
    numbers = frames_every(video, clip.start, clip.stop, config.stride / config.rate)
    small = video.shrunk(config.side)
    scale = np.array([*small.size, *small.size]) / [*video.size, *video.size]
    grown = _enlarge(boxes, config.margin)
    grown[:, 1:] *= scale
    whole: list[float] = []
    background = np.zeros(BINS, int)
    pictures = zip(numbers, map(luma, small.pick(numbers)), strict=True)
    for (first, one), (second, other) in pairwise(pictures):
        similarity, contrast = compare(one, other)
        free = free_windows(_boxes_about(grown, first, second), *one.shape)
        whole.append(float(similarity.mean()))
        seen = similarity[free & (contrast >= config.contrast)]
        background += np.histogram(seen.clip(-1, 1), BINS, (-1, 1))[0]
    if not whole:
        return None
    visible = float(background.sum() / len(whole) / similarity.size)
    return Similarities(float(np.mean(whole)), _lower_quartile(background), visible)


def _lower_quartile(counts: np.ndarray) -> float | None:
    """What three quarters of similarities are not below. counts: [BINS], from −1 to 1."""
    total = int(counts.sum())
    first = int(np.searchsorted(counts.cumsum(), total / 4))
    return round((2 * first + 1) / BINS - 1, 4) if total else None


def _enlarge(boxes: np.ndarray, margin: float) -> np.ndarray:
    """Boxes [N, 5] larger by a share of their sides on each side."""
    margins = margin * (boxes[:, 3:] - boxes[:, 1:3])
    return boxes + np.concatenate([np.zeros((len(boxes), 1)), -margins, margins], axis=1)


def _boxes_about(boxes: np.ndarray, first: int, second: int) -> np.ndarray:
    """The boxes [N, 4] of the frames from ``first`` to ``second``, and of the nearest on either
    side of them: the person was in between."""
    frames = np.unique(boxes[:, 0])
    if not len(frames):
        return boxes[:, 1:]
    low = max(0, int(np.searchsorted(frames, first, side="right")) - 1)
    high = min(len(frames) - 1, int(np.searchsorted(frames, second)))
    return boxes[(boxes[:, 0] >= frames[low]) & (boxes[:, 0] <= frames[high]), 1:]
