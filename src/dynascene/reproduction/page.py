"""The tables of finished rows: our figures, the paper's beside them, and where they differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from dynascene.evaluation.bootstrap import Estimate
from dynascene.evaluation.field_scores import BACKGROUND
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
    relative_margin,
)
from dynascene.reproduction.light_page import light_tables
from dynascene.reproduction.lineups import (
    Lineup,
    figure_of,
    lineups_of,
    measured_margin,
    measured_mean,
    paired_clips,
    percent,
)
from dynascene.reproduction.results import RowResult

DECIMALS = {
    m.name: m.decimals for m in (FILMED_GAP, *PIXEL_METRICS, *PAPER_METRICS, *MATTE_METRICS)
}
GAP = "camera gap, dB"
ARROWS = {"higher": "↑", "lower": "↓", "": ""}


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
    return [*tables, *light_tables(results), *_seed_table(results), *_budget_table(results)]


def benchmark_label(benchmark: str) -> str:
    """A benchmark as the page calls it: where its folder lies is nobody's business.

    Args:
        benchmark: as ``open_benchmark`` takes it, such as ``re10k:/data/re10k:test``.
    """
    kind, _, rest = benchmark.partition(":")
    return f"{kind}:{Path(rest).name}" if rest else kind


def _figure_tables(lineup: Lineup, plain: Sequence[RowResult]) -> list[Table]:
    """A table for each benchmark and view, the camera gap in the first."""
    tables: list[Table] = []
    keys = dict.fromkeys(key for line in lineup.lines for key in line.result.views)
    for benchmark, view in keys:
        first = not tables
        metrics = [
            column
            for column in lineup.lines[0].result.columns[benchmark]
            if any(figure_of(line.result, (benchmark, view), column.name) for line in lineup.lines)
        ]
        titles = [f"{m.title} {ARROWS[m.better]}" for m in metrics]
        better = [m.better for m in metrics]
        if first:
            titles = [f"{GAP} ↑", "of the estimate ↑", "obeyed", *titles]
            better = ["higher", "higher", "", *better]
        rows = []
        named = [(line.name, line.result) for line in lineup.lines]
        named += [(f"without training: {each.row.name}", each) for each in plain]
        for name, result in named:
            cells = [_text(figure_of(result, (benchmark, view), m.name), m.name) for m in metrics]
            rows.append([name, *(_gap_cells(result) if first else []), *cells])
        title = f"{lineup.title}: {benchmark_label(benchmark)}, {view}"
        tables.append(Table(title, ("system", *titles), rows, ("", *better)))
    return tables


def _text(value: Estimate | None, metric: str) -> str:
    return "–" if value is None else text_of(value, DECIMALS.get(metric, 3))


def _gap_cells(result: RowResult) -> list[str]:
    if result.gap is None:
        return ["–", "–", "–"]
    figures = gap_figures(result.gap.gaps, result.gap.places)
    obeyed = f"{figures.obeyed.mean:.0%} of {figures.obeyed.clips}"
    estimate = "–"
    if result.estimate_gap is not None:
        of_estimate = gap_figures(result.estimate_gap.gaps, result.estimate_gap.places)
        estimate = text_of(of_estimate.opposite, 2)
    return [text_of(figures.opposite, 2), estimate, obeyed]


def _difference_table(lineup: Lineup) -> list[Table]:
    """What the paper's best row gains over each other one, clip against clip."""
    best = lineup.best
    rows = []
    for line in lineup.lines:
        if line is best:
            continue
        cells = [_gap_difference(best.result, line.result)]
        for metric in ("psnr", "ssim", "l1"):
            pair = paired_clips(best.result, line.result, metric, BACKGROUND)
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


def _order_table(lineup: Lineup) -> list[Table]:
    """The paper's order beside ours, by each of its metrics that was measured."""
    rows = []
    for title, (metric, better) in PAPER_COUNTERPARTS.items():
        paper = {line.entry.label: line.entry.figures[title] for line in lineup.published}
        ours = {line.entry.label: measured_mean(line.result, metric) for line in lineup.published}
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
    for line in lineup.published:
        for title, (metric, better) in PAPER_COUNTERPARTS.items():
            ours = measured_margin(best.result, line.result, metric, better)
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
                    percent(ours),
                    _verdict(paper, ours),
                ]
            )
    columns = ("ahead of", "metric", "the paper's figures", "its margin", "margin here", "")
    title = f"{lineup.title}: how far ahead is {best.entry.label}"
    return [Table(title, columns, rows)] if rows else []


def _verdict(paper: float, ours: Estimate) -> str:
    """Whether a margin has the paper's sign, and whether it is more than chance."""
    if ours.low <= 0 <= ours.high:
        return "not decided here"
    sign = "as in the paper" if paper * ours.mean > 0 else "against the paper"
    return f"{sign}, without an interval" if math.isnan(ours.low) else sign


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
        row = result.row
        stages = zip(row.stages, row.clip_frames, result.stage_steps, result.seconds, strict=True)
        for stage, frames, steps, seconds in stages if result.seed == 0 else ():
            text = "–" if math.isnan(seconds) else f"{seconds:.2f}"
            batch = f"{stage.batch} of {frames}"
            camera = "yes" if row.reads_camera else "no"
            numbers = (f"{steps:,}", batch, f"{stage.learning_rate:g}", text)
            if (line := [stage.recipe, camera, *numbers, stage.loss]) not in rows:
                rows.append(line)
    columns = (
        "recipe", "camera", "steps", "clips a step, of frames", "learning rate", "seconds a step",
        "loss",
    )  # fmt: skip
    return [Table("What every row was trained with", columns, rows)] if rows else []
