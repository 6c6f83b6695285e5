"""What finished rows were measured to be, clip by clip."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dynascene.errors import InputError, one_line
from dynascene.evaluation.bootstrap import Estimate
from dynascene.evaluation.clip_table import REGION_KEY
from dynascene.evaluation.field_scores import BACKGROUND
from dynascene.evaluation.gap_seeds import MeasuredGaps, read_gaps, stored_figure
from dynascene.evaluation.gap_systems import ESTIMATE
from dynascene.evaluation.job import CLIP_TABLE
from dynascene.evaluation.projected_followers import FRAMED
from dynascene.evaluation.systems import PROJECTION, STILL
from dynascene.io.text import parse_json
from dynascene.reproduction.plan import PlannedRow
from dynascene.reproduction.steps import METRICS, WITHOUT_TRAINING, RowSteps
from dynascene.training.journal import read_log


class MetricColumn(NamedTuple):
    """A metric as a page shows it. better: "higher" or "lower"."""

    name: str
    title: str
    better: str


class RowView(NamedTuple):
    """What a row scores on one benchmark, of the background alone or of full frames.

    estimates: by metric. clips: each clip's own, by metric; distances between sets have none.
    names, places: of the clips.
    """

    estimates: Mapping[str, Estimate]
    clips: Mapping[str, np.ndarray]
    names: list[str]
    places: list[str]


@dataclass(frozen=True)
class RowResult:
    """A finished row and seed.

    Attributes:
        row, seed: which.
        gap: of samples; None: the row reads a guide.
        estimate_gap: of the one-step estimate; None: nothing was trained, or a guide is read.
        views: by benchmark and view.
        columns: the metrics of each benchmark.
        stage_steps: of each stage.
        seconds: of a training step in each stage, mean; nan where the run is gone.
        relit: of rows of Figure 9 the background, by light of the scenes: of the row and of the
            scene picture held.
    """

    row: PlannedRow
    seed: int
    gap: MeasuredGaps | None
    estimate_gap: MeasuredGaps | None
    views: Mapping[tuple[str, str], RowView]
    columns: Mapping[str, list[MetricColumn]]
    stage_steps: Sequence[int]
    seconds: Sequence[float]
    relit: Mapping[str, Mapping[str, RowView]] = field(default_factory=dict)

    def view(self, key: tuple[str, str]) -> RowView | None:
        """Of a benchmark and view."""
        return self.views.get(key)


def read_results(steps: Sequence[RowSteps]) -> list[RowResult]:
    """Trained ones that are finished."""
    return [_read(each) for each in steps if each.is_done and each.stages]


def read_plain(steps: Sequence[RowSteps]) -> list[RowResult]:
    """What needs no training: the still picture, its first framing held, and the projection.

    Where they are not measured yet, the still picture alone, which every row was measured beside.
    """
    done = [each for each in steps if each.is_done and each.gap is not None]
    for each in done:
        if not each.stages:
            return [_read(each, _plain_row(name), name) for name in (STILL, FRAMED, PROJECTION)]
    return [_read(done[0], _plain_row(STILL), STILL)] if done else []


def _plain_row(name: str) -> PlannedRow:
    return replace(WITHOUT_TRAINING, name=name)


def mean_step_seconds(run: Path) -> float:
    """Of a training, by its log; nan where there is none."""
    seconds = [line["seconds"] for line in read_log(run) if "seconds" in line]
    return sum(seconds) / len(seconds) if seconds else float("nan")


def write_clips(results: Sequence[RowResult], path: Path) -> None:
    """Every clip's figures as one table: row, seed, benchmark, view, clip, place, metric, value."""
    lines: dict[str, list] = {
        name: []
        for name in ("row", "seed", "benchmark", "view", "clip", "place", "metric", "value")
    }
    for result in results:
        relit = {
            (light, BACKGROUND): views[result.row.name] for light, views in result.relit.items()
        }
        for (benchmark, view), scores in {**result.views, **relit}.items():
            for metric, values in scores.clips.items():
                for clip, place, value in zip(scores.names, scores.places, values, strict=True):
                    line = (result.row.name, result.seed, benchmark, view, clip, place, metric)
                    for name, each in zip(lines, (*line, float(value)), strict=True):
                        lines[name].append(each)
        if result.gap is not None:
            for metric, values in result.gap.gaps._asdict().items():
                clips = zip(result.gap.moves, result.gap.places, values, strict=True)
                for number, (move, place, value) in enumerate(clips):
                    head = (result.row.name, result.seed, "camera gap", "background")
                    line = (*head, f"{number:03d} {move}", place, f"gap {metric}", float(value))
                    for name, each in zip(lines, line, strict=True):
                        lines[name].append(each)
    table = pa.table({name: pa.array(values, from_pandas=True) for name, values in lines.items()})
    pq.write_table(table, path)


