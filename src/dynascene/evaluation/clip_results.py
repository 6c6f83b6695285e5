"""All that is measured of one clip, and how it is measured: clips do not know of each other.

F frames, H W pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dynascene.datasets.tasks.matte_errors import MatteError
from dynascene.evaluation.camera_error import CameraError, clip_camera_errors
from dynascene.evaluation.comparison_videos import side_by_side_video
from dynascene.evaluation.distribution import CellSums
from dynascene.evaluation.external import ExternalVideos
from dynascene.evaluation.features import Features
from dynascene.evaluation.field_scores import Measured, measure_shot
from dynascene.evaluation.judging import Judge, check_frames_of
from dynascene.evaluation.matte_robustness import faulty_inputs, faulty_row, reads_mattes
from dynascene.evaluation.metrics.choice import FieldMetrics
from dynascene.evaluation.obedience import PanFlow, pan_flows
from dynascene.evaluation.protocol import Benchmark, EvaluatedSystem, EvaluationShot
from dynascene.evaluation.scores import TRUTH, Score
from dynascene.evaluation.sheet import clip_sheet
from dynascene.evaluation.windows import borders_of


@dataclass(frozen=True)
class ClipTask:
    """What is measured of every clip.

    Attributes:
        systems: in the order of the rows.
        seed: of the first clip's noise; each further one has the next.
        features: describe cells for the distribution.
        metrics: the field's; None: they are not measured.
        obedience, cameras: of so many first clips.
        matte_errors: faults of mattes that systems are told as well.
        sheets, videos: numbers of the clips that have a contact sheet, and a video.
    """

    systems: Sequence[EvaluatedSystem]
    seed: int
    features: Features
    metrics: FieldMetrics | None = None
    obedience: int = 0
    cameras: int = 0
    matte_errors: Sequence[MatteError] = ()
    sheets: Sequence[int] = ()
    videos: Sequence[int] = ()


@dataclass(frozen=True)
class ClipResult:
    """What was measured of one clip.

    Attributes:
        name, place: of the clip. has_person: whether somebody stands in it.
        scores: by row and region.
        cells: sums of descriptors, likewise; those of the truth under ``TRUTH``.
        measured: the field's metrics, by row and view; the truth's samples under ``TRUTH``.
        flows: of opposite pans, by row; empty where they were not measured.
        cameras: errors of the tracked camera, by row; empty likewise.
        sheet: uint8 [H, W, 3]; None: not of this clip.
        external: sha256 of the clip's video made elsewhere, by the system's name.
        video: an MP4 of all rows side by side, uint8; None: not of this clip.
    """

    name: str
    place: str
    has_person: bool
    scores: Mapping[str, Mapping[str, Score]]
    cells: Mapping[str, Mapping[str, CellSums]]
    measured: Mapping[str, Mapping[str, Measured]] = field(default_factory=dict)
    flows: Mapping[str, PanFlow] = field(default_factory=dict)
    cameras: Mapping[str, CameraError] = field(default_factory=dict)
    sheet: np.ndarray | None = None
    external: Mapping[str, str] = field(default_factory=dict)
    video: np.ndarray | None = None


def judge_clip(task: ClipTask, benchmark: Benchmark, index: int) -> ClipResult:
    """Every system on one shot.

    Args:
        task: what is measured.
        benchmark: of the shot.
        index: of the shot.

    Raises:
        InputError: a system's frames are not as many or as large as the shot's, or hold NaN, or a
            network's figure is NaN.
    """
    shot, seed = benchmark[index], task.seed + index
    frames, borders = _rendered(task, shot, seed)
    judge = Judge(shot, task.features)
    judged = {row: judge.judged(each) for row, each in frames.items()}
    scores = {row: judge.scores(each) for row, each in judged.items()}
    cells = {row: judge.cells(each) for row, each in judged.items()}
    measured = None
    if task.metrics is not None:
        measured = measure_shot(task.metrics, shot, frames, borders, judge.motion)
    movable = [s for s in task.systems if not isinstance(s, ExternalVideos)]
    psnrs = {row: regions["whole"].psnr for row, regions in scores.items()}
    return ClipResult(
        name=shot.name,
        place=shot.place,
        has_person=measured is not None and measured.has_person,
        scores=scores,
        cells={TRUTH: judge.true_cells(), **cells},
        measured={} if measured is None else measured.rows,
        flows=pan_flows(movable, shot, seed) if index < task.obedience else {},
        cameras=clip_camera_errors(shot, frames) if index < task.cameras else {},
        sheet=clip_sheet(shot, frames, psnrs) if index in task.sheets else None,
        external=external_checksums(task, shot.name),
        video=_video(shot, frames) if index in task.videos else None,
    )


def external_checksums(task: ClipTask, clip: str) -> dict[str, str]:
    """The sha256 of a clip's videos made elsewhere, by the systems' names."""
    return {s.name: s.checksum(clip) for s in task.systems if isinstance(s, ExternalVideos)}


def _video(shot: EvaluationShot, frames: Mapping[str, np.ndarray]) -> np.ndarray:
    clips = {f"truth, {shot.name}": shot.truth, **frames}
    return np.frombuffer(side_by_side_video(clips), np.uint8)


def _rendered(
    task: ClipTask, shot: EvaluationShot, seed: int
) -> tuple[dict[str, np.ndarray], dict[str, list[int]]]:
    """Frames by row, and the borders of their windows."""
    frames: dict[str, np.ndarray] = {}
    borders: dict[str, list[int]] = {}
    for system in task.systems:
        rows = system.render(shot.inputs, seed)
        rows |= _with_faulty_mattes(task, system, shot, seed, rows)
        frames |= rows
        borders |= dict.fromkeys(rows, borders_of(system, len(shot.truth)))
    for row, each in frames.items():
        check_frames_of(f"clip {shot.name}, {row}", each, shot.truth)
    return frames, borders


def _with_faulty_mattes(
    task: ClipTask,
    system: EvaluatedSystem,
    shot: EvaluationShot,
    seed: int,
    rows: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """The rows again, told faulty mattes; the same frames where nobody is in the shot."""
    made: dict[str, np.ndarray] = {}
    for kind in task.matte_errors if reads_mattes(system) else ():
        inputs = faulty_inputs(shot, kind, seed)
        again = rows if inputs is None else system.render(inputs, seed)
        made |= {faulty_row(row, kind): frames for row, frames in again.items()}
    return made
