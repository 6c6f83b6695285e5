"""Rows of one table that are compared with each other, and their figures beside the paper's."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from dynascene.evaluation.bootstrap import Estimate
from dynascene.evaluation.field_scores import BACKGROUND, FULL_FRAME
from dynascene.reproduction.comparison import margin_estimate, relative_margin
from dynascene.reproduction.plan import TableEntry
from dynascene.reproduction.results import RowResult


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
    def published(self) -> list[Line]:
        """The lines that the paper has figures of."""
        return [line for line in self.lines if line.entry.figures]

    @property
    def best(self) -> Line:
        """The paper's best line, by its PSNR; of lines that it lacks, the first."""
        if not self.published:
            return self.lines[0]
        return max(self.published, key=lambda line: line.entry.figures["PSNR"])


def lineups_of(results: Iterable[RowResult]) -> list[Lineup]:
    """The lineups of finished rows; of several seeds, the first."""
    lineups: dict[tuple[int, str], list[Line]] = {}
    for result in results:
        for entry in result.row.entries if result.seed == 0 else ():
            lines = lineups.setdefault((entry.table, entry.lineup), [])
            lines.append(Line(result, entry))
    return [Lineup(*key, lines) for key, lines in sorted(lineups.items())]


Paired = tuple[np.ndarray, np.ndarray, list[str]]


def paired_clips(first: RowResult, other: RowResult, metric: str, view: str) -> Paired | None:
    """Clips of both on the first benchmark, and their places; None where they have no figures."""
    key = (next(iter(first.views))[0], view)
    a, b = first.view(key), other.view(key)
    if a is None or b is None or a.names != b.names or not {metric} <= a.clips.keys() & b.clips:
        return None
    return a.clips[metric], b.clips[metric], a.places


def measured_margin(first: RowResult, other: RowResult, metric: str, better: str) -> Estimate:
    """How far the first is ahead, as a share of the other; paired where clips have figures."""
    pair = paired_clips(first, other, metric, _paper_view(first))
    if pair is not None:
        return margin_estimate(*pair, better)
    margin = relative_margin(measured_mean(first, metric), measured_mean(other, metric), better)
    return Estimate(margin, math.nan, math.nan, 0)


def measured_mean(result: RowResult, metric: str) -> float:
    """On the first benchmark; NaN: there is none."""
    key = (next(iter(result.views))[0], _paper_view(result))
    value = figure_of(result, key, metric)
    return math.nan if value is None else value.mean


def _paper_view(result: RowResult) -> str:
    """The paper measures full frames; where nobody is in them they are the background."""
    benchmark = next(iter(result.views))[0]
    return FULL_FRAME if (benchmark, FULL_FRAME) in result.views else BACKGROUND


def percent(value: Estimate) -> str:
    """With its interval, where there is one."""
    texts = [f"{number:+.1%}" for number in value[:3]]
    return texts[0] if math.isnan(value.low) else f"{texts[0]} [{texts[1]}, {texts[2]}]"


def figure_of(result: RowResult, key: tuple[str, str], metric: str) -> Estimate | None:
    """On a benchmark, in a view; None: there is none."""
    view = result.view(key)
    return None if view is None else view.estimates.get(metric)
