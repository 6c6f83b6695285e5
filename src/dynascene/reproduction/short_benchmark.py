"""The field's metrics on short clips of plain moves, at sizes too small for ``evaluate``.

The networks' own samples are judged, as the camera gap judges them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.imagery import Folders
from dynascene.evaluation.clip_table import write_clip_table
from dynascene.evaluation.field_scores import GAP, FieldScores
from dynascene.evaluation.field_tables import FieldFigures, field_notes, field_summary, field_tables
from dynascene.evaluation.flicker import true_motion
from dynascene.evaluation.gap import CameraFollower, StillFollower
from dynascene.evaluation.metrics.choice import FieldMetrics
from dynascene.evaluation.motion_benchmark import opposite_clip
from dynascene.evaluation.protocol import Benchmark, EvaluationShot
from dynascene.evaluation.scores import NO_SCORE, REGIONS, Scores
from dynascene.evaluation.table_formats import markdown_page
from dynascene.imaging.pixels import bytes_from_tensor, tensor_from_bytes
from dynascene.imaging.tensor_metrics import clip_psnrs
from dynascene.jobs.result_folder import result_folder
from dynascene.models.sizes import ModelSize
from dynascene.synthetic.shots.moved_clips import moved_clips
from dynascene.synthetic.shots.moved_shots import MovedShots
from dynascene.synthetic.shots.short_shots import ShortShots

METRICS = "metrics.json"
CLIP_TABLE = "clips.parquet"
OUTPUTS = [METRICS, CLIP_TABLE, "table.md"]


@dataclass(frozen=True)
class MovedBenchmark:
    """The clips of the camera gap along their true tracks, as a benchmark.

    Attributes:
        split, clips, seed: of the shots.
        size: whose frames they have.
        folder: of imagery; None = as DYNASCENE_TRAINING_DATA says, else procedural pictures.
        inputs: names of further fields that clips have, see ``short_inputs``.
    """

    split: str
    clips: int
    size: ModelSize
    seed: int = 0
    folder: Folders = None
    inputs: frozenset[str] = frozenset()
    note: str = "The true camera is told, the scene picture's own too."
    _moved: MovedShots = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        size = self.size
        shots = ShortShots(
            self.split,
            size.resolution,
            size.frames,
            self.seed,
            folder=self.folder,
            inputs=self.inputs,
        )
        object.__setattr__(self, "_moved", MovedShots(shots))

    @property
    def name(self) -> str:
        pictures = self._moved.shots.library.photographic
        kind = "photographs" if pictures else "procedural pictures"
        return f"synthetic:{self.split} of {kind}, plain moves"

    def __len__(self) -> int:
        return self.clips

    def __getitem__(self, index: int) -> EvaluationShot:
        if not 0 <= index < self.clips:
            raise IndexError(index)
        shot = self._moved[index]
        moved = moved_clips([shot])
        name = f"{index:03d} {shot.move} {shot.shot.place}"
        return EvaluationShot(name, moved.clip, bytes_from_tensor(moved.truth[0]), shot.shot.place)


def judge_samples(
    systems: Sequence[CameraFollower],
    benchmark: Benchmark,
    metrics: FieldMetrics,
    seed: int,
    *,
    gap: bool = False,
) -> tuple[FieldScores, Scores]:
    """Every system on every clip; each clip has a noise of its own, the same for all systems.

    gap: also along the opposite track, for the camera gap against the clip's own video.
    """
    field_scores = FieldScores(metrics, further=(GAP,) if gap else ())
    scores = Scores(rows={s.name: {region: [] for region in REGIONS} for s in systems})
    for index in range(len(benchmark)):
        shot = benchmark[index]
        background = (shot.batch.matte[0, :, 0] == 0).numpy()
        frames: dict[str, np.ndarray] = {}
        gaps: dict[str, float] = {}
        for system in systems:
            with torch.no_grad():
                samples = system.frames(shot.batch, seed + index)
                if gap:
                    gaps[system.name] = opposite_gap(system, samples, shot, seed + index)
            frames[system.name] = bytes_from_tensor(samples[0])
            for region in REGIONS:
                scores.rows[system.name][region].append(NO_SCORE)
        scores.clips.append(shot.name)
        scores.places.append(shot.place)
        field_scores.add(shot, frames, {}, true_motion(shot.truth, background))
        field_scores.add_further(GAP, gaps)
    return field_scores, scores


def opposite_gap(system: CameraFollower, samples: Tensor, shot: EvaluationShot, seed: int) -> float:
    """How much better a clip is along its true track than along the opposite one, in decibels.

    Args:
        system: made the samples.
        samples: [1, F, 3, H, W] in 0 … 1, along the true track.
        shot: whose truth is the true track's.
        seed: of the samples' noise.
    """
    other = system.frames(opposite_clip(shot), seed)
    truth, judged = tensor_from_bytes(shot.truth)[None], (shot.batch.matte == 0).float()
    true, opposite = (clip_psnrs(frames, truth, judged) for frames in (samples, other))
    return float(true - opposite)


def run_short_benchmark(
    systems: Sequence[CameraFollower],
    benchmark: Benchmark,
    metrics: FieldMetrics,
    seed: int,
    out: Path,
    *,
    gap: bool = False,
) -> None:
    """``judge_samples``, with the still picture beside the systems, as a folder of results.

    Writes metrics.json, clips.parquet and table.md, as ``evaluate`` names them.
    """
    systems = [StillFollower(), *systems]
    field_scores, scores = judge_samples(systems, benchmark, metrics, seed, gap=gap)
    figures = FieldFigures(field_scores, scores.places)
    values = {
        "benchmark": benchmark.name,
        "clips": len(benchmark),
        "seed": seed,
        "weights": {s.name: dict(s.weights) for s in systems if s.weights},
        "sampling": {s.name: dict(s.sampling) for s in systems if s.sampling},
        "field": field_summary(figures),
        "outputs": OUTPUTS,
    }
    notes = [benchmark.note, *field_notes(figures)]
    page = markdown_page(field_tables(figures), f"Samples on {benchmark.name}", notes)
    with result_folder(out, OUTPUTS, listing=METRICS) as folder:
        (folder / METRICS).write_text(json.dumps(values, indent=1))
        write_clip_table(folder / CLIP_TABLE, scores, field_scores)
        (folder / "table.md").write_text(page, encoding="utf-8")
