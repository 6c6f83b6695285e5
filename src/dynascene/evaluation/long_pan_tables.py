"""The errors of long pans as tables and as JSON values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dynascene.evaluation.bootstrap import Estimate, estimate, mean_draws, place_weights
from dynascene.evaluation.long_pan import DEGREES, PanError
from dynascene.evaluation.table import Table, plain_estimate, text_of

FIGURES = ("mean", "end", "seen", "seen_end", "tracked")
COLUMNS = ("system", "fitting camera off by, °", "of the pan", "at the end, °",
           "where seen, °", "there at the end, °", "tracked camera off by, °")  # fmt: skip


def pan_tables(
    errors: Mapping[str, Mapping[str, Sequence[PanError]]], places: Sequence[str]
) -> list[Table]:
    """One table for each kind of pan. errors: by kind and system. places: of the pans."""
    return [_table(kind, each, places) for kind, each in errors.items()]


def pan_summary(
    errors: Mapping[str, Mapping[str, Sequence[PanError]]], places: Sequence[str]
) -> dict[str, Any]:
    """All figures as plain JSON values, and every clip's own. Arguments as ``pan_tables``."""
    return {
        kind: {name: _row_summary(some, places) for name, some in each.items()}
        for kind, each in errors.items()
    }


def _estimates(errors: Sequence[PanError], places: Sequence[str]) -> dict[str, Estimate]:
    weights, made = place_weights(places), {}
    for figure in FIGURES:
        values = np.array([getattr(error, figure) for error in errors])
        made[figure] = estimate(mean_draws(values, weights), int((~np.isnan(values)).sum()))
    return made


def _table(kind: str, errors: Mapping[str, Sequence[PanError]], places: Sequence[str]) -> Table:
    rows = []
    for name, each in errors.items():
        figures = _estimates(each, places)
        texts = {figure: text_of(value, 1) for figure, value in figures.items()}
        share = f"{figures['mean'].mean / DEGREES:.0%}"
        rows.append([name, texts["mean"], share, *(texts[figure] for figure in FIGURES[1:])])
    return Table(f"Pan of {DEGREES:g}°, {kind}", COLUMNS, rows)


def _row_summary(errors: Sequence[PanError], places: Sequence[str]) -> dict[str, Any]:
    figures = {name: plain_estimate(value) for name, value in _estimates(errors, places).items()}
    clips = [
        {"place": place}
        | {figure: _rounded(getattr(error, figure)) for figure in FIGURES}
        | {"fitting": [round(float(degrees), 1) for degrees in error.fitting]}
        for place, error in zip(places, errors, strict=True)
    ]
    return figures | {"clips": clips}


def _rounded(value: float) -> float | None:
    return None if value != value else round(value, 3)