def _read(steps: RowSteps, row: PlannedRow | None = None, name: str | None = None) -> RowResult:
    row, name = row or steps.row, name or steps.row.name
    views: dict[tuple[str, str], RowView] = {}
    columns: dict[str, list[MetricColumn]] = {}
    for benchmark, folder in steps.metrics.items():
        with _clear_damage_errors(folder.path):
            values = _field_of(folder.path)
            columns[benchmark] = [
                MetricColumn(metric, each["title"], each["better"])
                for metric, each in values["metrics"].items()
            ]
            for view, systems in values["views"].items():
                estimates = {m: _estimate(each) for m, each in systems[name].items()}
                views[benchmark, view] = _view(folder.path / CLIP_TABLE, view, name, estimates)
    gap = None if steps.gap is None else read_gaps(steps.gap.path, name)
    estimate_gap = None
    if steps.gap is not None and row.stages:
        estimate_gap = read_gaps(steps.gap.path, f"{name}, {ESTIMATE}")
    stage_steps = [stage.steps for stage in steps.stages]
    seconds = [mean_step_seconds(stage.path) for stage in steps.stages]
    relit = {}
    for light, folder in steps.relit.items() if name == steps.row.name else ():
        with _clear_damage_errors(folder.path):
            relit[light] = {
                system: _view(
                    folder.path / CLIP_TABLE,
                    BACKGROUND,
                    system,
                    {metric: _estimate(each) for metric, each in estimates.items()},
                )
                for system, estimates in _field_of(folder.path)["views"][BACKGROUND].items()
            }
    return RowResult(
        row, steps.seed, gap, estimate_gap, views, columns, stage_steps, seconds, relit
    )


def _view(path: Path, view: str, name: str, estimates: Mapping[str, Estimate]) -> RowView:
    chosen = pq.read_table(path, filters=[("system", "==", name), (REGION_KEY, "==", view)])
    clips = {
        metric: np.array(chosen[metric].to_pylist(), float)
        for metric in estimates
        if metric in chosen.column_names
    }
    return RowView(estimates, clips, chosen["clip"].to_pylist(), chosen["place"].to_pylist())


@contextmanager
def _clear_damage_errors(folder: Path) -> Generator[None]:
    """InputError where the results in a folder of ``evaluate`` are damaged."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException) as error:
        raise InputError(
            f"{folder}: holds no whole results of evaluate ({one_line(error)}); remove the folder, "
            "and they are measured again"
        ) from None


def _field_of(folder: Path) -> Mapping[str, Any]:
    """The field's metrics in a folder of ``evaluate``."""
    return parse_json((folder / METRICS).read_text(encoding="utf-8"))["field"]


def _estimate(values: Mapping[str, Any]) -> Estimate:
    figures = (stored_figure(values[name], name) for name in ("mean", "low", "high"))
    if type(values["clips"]) is not int:
        raise TypeError(f"clips is {values['clips']!r}")
    return Estimate(*figures, values["clips"])
