"""The results of all clips, put together in the benchmark's order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from dynascene.evaluation.ablations import Shuffled
from dynascene.evaluation.camera_error import CameraErrors
from dynascene.evaluation.clip_results import ClipResult, ClipTask, judge_clip
from dynascene.evaluation.field_scores import FieldScores, MeasuredShot
from dynascene.evaluation.matte_robustness import faulty_row
from dynascene.evaluation.metrics.choice import FieldMetrics
from dynascene.evaluation.obedience import PanFlow
from dynascene.evaluation.protocol import Benchmark
from dynascene.evaluation.scores import Scores


@dataclass
class Measurements:
    """What tables are made of.

    Attributes:
        scores: of regions. field_scores: the field's metrics. cameras: errors of tracked cameras.
        flows: of opposite pans, by row.
        sheets: contact sheets, uint8 [H, W, 3] each. videos: MP4s by the clip's name.
    """

    scores: Scores
    field_scores: FieldScores
    cameras: CameraErrors
    flows: dict[str, list[PanFlow]] = field(default_factory=dict)
    sheets: list[np.ndarray] = field(default_factory=list)
    videos: dict[str, bytes] = field(default_factory=dict)

    def add(self, result: ClipResult) -> None:
        """Take the next clip."""
        self.scores.clips.append(result.name)
        self.scores.places.append(result.place)
        for row, scores in result.scores.items():
            self.scores.add(row, scores)
        for row, cells in result.cells.items():
            self.scores.add_cells(row, cells)
        self.field_scores.keep(MeasuredShot(result.measured, result.has_person))
        self.cameras.keep(result.place, result.cameras)
        for row, flow in result.flows.items():
            self.flows.setdefault(row, []).append(flow)
        if result.sheet is not None:
            self.sheets.append(result.sheet)
        if result.video is not None:
            self.videos[result.name] = result.video.tobytes()


def collect(task: ClipTask, results: Iterable[ClipResult]) -> Measurements:
    """All results, in the order in which they come."""
    controls = {s.system.name: s.name for s in task.systems if isinstance(s, Shuffled)}
    measurements = Measurements(
        Scores(controls=controls),
        FieldScores(task.metrics or FieldMetrics((), ())),
        CameraErrors(task.cameras),
    )
    for result in results:
        measurements.add(result)
    rows = measurements.scores.rows
    names = {faulty_row(row, kind): row for row in rows for kind in task.matte_errors}
    measurements.scores.faulty = {row: names[row] for row in rows if row in names}
    return measurements


def evaluate(task: ClipTask, benchmark: Benchmark) -> Measurements:
    """Every clip, one after the other; errors as ``judge_clip``."""
    return collect(task, (judge_clip(task, benchmark, k) for k in range(len(benchmark))))
