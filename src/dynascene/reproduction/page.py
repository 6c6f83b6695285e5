"""The tables of finished rows: our figures, the paper's beside them, and where they differ."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from dynascene.evaluation.bootstrap import Estimate
from dynascene.evaluation.field_scores import BACKGROUND, FULL_FRAME
from dynascene.evaluation.field_scores import GAP as FILMED_GAP
from dynascene.evaluation.gap import gap_figures
from dynascene.evaluation.gap_seeds import over_seeds, range_text
from dynascene.evaluation.metrics.measures import MATTE_METRICS, PAPER_METRICS, PIXEL_METRICS
from dynascene.evaluation.table import Table, text_of
from dynascene.reproduction.comparison import (
    PAPER_METRICS as PAPER_COUNTERPARTS,
)
from dynascene.reproduction.comparison import (
    compare_orders,
    difference_estimate,
    margin_estimate,
    relative_margin,
)
from dynascene.reproduction.plan import TableEntry
from dynascene.reproduction.results import RowResult

DECIMALS = {
    m.name: m.decimals for m in (FILMED_GAP, *PIXEL_METRICS, *PAPER_METRICS, *MATTE_METRICS)
}
GAP = "camera gap, dB"
ARROWS = {"higher": "↑", "lower": "↓", "": ""}


class Line(NamedTuple):
    """A finished row as a line of one of the paper's tables."""

    result: RowResult
    entry: TableEntry

    @property
    def name(self) -> str:
        return f"{self.entry.label} ({self.result.row.name})"


class Lineup(NamedTuple):
    """Lines that are compared with each other. table: the paper's number."""

    table: int
    name: str
    lines: list[Line]

    @property
    def title(self) -> str:
        return f"Table {self.table}, {self.name}"

    @property
    def best(self) -> Line:
        """The paper's best line, by its PSNR."""
        return max(self.lines, key=lambda line: line.entry.figures["PSNR"])


def lineups_of(results: Iterable[RowResult]) -> list[Lineup]:
    """The lineups of finished rows; of several seeds, the first."""
    lineups: dict[tuple[int, str], list[Line]] = {}
    for result in results:
        for entry in result.row.entries if result.seed == 0 else ():
            lines = lineups.setdefault((entry.table, entry.lineup), [])
            lines.append(Line(result, entry))
    return [Lineup(*key, lines) for key, lines in sorted(lineups.items())]


def page_tables(results: Sequence[RowResult], plain: Sequence[RowResult]) -> list[Table]:
    """All tables of the page. plain: rows without training, beside those of every lineup."""
    tables: list[Table] = []
    for lineup in lineups_of(results):
        tables += [
            *_figure_tables(lineup, plain),
            *_difference_table(lineup),
            *_order_table(lineup),
            *_margin_table(lineup),
        ]
    return [*tables, *_seed_table(results), *_budget_table(results)]


def _figure_tables(lineup: Lineup, plain: Sequence[RowResult]) -> list[Table]:
    """A table for each benchmark and view, the camera gap in the first."""
    tables: list[Table] = []
    keys = dict.fromkeys(key for line in lineup.lines for key in line.result.views)
    for benchmark, view in keys:
        first = not tables
        metrics = [
            column
            for column in lineup.lines[0].result.columns[benchmark]
            if any(_figure(line.result, (benchmark, view), column.name) for line in lineup.lines)
        ]
        titles = [f"{m.title} {ARROWS[m.better]}" for m in metrics]
        better = [m.better for m in metrics]
        if first:
            titles, better = [f"{GAP} ↑", "obeyed", *titles], ["higher", "", *better]
        rows = []
        named = [(line.name, line.result) for line in lineup.lines]
        named += [(f"without training: {each.row.name}", each) for each in plain]
        for name, result in named:
            cells = [_text(_figure(result, (benchmark, view), m.name), m.name) for m in metrics]
            rows.append([name, *(_gap_cells(result) if first else []), *cells])
        title = f"{lineup.title}: {benchmark}, {view}"
        tables.append(Table(title, ("system", *titles), rows, ("", *better)))
    return tables


def _figure(result: RowResult, key: tuple[str, str], metric: str) -> Estimate | None:
    view = result.view(key)
    return None if view is None else view.estimates.get(metric)


def _text(value: Estimate | None, metric: str) -> str:
    return "–" if value is None else text_of(value, DECIMALS.get(metric, 3))


def _gap_cells(result: RowResult) -> list[str]:
    if result.gap is None:
        return ["–", "–"]
    figures = gap_figures(result.gap.gaps, result.gap.places)
    return [text_of(figures.opposite, 2), f"{figures.obeyed.mean:.0%} of {figures.obeyed.clips}"]


def _difference_table(lineup: Lineup) -> list[Table]:
    """What the paper's best row gains over each other one, clip against clip."""
    best = lineup.best
    rows = []
    for line in lineup.lines:
        if line is best:
            continue
        cells = [_gap_difference(best.result, line.result)]
        for metric in ("psnr", "ssim", "l1"):
            pair = _paired(best.result, line.result, metric, BACKGROUND)
            value = None if pair is None else difference_estimate(*pair)
            cells.append("–" if value is None else text_of(value, DECIMALS[metric], signed=True))
        rows.append([line.name, *cells])
    if not rows:
        return []
    columns = ("minus", GAP, "PSNR, dB", "SSIM", "L1")
    title = f"{lineup.title}: {best.name} minus each other row, background, paired"
    return [Table(title, columns, rows)]


