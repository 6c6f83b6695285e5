"""The motion stage (Eq. 3): does the picture move, and does the background?"""

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
    """Settings of the motion stage.

    Attributes:
        most: similarity of the whole picture from which on a clip is dropped.
        background: similarity of the background from which on a clip is dropped.
        rate: frames a second that are sampled.
        stride: two compared frames are this many samples apart.
        side: pixels of the longer side of the compared pictures; the similarity depends on it.
        margin: a person's box grows by this share of its sides.
        contrast: standard deviation, in grey levels of 255, that a background window needs. Snow or
            clear sky looks the same however the camera moves.
        visible: share of the picture that such windows must cover, or the background is not judged.
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
    """Similarities over all compared pairs of frames, as SSIM: −1 … 1, and 1 where nothing moves.

    Attributes:
        whole: mean over the whole picture (S in the paper).
        background: lower quartile over the textured windows outside the person's box; None where
            there are no such windows. A quartile is more robust than the mean here: parts of the
            person lie outside the box, and crowds and leaves move before a static camera.
        visible: share of the picture, 0 … 1, that such windows cover.
    """

    whole: float
    background: float | None
    visible: float


@dataclass(frozen=True)
class MotionStage:
    """Drops clips whose picture hardly changes, or changes only where the person is.

    The second test is ours: a dancer before a static camera passes the paper's measure. Without the
    file ``boxes`` the whole picture counts as background. Where too little background is visible,
    the value ``background`` is None and the clip is kept; the camera stage judges it later.

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
        config, whole = self.config, similarities.whole
        background = similarities.background if similarities.visible >= config.visible else None
        clip = clip.with_values(
            self.name, similarity=whole, background=background, visible=similarities.visible
        )
        if whole >= config.most:
            reason = f"hardly moves: similarity {whole:.3f}, not below {config.most:g}"
            return clip.rejected(self.name, "little-motion", reason, whole)
        if background is not None and background >= config.background:
            reason = f"only the person moves: background {background:.3f}, not below "
            reason += f"{config.background:g}"
            return clip.rejected(self.name, "static-background", reason, background)
        return clip


def measure_motion(clip: Clip, boxes: np.ndarray, config: MotionConfig) -> Similarities | None:
    """Compare the frames of a clip.

    Args:
        clip: a stretch of a video.
        boxes: [N, 5], sorted: frame of the video, then left, top, right, bottom in its pixels.
        config: rate, size and margins.

    Returns:
        The similarities; None where the clip has fewer than two frames to compare.

    Raises:
        InputError: the video cannot be read.
    """
    video = open_video(clip.video)
    # S = mean of SSIM(I_i, I_{i+4}), i = 0, 4, 8 … (Eq. 3, averaged); other frames are not read
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
    """The lower quartile of a histogram of similarities. counts: [BINS], from −1 to 1."""
    total = int(counts.sum())
    first = int(np.searchsorted(counts.cumsum(), total / 4))
    return round((2 * first + 1) / BINS - 1, 4) if total else None


def _enlarge(boxes: np.ndarray, margin: float) -> np.ndarray:
    """Boxes [N, 5], grown by a share of their width and height on each side."""
    margins = margin * (boxes[:, 3:] - boxes[:, 1:3])
    return boxes + np.concatenate([np.zeros((len(boxes), 1)), -margins, margins], axis=1)


def _boxes_about(boxes: np.ndarray, first: int, second: int) -> np.ndarray:
    """The boxes [N, 4] of the frames ``first`` … ``second``, and the nearest one on each side."""
    frames = np.unique(boxes[:, 0])
    if not len(frames):
        return boxes[:, 1:]
    low = max(0, int(np.searchsorted(frames, first, side="right")) - 1)
    high = min(len(frames) - 1, int(np.searchsorted(frames, second)))
    return boxes[(boxes[:, 0] >= frames[low]) & (boxes[:, 0] <= frames[high]), 1:]
