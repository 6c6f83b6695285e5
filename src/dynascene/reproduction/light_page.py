"""The tables of Figure 9: is a background lit as the person is, where the scene picture is not?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dynascene.evaluation.metrics.measures import LIGHT_METRICS, PIXEL_METRICS, ClipMetric
from dynascene.evaluation.systems import STILL
from dynascene.evaluation.table import Table, text_of
from dynascene.reproduction.comparison import difference_estimate
from dynascene.reproduction.relit_scenes import LIGHT_NAMES
from dynascene.reproduction.results import RowResult, RowView
from dynascene.reproduction.steps import LIGHT_FIGURE

SHOWN: tuple[ClipMetric, ...] = tuple(
    metric for metric in (*LIGHT_METRICS, *PIXEL_METRICS) if metric.name in LIGHT_NAMES
)
ARROWS = {"higher": "↑", "lower": "↓"}
Pair = dict[str, RowResult]


def pairs_of(results: Iterable[RowResult]) -> dict[str, Pair]:
    """Lineup → label → the row of the first seed, where both are finished; without, then with."""
    pairs: dict[str, Pair] = {}
    for result in results:
        for entry in result.row.drawn if result.seed == 0 else ():
            if entry.figure == LIGHT_FIGURE and result.relit:
                pairs.setdefault(entry.lineup, {})[entry.label] = result
    return {
        lineup: dict(sorted(pair.items(), reverse=True))
        for lineup, pair in pairs.items()
        if len(pair) == 2
    }


def light_tables(results: Sequence[RowResult]) -> list[Table]:
    """For each lineup and light of the scenes: both rows, their difference, the picture held."""
    tables = []
    columns = ("system", *(f"{m.title} {ARROWS[m.better]}" for m in SHOWN))
    for lineup, pair in pairs_of(results).items():
        (second_label, second), (first_label, first) = pair.items()
        for name in first.relit:
            still, own, other = (
                first.relit[name][STILL],
                first.relit[name][first.row.name],
                second.relit[name][second.row.name],
            )
            rows = [
                [second_label, *_figures(other)],
                [first_label, *_figures(own)],
                ["the scene picture, held", *_figures(still)],
                [f"{first_label} minus {second_label}, paired", *_differences(own, other)],
            ]
            title = f"Figure {LIGHT_FIGURE}, {lineup}: {name}, background"
            tables.append(Table(title, columns, rows))
    return tables


def _figures(view: RowView) -> list[str]:
    return [text_of(view.estimates[metric.name], metric.decimals) for metric in SHOWN]


def _differences(first: RowView, other: RowView) -> list[str]:
    return [
        text_of(
            difference_estimate(first.clips[m.name], other.clips[m.name], first.places),
            m.decimals,
            signed=True,
        )
        for m in SHOWN
    ]