def _gap_difference(first: RowResult, other: RowResult) -> str:
    if first.gap is None or other.gap is None:
        return "–"
    pair = (first.gap.gaps.opposite, other.gap.gaps.opposite)
    return text_of(difference_estimate(*pair, first.gap.places), 2, signed=True)


Paired = tuple[np.ndarray, np.ndarray, list[str]]


def _paired(first: RowResult, other: RowResult, metric: str, view: str) -> Paired | None:
    """Clips of both on the first benchmark, and their places; None where they have no figures."""
    key = (next(iter(first.views))[0], view)
    a, b = first.view(key), other.view(key)
    if a is None or b is None or a.names != b.names or not {metric} <= a.clips.keys() & b.clips:
        return None
    return a.clips[metric], b.clips[metric], a.places


def _order_table(lineup: Lineup) -> list[Table]:
    """The paper's order beside ours, by each of its metrics that was measured."""
    rows = []
    for title, (metric, better) in PAPER_COUNTERPARTS.items():
        paper = {line.entry.label: line.entry.figures[title] for line in lineup.lines}
        ours = {line.entry.label: _mean(line.result, metric) for line in lineup.lines}
        order = compare_orders(paper, ours, better)
        if order.pairs:
            texts = [" > ".join(each) for each in (order.paper, order.ours)]
            rows.append([f"{title}, {metric} here", *texts, f"{order.same} of {order.pairs}"])
    columns = ("metric", "the paper's order", "order here", "pairs alike")
    return [Table(f"{lineup.title}: order, best first", columns, rows)] if rows else []


def _margin_table(lineup: Lineup) -> list[Table]:
    """How far ahead the paper's best row is of each other one, there and here."""
    best = lineup.best
    rows = []
    for line in lineup.lines:
        for title, (metric, better) in PAPER_COUNTERPARTS.items():
            ours = _margin(best.result, line.result, metric, better)
            if line is best or math.isnan(ours.mean):
                continue
            figures = (best.entry.figures[title], line.entry.figures[title])
            paper = relative_margin(*figures, better)
            rows.append(
                [
                    line.name,
                    title,
                    f"{figures[0]:g} against {figures[1]:g}",
                    f"{paper:+.1%}",
                    _percent(ours),
                    _verdict(paper, ours),
                ]
            )
    columns = ("ahead of", "metric", "the paper's figures", "its margin", "margin here", "")
    title = f"{lineup.title}: how far ahead is {best.entry.label}"
    return [Table(title, columns, rows)] if rows else []


def _margin(first: RowResult, other: RowResult, metric: str, better: str) -> Estimate:
    pair = _paired(first, other, metric, _paper_view(first))
    if pair is not None:
        return margin_estimate(*pair, better)
    margin = relative_margin(_mean(first, metric), _mean(other, metric), better)
    return Estimate(margin, math.nan, math.nan, 0)


def _mean(result: RowResult, metric: str) -> float:
    """On the first benchmark."""
    key = (next(iter(result.views))[0], _paper_view(result))
    value = _figure(result, key, metric)
    return math.nan if value is None else value.mean


def _paper_view(result: RowResult) -> str:
    """The paper measures full frames; where nobody is in them they are the background."""
    benchmark = next(iter(result.views))[0]
    return FULL_FRAME if (benchmark, FULL_FRAME) in result.views else BACKGROUND


def _verdict(paper: float, ours: Estimate) -> str:
    """Whether a margin has the paper's sign, and whether it is more than chance."""
    if ours.low <= 0 <= ours.high:
        return "not decided here"
    sign = "as in the paper" if paper * ours.mean > 0 else "against the paper"
    return f"{sign}, without an interval" if math.isnan(ours.low) else sign


def _percent(value: Estimate) -> str:
    texts = [f"{number:+.1%}" for number in value[:3]]
    return texts[0] if math.isnan(value.low) else f"{texts[0]} [{texts[1]}, {texts[2]}]"


def _seed_table(results: Sequence[RowResult]) -> list[Table]:
    """Rows of several seeds: mean, interval over places, and the range of the seeds."""
    rows = []
    for name in dict.fromkeys(result.row.name for result in results):
        seeds = [r.gap for r in results if r.row.name == name and r.gap is not None]
        if len(seeds) > 1:
            figures = over_seeds(seeds)
            texts = [range_text(figures[key], 2, len(seeds)) for key in ("opposite", "psnr")]
            rows.append([name, str(len(seeds)), *texts])
    columns = ("row", "seeds", f"{GAP} (seeds)", "PSNR, dB (seeds)")
    return [Table("Spread of the seeds", columns, rows)] if rows else []


def _budget_table(results: Sequence[RowResult]) -> list[Table]:
    """What each row was trained with."""
    rows = []
    for result in results:
        stages = zip(result.row.stages, result.stage_steps, strict=True)
        for stage, steps in stages if result.seed == 0 else ():
            camera = "yes" if result.row.reads_camera else "no"
            seconds = "–" if math.isnan(result.seconds) else f"{result.seconds:.2f}"
            numbers = (f"{steps:,}", str(stage.batch), f"{stage.learning_rate:g}", seconds)
            rows.append([stage.recipe, camera, *numbers])
    columns = ("recipe", "camera", "steps", "clips a step", "learning rate", "seconds a step")
    return [Table("What every row was trained with", columns, rows)] if rows else []
