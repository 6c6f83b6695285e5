"""One evaluation, from names to a folder of results."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Any

from dynascene.evaluation.benchmark_manifest import MANIFEST, manifest_of
from dynascene.evaluation.clip_table import write_clip_table
from dynascene.evaluation.clip_work import Work, judged_clips
from dynascene.evaluation.external import clip_file_name
from dynascene.evaluation.field_tables import (
    FieldFigures,
    field_notes,
    field_summary,
    field_tables,
)
from dynascene.evaluation.figures import Figures
from dynascene.evaluation.measurements import Measurements, collect
from dynascene.evaluation.opening import open_work, package_versions
from dynascene.evaluation.request import EvaluationRequest
from dynascene.evaluation.table import Table, summary, tables
from dynascene.evaluation.table_formats import PAGES
from dynascene.imaging.sheet import stack_sheets
from dynascene.io.images import write_png
from dynascene.jobs.log import Log
from dynascene.jobs.result_folder import result_folder

METRICS = "metrics.json"
CLIP_TABLE = "clips.parquet"
VIDEOS = "videos"
OUTPUTS = [METRICS, MANIFEST, CLIP_TABLE, *PAGES, "sheet.png", VIDEOS]


def run(request: EvaluationRequest, out: Path, log: Log) -> list[Table]:
    """Carry out an evaluation; ``out`` is complete afterwards, or untouched if this raises.

    Writes metrics.json, benchmark.json, clips.parquet, sheet.png, videos/ where wanted, and
    the tables, which it returns, as Markdown, LaTeX and HTML. Finished clips of a run that was
    stopped lie in a hidden folder beside ``out`` until it is complete, and are not judged again.
    """
    with log.stage("open"):
        work = open_work(request, out)
    with result_folder(out, OUTPUTS, listing=METRICS) as folder:
        measured = _measure(work, request, out, log)
        scores, flows, errors = measured.scores, measured.flows, measured.cameras
        write_png(folder / "sheet.png", stack_sheets(measured.sheets))
        _write_videos(folder, measured.videos)
        with log.stage("intervals"):
            figures = Figures(scores)
            field_figures = FieldFigures(measured.field_scores, scores.places)
            made = field_tables(field_figures) + tables(figures, flows) + errors.table()
            values = summary(figures, flows) | {"cameras": errors.summary()}
            values |= {"field": field_summary(field_figures)}
        values = _provenance(request, work) | values
        outputs = OUTPUTS if measured.videos else [name for name in OUTPUTS if name != VIDEOS]
        values |= {"stages": log.stages, "outputs": outputs}
        (folder / METRICS).write_text(json.dumps(values, indent=1))
        manifest = manifest_of(work.benchmark, scores.clips, request.seed)
        (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
        write_clip_table(folder / CLIP_TABLE, scores, measured.field_scores)
        notes = _notes(request, work, len(set(scores.places)))
        notes += field_notes(field_figures)
        for name, page in PAGES.items():
            text = page(made, f"Evaluation on {work.benchmark.name}", notes)
            (folder / name).write_text(text, encoding="utf-8")
    work.journal.forget()
    return made


def _write_videos(folder: Path, videos: Mapping[str, bytes]) -> None:
    if videos:
        (folder / VIDEOS).mkdir()
    for clip, content in videos.items():
        (folder / VIDEOS / f"{clip_file_name(clip)}.mp4").write_bytes(content)


def _measure(work: Work, request: EvaluationRequest, out: Path, log: Log) -> Measurements:
    total = len(work.benchmark)
    if done := sum(work.finished(index) is not None for index in range(total)):
        log.notice(f"{done} of {total} clips were finished by a run that was stopped")
    with log.stage("clips", total) as step:
        again = partial(open_work, request, out.resolve())
        return collect(work.task, judged_clips(work, request.workers, again, step))


def _provenance(request: EvaluationRequest, work: Work) -> dict[str, Any]:
    systems, features = work.task.systems, work.task.features
    return {
        "benchmark": work.benchmark.name,
        "request": {
            **{f.name: getattr(request, f.name) for f in fields(request)},
            "systems": [system.name for system in request.systems],
            "sampling": asdict(request.sampling),
            "imagery": None,
            "features": None,
            "metric_weights": None,
            "manifest": None,
            "workers": None,
        },  # paths mean nothing elsewhere
        "sampling": {system.name: dict(system.sampling) for system in systems if system.sampling},
        "weights": {system.name: dict(system.weights) for system in systems if system.weights},
        "features": {"name": features.name, "weights": dict(features.weights)},
        "versions": package_versions(),
    }


def _notes(request: EvaluationRequest, work: Work, places: int) -> list[str]:
    benchmark, systems, features = work.benchmark, work.task.systems, work.task.features
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
