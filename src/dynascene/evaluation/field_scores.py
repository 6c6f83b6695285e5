"""The field's metrics of every row, of the background alone and of full frames.

F frames, N samples, C channels, H W pixels.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from dynascene.errors import InputError
from dynascene.evaluation.flicker import Motion
from dynascene.evaluation.metrics.choice import FieldMetrics
from dynascene.evaluation.metrics.measures import ClipMetric, JudgedClip, SetMetric
from dynascene.evaluation.metrics.seams import seam_ratio
from dynascene.evaluation.protocol import EvaluationShot
from dynascene.evaluation.scores import TRUTH
from dynascene.imaging.clip_metrics import ClipSimilarity
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.types import Batch

BACKGROUND, FULL_FRAME = "background", "full frame"
VIEWS = (BACKGROUND, FULL_FRAME)
GAP = ClipMetric("gap", "camera gap, dB", 2, "higher", lambda _: math.nan)
SEAMS = ClipMetric("seams", "jump at window borders", 2, "lower", lambda _: math.nan)

Key = tuple[str, str, str]  # view, metric, row


@dataclass
class FieldScores:
    """One entry per clip, in the benchmark's order.

    Attributes:
        metrics: what is measured.
        values: numbers of clips; NaN where a clip has none.
        samples: what networks say of clips, [N, C] each, the truth's under ``TRUTH``; None of clips
            that are too short.
        rows: of the tables.
        has_people: whether a clip had a person: without one, both views are the same.
        further: metrics of the background that somebody else adds to ``values``.
    """

    metrics: FieldMetrics = field(default_factory=FieldMetrics)
    values: dict[Key, list[float]] = field(default_factory=dict)
    samples: dict[Key, list[np.ndarray | None]] = field(default_factory=dict)
    rows: list[str] = field(default_factory=list)
    has_people: bool = False
    further: tuple[ClipMetric, ...] = ()

    def add(
        self,
        shot: EvaluationShot,
        frames_by_row: Mapping[str, np.ndarray],
        borders_by_row: Mapping[str, Sequence[int]],
        motion: Motion,
    ) -> None:
        """Measure every row of a shot.

        Args:
            shot: of which the rows were made.
            frames_by_row: uint8 [F, H, W, 3], as they were made.
            borders_by_row: frames at which windows begin or end.
            motion: of the truth.

        Raises:
            InputError: a network's figure is NaN; it names clip, row and metric.
        """
        measured = measure_shot(self.metrics, shot, frames_by_row, borders_by_row, motion)
        self.keep(measured)

    def keep(self, shot: "MeasuredShot") -> None:
        """Take the figures of a shot."""
        self.has_people |= shot.has_person
        for row, views in shot.rows.items():
            if row != TRUTH and row not in self.rows:
                self.rows.append(row)
            for view, (values, samples) in views.items():
                for name, value in values.items():
                    self.values.setdefault((view, name, row), []).append(value)
                for name, described in samples.items():
                    self.samples.setdefault((view, name, row), []).append(described)

    def add_further(self, metric: ClipMetric, values_by_row: Mapping[str, float]) -> None:
        """Add a figure of ``further`` for every row of the shot that was added last."""
        for row, value in values_by_row.items():
            self.values.setdefault((BACKGROUND, metric.name, row), []).append(value)


class Measured(NamedTuple):
    """A view of a clip: numbers and samples by metric."""

    values: dict[str, float]
    samples: dict[str, np.ndarray | None]


class MeasuredShot(NamedTuple):
    """A shot's figures by row and view, the truth's samples under ``TRUTH``."""

    rows: Mapping[str, Mapping[str, Measured]]
    has_person: bool


def measure_shot(
    metrics: FieldMetrics,
    shot: EvaluationShot,
    frames_by_row: Mapping[str, np.ndarray],
    borders_by_row: Mapping[str, Sequence[int]],
    motion: Motion,
) -> MeasuredShot:
    """Measure every row of a shot; arguments and errors as ``FieldScores.add``."""
    views = ShotViews(shot)
    truth_alone = replace(metrics, clips=())
    rows = {TRUTH: _measured_views(truth_alone, views, shot.truth, TRUTH)}
    for row, frames in frames_by_row.items():
        rows[row] = _measured_views(metrics, views, frames, row)
        seams = seam_ratio(frames, motion, views.region, borders_by_row.get(row, ()))
        rows[row][BACKGROUND].values[SEAMS.name] = seams
    return MeasuredShot(rows, views.has_person)


class ShotViews:
    """A shot's truth, alone and with the person over it, made once for all systems.

    Args:
        shot: gives truth and person.
    """

    def __init__(self, shot: EvaluationShot) -> None:
        self.shot, batch = shot, shot.batch
        self.region = (batch.matte[0, :, 0] == 0).numpy()
        self._person = bytes_from_tensor(batch.foreground[0] / 2 + 0.5)
        self._matte = bytes_from_tensor(batch.matte[0].expand(-1, 3, -1, -1))[..., 0]
        self._scene = bytes_from_tensor(batch.scene_image / 2 + 0.5)

    @cached_property
    def has_person(self) -> bool:
        return bool(self._matte.any())

    def judged(self, view: str, frames: np.ndarray) -> JudgedClip:
        """A background beside the truth.

        Args:
            view: one of ``VIEWS``. In ``BACKGROUND`` the truth is put behind the person; in full
                frames what was made shows through a soft edge.
            frames: uint8 [F, H, W, 3], as they were made.
        """
        if view == BACKGROUND:
            shown = np.where(self.region[..., None], frames, self.shot.truth)
            truth, region = self._background, self.region
        else:
            shown, truth = over_background(self.shot.batch, frames), self._full_frame
            region = np.ones_like(self.region)
        return JudgedClip(shown, truth, region, self._scene, self._person, self._matte)

    @cached_property
    def _background(self) -> ClipSimilarity:
        return ClipSimilarity(self.shot.truth)

    @cached_property
    def _full_frame(self) -> ClipSimilarity:
        return ClipSimilarity(over_background(self.shot.batch, self.shot.truth))


def over_background(batch: Batch, frames: np.ndarray) -> np.ndarray:
    """A clip's person over a background, mixed as the clip's own pixels are.

    Args:
        batch: one clip.
        frames: uint8 [F, H, W, 3].

    Returns:
        uint8 [F, H, W, 3]: m·P + (1 − m)·B, m the matte.
    """
    matte = batch.matte[0].permute(0, 2, 3, 1).numpy()
    person = batch.foreground[0].permute(0, 2, 3, 1).numpy()  # −1 … 1, times the matte
    mixed = 127.5 * (person + matte) + (1 - matte) * frames
    return np.rint(mixed).clip(0, 255).astype(np.uint8)


def _measured_views(
    metrics: FieldMetrics, views: ShotViews, frames: np.ndarray, row: str
) -> dict[str, Measured]:
    measured: dict[str, Measured] = {}
    for view in VIEWS:
        if view == FULL_FRAME and not views.has_person:
            values, samples = measured[BACKGROUND]
            measured[view] = Measured(dict(values), samples)
            continue
        clip = views.judged(view, frames)
        place = f"{views.shot.name}, {row}"
        measured[view] = Measured(
            {metric.name: _measured(metric, clip, place) for metric in metrics.clips},
            {metric.name: _described(metric, clip.frames) for metric in metrics.sets},
        )
    return measured


def _described(metric: SetMetric, frames: np.ndarray) -> np.ndarray | None:
    return metric.describe(frames) if len(frames) >= metric.least_frames else None


def _measured(metric: ClipMetric, clip: JudgedClip, place: str) -> float:
    value = metric.measure(clip)
    if metric.weights and math.isnan(value):
        raise InputError(f"clip {place}: {metric.title} is NaN; are its weights whole?")
    return value
