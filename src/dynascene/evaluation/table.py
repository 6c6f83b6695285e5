"""The results as JSON, Markdown and a table on the terminal."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dynascene.evaluation.metrics import Estimate, estimate
from dynascene.evaluation.obedience import PanFlow, obeyed_share
from dynascene.evaluation.protocol import REGIONS, Scores
from dynascene.evaluation.systems import STILL

METRICS = {"psnr": ("PSNR, dB", 2), "ssim": ("SSIM", 3)}  # → title, decimals
GAIN = f"whole − {STILL}"


class Table(NamedTuple):
    """A title, the names of the columns, and the rows of texts, the first of which is a name."""

    title: str
    columns: tuple[str, ...]
    rows: list[list[str]]


def summary(scores: Scores, flows: Mapping[str, Sequence[PanFlow]]) -> dict[str, Any]:
    """All figures as plain JSON values: means with intervals, and every clip's own (nan → null)."""
    rows = {
        row: {
            metric: {region: _plain(_mean(scores, row, region, metric)) for region in REGIONS}
            | {"gain_over_still": _plain(gain(scores, row, metric))}
            for metric in METRICS
        }
        for row in scores.rows
    }
    clips = [
        {"name": name}
        | {
            row: {
                region: {metric: _number(value) for metric, value in each[index]._asdict().items()}
                for region, each in by_region.items()
            }
            for row, by_region in scores.rows.items()
        }
        for index, name in enumerate(scores.clips)
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
    return {"systems": rows, "obedience": obedience, "clips": clips}


def gain(scores: Scores, row: str, metric: str) -> Estimate:
    """The paired difference to the still picture over the whole background."""
    of_row, of_still = (scores.values(name, "whole", metric) for name in (row, STILL))
    return estimate(of_row - of_still)


def tables(scores: Scores, flows: Mapping[str, Sequence[PanFlow]]) -> list[Table]:
    """One table per metric, and one of camera obedience where it was measured."""
    made = []
    for metric, (title, decimals) in METRICS.items():
        rows = [
            [row]
            + [_text(_mean(scores, row, region, metric), decimals) for region in REGIONS]
            + ["" if row == STILL else _text(gain(scores, row, metric), decimals, signed=True)]
            for row in scores.rows
        ]
        made.append(Table(title, ("system", *REGIONS, GAIN), rows))
    measured = {name: each for name, each in flows.items() if each}
    if measured:
        rows = [
            [name, f"{obeyed_share(each):.0%} of {len(each)}", *_flow_texts(each)]
            for name, each in measured.items()
        ]
        columns = ("system", "obeyed", "pan left, px/frame", "pan right, px/frame")
        made.append(Table("Opposite pans", columns, rows))
    return made


def _mean(scores: Scores, row: str, region: str, metric: str) -> Estimate:
    return estimate(scores.values(row, region, metric))


def _flow_texts(flows: Sequence[PanFlow]) -> list[str]:
    count = len(flows)
    return [f"{sum(f.left for f in flows) / count:+.2f}",
            f"{sum(f.right for f in flows) / count:+.2f}"]  # fmt: skip


def _text(value: Estimate, decimals: int, *, signed: bool = False) -> str:
    if not value.clips:
        return "–"
    sign = "+" if signed else ""
    mean, low, high = (f"{number:{sign}.{decimals}f}" for number in value[:3])
    return f"{mean} [{low}, {high}]"


def _plain(value: Estimate) -> dict[str, Any]:
    return {name: _number(number) for name, number in value._asdict().items()}


def _number(value: float) -> float | int | str | None:
    """A number as JSON knows it."""
    if isinstance(value, int):
        return value
    if math.isnan(value):
        return None
    return round(value, 5) if math.isfinite(value) else "inf"


def markdown(made: Sequence[Table], heading: str, notes: Sequence[str]) -> str:
    """A page with all tables."""
    parts = [f"# {heading}", *notes]
    for table in made:
        lines = [table.columns, ("---",) * len(table.columns), *table.rows]
        parts.append(f"## {table.title}")
        parts.append("\n".join("| " + " | ".join(line) + " |" for line in lines))
    return "\n\n".join(parts) + "\n"


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
            shown.add_row(*(text.replace(" [", "\n[") for text in row))  # intervals below means
        console.print(shown)
