"""One evaluation, from names to a folder of results."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from dynascene.datasets.imagery import Folders
from dynascene.errors import InputError
from dynascene.evaluation.benchmark_manifest import (
    MANIFEST,
    BenchmarkManifest,
    ManifestedBenchmark,
    manifest_of,
    open_manifested,
)
from dynascene.evaluation.benchmarks import FRAMES, SyntheticBenchmark, open_benchmark
from dynascene.evaluation.camera_error import CameraErrors
from dynascene.evaluation.clip_table import write_clip_table
from dynascene.evaluation.external import ExternalVideos
from dynascene.evaluation.feature_networks import open_features
from dynascene.evaluation.features import Features
from dynascene.evaluation.field_scores import FieldScores
from dynascene.evaluation.field_tables import (
    FieldFigures,
    field_notes,
    field_summary,
    field_tables,
)
from dynascene.evaluation.figures import Figures
from dynascene.evaluation.filmed_benchmark import FilmedBenchmark
from dynascene.evaluation.judging import evaluate
from dynascene.evaluation.metrics.choice import choose_metrics
from dynascene.evaluation.obedience import PanFlow, measure_obedience
from dynascene.evaluation.protocol import Benchmark, EvaluatedSystem, EvaluationShot
from dynascene.evaluation.scores import Scores
from dynascene.evaluation.sheet import MOST_CLIPS, EvaluationSheet
from dynascene.evaluation.systems import STILL, SamplingSettings, Still
from dynascene.evaluation.table import Table, summary, tables
from dynascene.evaluation.table_formats import PAGES
from dynascene.imaging.sheet import spread_frames
from dynascene.io.images import write_png
from dynascene.jobs.log import Log
from dynascene.jobs.result_folder import result_folder
from dynascene.types import Size

METRICS = "metrics.json"
CLIP_TABLE = "clips.parquet"
OUTPUTS = [METRICS, MANIFEST, CLIP_TABLE, *PAGES, "sheet.png"]


@dataclass(frozen=True)
class EvaluationRequest:
    """What is to be evaluated.

    systems: in the order of the rows, after the still picture, which always takes part. data,
    imagery: as ``open_benchmark`` takes them. clips, frames: of the benchmark. obedience: shots
    that are panned both ways; None = as many as clips, 0 = none. cameras: clips in whose frames
    the camera is looked for. features: TorchScript file of a
    network that describes pictures; None = without weights. sampling: as the systems have it, for
    the report. metrics: names of the field's metrics; None = all whose weights are there.
    metric_weights: folder of published weights; None = in the cache. size: of the frames; None =
    256×144. seconds: that the frames of a filmed clip span; None = neighbours. manifest: of the
    clips, which decides all that they depend on; None = the first ones of ``data``.
    """

    systems: Sequence[EvaluatedSystem]
    data: str
    clips: int = 32
    frames: int = FRAMES
    seed: int = 0
    obedience: int | None = None
    imagery: Folders = None
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    features: Path | None = None
    cameras: int = 0
    metrics: Sequence[str] | None = None
    metric_weights: Path | None = None
    size: Size | None = None
    seconds: float | None = None
    manifest: BenchmarkManifest | None = None

    def __post_init__(self) -> None:
        if self.obedience is not None and not 0 <= self.obedience <= self.clips:
            raise InputError(f"`obedience` {self.obedience}: must be between 0 and `clips`")
        if not 0 <= self.cameras <= self.clips:
            raise InputError(f"`cameras` {self.cameras}: must be between 0 and `clips`")
        if self.seed < 0:
            raise InputError(f"`seed` {self.seed}: must not be negative")


def run(request: EvaluationRequest, out: Path, log: Log) -> list[Table]:
    """Carry out an evaluation; ``out`` is complete afterwards, or untouched if this raises.

    Writes metrics.json, benchmark.json, clips.parquet, sheet.png, and the tables, which it returns,
    as Markdown, LaTeX and HTML.
    """
    with log.stage("open"):
        benchmark = open_clips(request)
        systems = _with_still(request.systems)
        features = open_features(request.features, benchmark)
        field_scores = FieldScores(choose_metrics(request.metrics, request.metric_weights))
    errors = CameraErrors(request.cameras)
    with result_folder(out, OUTPUTS, listing=METRICS) as folder:
        sheet = folder / "sheet.png"
        scores = _scores(systems, benchmark, features, request, log, sheet, errors, field_scores)
        flows = _flows(systems, benchmark, request, log)
        with log.stage("intervals"):
            figures, field_figures = Figures(scores), FieldFigures(field_scores, scores.places)
            made = field_tables(field_figures) + tables(figures, flows) + errors.table()
            values = summary(figures, flows) | {"cameras": errors.summary()}
            values |= {"field": field_summary(field_figures)}
        values = _provenance(request, benchmark, systems, features) | values
        values |= {"stages": log.stages, "outputs": OUTPUTS}
        (folder / METRICS).write_text(json.dumps(values, indent=1))
        manifest = manifest_of(benchmark, scores.clips, request.seed)
        (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
        write_clip_table(folder / CLIP_TABLE, scores, field_scores)
        notes = _notes(request, systems, features, benchmark, len(set(scores.places)))
        notes += field_notes(field_figures)
        for name, page in PAGES.items():
            text = page(made, f"Evaluation on {benchmark.name}", notes)
            (folder / name).write_text(text, encoding="utf-8")
    return made


def open_clips(
    request: EvaluationRequest,
) -> SyntheticBenchmark | FilmedBenchmark | ManifestedBenchmark:
    """The benchmark that a request names.

    Raises:
        InputError: as ``open_benchmark`` and ``open_manifested``.
    """
    if request.manifest is not None:
        return open_manifested(request.manifest, request.data, request.imagery)
    return open_benchmark(
        request.data,
        request.clips,
        request.seed,
        request.frames,
        request.imagery,
        request.size,
        request.seconds,
    )


def _with_still(systems: Sequence[EvaluatedSystem]) -> list[EvaluatedSystem]:
    """The still picture before all others. Raises InputError where two would share their rows."""
    whole = [Still(), *(system for system in systems if system.name != STILL)]
    if len({system.name for system in whole}) < len(whole):
        raise InputError(
            "two systems have the same name: rename one folder or `external`, it heads its rows"
        )
    return whole


def _scores(
    systems: Sequence[EvaluatedSystem],
    benchmark: Benchmark,
    features: Features,
    request: EvaluationRequest,
    log: Log,
    sheet: Path,
    errors: CameraErrors,
    field_scores: FieldScores,
) -> Scores:
    collector = EvaluationSheet(spread_frames(len(benchmark), min(MOST_CLIPS, len(benchmark))))
    with log.stage("clips", len(benchmark)) as step:

        def on_clip(
            index: int, shot: EvaluationShot, rendered: Mapping[str, np.ndarray], so_far: Scores
        ) -> None:
            collector.add(index, shot, rendered, so_far)
            errors.add(shot, rendered)
            step()

        scores = evaluate(systems, benchmark, request.seed, features, on_clip, field_scores)
    write_png(sheet, collector.image())
    return scores


def _flows(
    systems: Sequence[EvaluatedSystem], benchmark: Benchmark, request: EvaluationRequest, log: Log
) -> dict[str, list[PanFlow]]:
    systems = [system for system in systems if not isinstance(system, ExternalVideos)]
    asked = len(benchmark) if request.obedience is None else request.obedience
    shots = min(asked, len(benchmark))  # a folder may hold fewer clips than were asked for
    if not shots:
        return {}
    with log.stage("pans", shots) as step:
        return measure_obedience(systems, benchmark, shots, request.seed, step)


def _provenance(
    request: EvaluationRequest,
    benchmark: Benchmark,
    systems: Sequence[EvaluatedSystem],
    features: Features,
) -> dict[str, Any]:
    return {
        "benchmark": benchmark.name,
        "request": {
            **{f.name: getattr(request, f.name) for f in fields(request)},
            "systems": [system.name for system in request.systems],
            "sampling": asdict(request.sampling),
            "imagery": None,
            "features": None,
            "metric_weights": None,
            "manifest": None,
        },  # paths mean nothing elsewhere
        "sampling": {system.name: dict(system.sampling) for system in systems if system.sampling},
        "weights": {system.name: dict(system.weights) for system in systems if system.weights},
        "features": {"name": features.name, "weights": dict(features.weights)},
        "versions": {name: version(name) for name in ("dynascene", "torch", "diffusers", "numpy")}
        | {"python": platform.python_version()},
    }


def _notes(
    request: EvaluationRequest,
    systems: Sequence[EvaluatedSystem],
    features: Features,
    benchmark: Benchmark,
    places: int,
) -> list[str]:
    sampled = [
        f"{system.name}: {', '.join(f'{name} {n:g}' for name, n in system.sampling.items())}."
        for system in systems
        if system.sampling
    ]
    return [
        f"{len(benchmark)} clips of {request.frames} frames in {places} places, seed "
        f"{request.seed}. Figures with 95 % bootstrap intervals, which draw places; differences "
        "are paired; background only (matte = 0); uint8, data range 255. " + " ".join(sampled),
        f"Features: {features.name}.",
        benchmark.note,
    ]
