"""The results as JSON values, tables of texts, and on the terminal."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dynascene.evaluation.bootstrap import Estimate
from dynascene.evaluation.figures import METRICS, Figures
from dynascene.evaluation.obedience import PanFlow, obeyed_share
from dynascene.evaluation.scores import REGIONS
from dynascene.evaluation.systems import PROJECTION, STILL

GAIN = f"whole − {STILL}"
PLAIN_DECIMALS = 5  # of numbers in files
INFINITE = "inf"  # in place of a number, which JSON has not: PSNR of equal pictures
MOST_WITH_INTERVALS = 6  # columns on a terminal; files have them all


class Table(NamedTuple):
    """A title, the names of the columns, and the rows of texts, the first of which is a name.

    better: for each column "higher", "lower", or nothing where none is better than another; empty
    where no column is compared.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[list[str]]
    better: tuple[str, ...] = ()


def summary(figures: Figures, flows: Mapping[str, Sequence[PanFlow]]) -> dict[str, Any]:
    """All figures as plain JSON values: means with intervals, and every clip's own (nan → null)."""
    scores = figures.scores
    clips = [
        {"name": name, "place": place}
        | {
            row: {
                region: {metric: _number(value) for metric, value in each[index]._asdict().items()}
                for region, each in by_region.items()
            }
            for row, by_region in scores.rows.items()
        }
        for index, (name, place) in enumerate(zip(scores.clips, scores.places, strict=True))
    ]
    obedience = {
        name: {
            "share": obeyed_share(each),
            "shots": len(each),
            "flow": [[_number(flow.left), _number(flow.right)] for flow in each],
        }
        for name, each in flows.items()
        if each
    }
    systems = {row: _row_summary(figures, row) for row in scores.rows}
    return {"systems": systems, "obedience": obedience, "clips": clips}


def _row_summary(figures: Figures, row: str) -> dict[str, Any]:
    made = {}
    for metric in METRICS:
        each = {region: plain_estimate(figures.estimate(metric, row, region)) for region in REGIONS}
        if (control := figures.scores.controls.get(row)) is not None:
            gain = figures.difference(metric, row, "whole", control)
            each["minus_shuffled"] = plain_estimate(gain)
        if (right := figures.scores.faulty.get(row)) is not None:
            loss = figures.difference(metric, row, "whole", right)
            each["minus_true_matte"] = plain_estimate(loss)
        each["gain_over_still"] = plain_estimate(figures.difference(metric, row, "whole", STILL))
        if PROJECTION in figures.scores.rows:
            each["minus_projection"] = {
                region: plain_estimate(figures.difference(metric, row, region, PROJECTION))
                for region in REGIONS
            }
        made[metric] = each
    return made


def tables(figures: Figures, flows: Mapping[str, Sequence[PanFlow]]) -> list[Table]:
    """Per metric one table and, where the projection took part, one of differences to it; one of
    true tracks against shuffled ones, and one of camera obedience, where they were measured."""
    made = []
    for metric in METRICS:
        made.append(_metric_table(figures, metric))
        if PROJECTION in figures.scores.rows:
            made.append(_difference_table(figures, metric))
    controls = figures.scores.controls
    controlled = [row for row in figures.scores.rows if row in controls]
    if controlled:
        pairs = {row: controls[row] for row in controlled}
        made.append(_pair_table(figures, pairs, "True track minus shuffled track, whole"))
    if figures.scores.faulty:
        title = "Faulty matte minus true matte, whole"
        made.append(_pair_table(figures, figures.scores.faulty, title))
    measured = {name: each for name, each in flows.items() if each}
    if measured:
        rows = [
            [name, f"{obeyed_share(each):.0%} of {len(each)}", *_flow_texts(each)]
            for name, each in measured.items()
        ]
        columns = ("system", "obeyed", "pan left, px/frame", "pan right, px/frame")
        made.append(Table("Opposite pans", columns, rows))
    return made


def _metric_table(figures: Figures, metric: str) -> Table:
    title, decimals, better = METRICS[metric]
    rows = []
    for row in figures.scores.rows:
        texts = [text_of(figures.estimate(metric, row, region), decimals) for region in REGIONS]
        gain = figures.difference(metric, row, "whole", STILL)
        rows.append([row, *texts, "" if row == STILL else text_of(gain, decimals, signed=True)])
    # smoothness is not steadiness, so the least flicker is not marked as the best
    compared = ("", *len(REGIONS) * (better,), "") if metric != "flicker" else ()
    return Table(f"{title} ({better} is better)", ("system", *REGIONS, GAIN), rows, compared)


def _difference_table(figures: Figures, metric: str) -> Table:
    title, decimals, better = METRICS[metric]
    rows = [
        [row]
        + [
            text_of(figures.difference(metric, row, region, PROJECTION), decimals, signed=True)
            for region in REGIONS
        ]
        for row in figures.scores.rows
        if row != PROJECTION
    ]
    return Table(f"{title}: minus {PROJECTION} ({better} is better)", ("system", *REGIONS), rows)


def _pair_table(figures: Figures, pairs: Mapping[str, str], title: str) -> Table:
    """What rows have more than those that they are compared with."""
    rows = []
    for row, reference in pairs.items():
        gains = {m: figures.difference(m, row, "whole", reference) for m in METRICS}
        texts = [text_of(g, METRICS[m].decimals, signed=True) for m, g in gains.items()]
        rows.append([row, *texts])
    return Table(title, ("system", *METRICS), rows)


def _flow_texts(flows: Sequence[PanFlow]) -> list[str]:
    count = len(flows)
    return [f"{sum(f.left for f in flows) / count:+.2f}",
            f"{sum(f.right for f in flows) / count:+.2f}"]  # fmt: skip


def text_of(value: Estimate, decimals: int, *, signed: bool = False) -> str:
    """A figure with its interval in brackets; a dash where there is none."""
    if math.isnan(value.mean):
        return "–"
    sign = "+" if signed else ""
    mean, low, high = (f"{number:{sign}.{decimals}f}" for number in value[:3])
    return mean if math.isnan(value.low) else f"{mean} [{low}, {high}]"


def plain_estimate(value: Estimate, decimals: int = PLAIN_DECIMALS) -> dict[str, Any]:
    """A figure as JSON values."""
    return {name: _number(number, decimals) for name, number in value._asdict().items()}


def _number(value: float, decimals: int = PLAIN_DECIMALS) -> float | int | str | None:
    """A number as JSON knows it."""
    if isinstance(value, int):
        return value
    if math.isnan(value):
        return None
    return round(value, decimals) if math.isfinite(value) else INFINITE


def print_tables(made: Sequence[Table]) -> None:
    """On standard output, as wide as the terminal."""
    from rich.console import Console
    from rich.table import Table as Shown

    console = Console(highlight=False)
    for table in made:
        shown = Shown(title=table.title, title_justify="left")
        for column in table.columns:
            shown.add_column(column, overflow="fold")
        for row in table.rows:
            shown.add_row(*(_terminal_text(text, len(row)) for text in row))
        console.print(shown)


def _terminal_text(text: str, columns: int) -> str:
    """A cell with the interval below the figure; without it where there are many columns."""
    figure, bracket, interval = text.partition(" [")
    return (
        figure if columns > MOST_WITH_INTERVALS else f"{figure}\n[{interval}" if bracket else text
    )
