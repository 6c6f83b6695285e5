"""The camera gaps of several systems as tables and as JSON values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynascene.evaluation.gap import ClipGaps, GapFigures, gap_figures, of_moves
from dynascene.evaluation.table import Table, plain_estimate, text_of

COLUMNS = (
    "system", "PSNR", "seen", "gap to opposite", "gap to shuffled", "obeyed",
    "fitting camera off by, × move", "by, °",
)  # fmt: skip


def gap_tables(
    gaps: Mapping[str, ClipGaps], places: Sequence[str], moves: Sequence[str]
) -> list[Table]:
    """All moves together, then one by one."""
    tables = [Table("Camera gap, dB", COLUMNS, [
        [name, *_texts(gap_figures(each, places))] for name, each in gaps.items()
    ])]  # fmt: skip
    for move in dict.fromkeys(moves):
        rows = []
        for name, each in gaps.items():
            some, chosen = of_moves(each, moves, move)
            own = [place for place, there in zip(places, chosen, strict=True) if there]
            rows.append([name, *_texts(gap_figures(some, own))])
        tables.append(Table(f"Camera gap, dB: {move}", COLUMNS, rows))
    return tables


def _texts(figures: GapFigures) -> list[str]:
    decibels = [text_of(value, 2) for value in figures[:4]]
    obeyed = f"{figures.obeyed.mean:.0%} of {figures.obeyed.clips}"
    return [*decibels, obeyed, text_of(figures.share, 2), text_of(figures.degrees, 1)]


def gap_summary(gaps: ClipGaps, places: Sequence[str], moves: Sequence[str]) -> dict[str, Any]:
    """All figures as plain JSON values, and every clip's own."""
    names = ClipGaps._fields
    figures = gap_figures(gaps, places)
    clips = [
        {"place": place, "move": move, **dict(zip(names, map(_rounded, values), strict=True))}
        for place, move, *values in zip(places, moves, *gaps, strict=True)
    ]
    return {name: plain_estimate(value) for name, value in figures._asdict().items()} | {
        "clips": clips
    }


def _rounded(value: float) -> float | None:
    return None if value != value else round(float(value), 4)
