"""Camera gaps of the same training with several seeds, as one row.

Legend: S seeds, N clips.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dynascene.errors import InputError
from dynascene.evaluation.bootstrap import Estimate
from dynascene.evaluation.gap import (
    ClipGaps,
    GapFigures,
    StillFollower,
    gap_figures,
    joined_gaps,
    of_moves,
)
from dynascene.evaluation.gap_systems import ESTIMATE, UNTRAINED
from dynascene.evaluation.table import INFINITE, text_of
from dynascene.io.text import parse_json

METRICS = "metrics.json"
LARGEST = 1e9  # of a figure, in whatever unit


class MeasuredGaps(NamedTuple):
    """A row of one measurement: its figures, and the place and move of each clip."""

    gaps: ClipGaps
    places: list[str]
    moves: list[str]


class SeedRange(NamedTuple):
    """A figure over seeds. low, high: of the interval, which draws places, each with its clips of
    all seeds. least, most: of the seeds' own means."""

    mean: float
    low: float
    high: float
    least: float
    most: float


def read_gaps(folder: Path, row: str | None = None) -> MeasuredGaps:
    """A row of a folder that ``run_gap`` wrote.

    Args:
        folder: with its metrics.json.
        row: None: that of the trained weights, of which there must be one.

    Raises:
        InputError: there is no such measurement or row.
    """
    path = folder / METRICS
    try:
        rows = parse_json(path.read_text(encoding="utf-8"))["gap"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: holds no camera gaps") from error
    if not isinstance(rows, dict):
        raise InputError(f"{path}: holds no camera gaps")
    if row is None:
        other = (f", {UNTRAINED}", f", {ESTIMATE}")
        trained = [name for name in rows if name != StillFollower.name and not name.endswith(other)]
        if len(trained) != 1:
            raise InputError(f"{path}: holds {len(trained)} trained rows; name one")
        row = trained[0]
    if row not in rows:
        raise InputError(f"{path}: has no row {row!r}; there are {', '.join(rows)}")
    try:
        return _clip_gaps(rows[row]["clips"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: the row {row!r} holds no camera gaps ({error!r})") from None


def _clip_gaps(clips: Sequence[Mapping[str, Any]]) -> MeasuredGaps:
    """The clips of a row, as JSON has them. Raises ValueError for a figure that is none."""
    gaps = ClipGaps(*(
        np.array([stored_figure(clip.get(name), name) for clip in clips], float)
        for name in ClipGaps._fields
    ))  # fmt: skip
    return MeasuredGaps(gaps, [c["place"] for c in clips], [c["move"] for c in clips])


def stored_figure(value: object, name: str) -> float:
    """A figure as its JSON has it; nan: it was not measured.

    Raises:
        ValueError: it is no number, or beyond all figures.
    """
    if value is None:
        return math.nan
    if value == INFINITE:
        return math.inf
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is {value!r}")
    if abs(value) > LARGEST:
        raise ValueError(f"{name} is {value!r}")
    return float(value)


def over_seeds(seeds: Sequence[MeasuredGaps], move: str | None = None) -> dict[str, SeedRange]:
    """The figures of ``GapFigures`` over several seeds.

    Args:
        seeds: at least one, all of the same clips.
        move: None: all moves together.

    Raises:
        InputError: the clips differ.
    """
    if any((s.places, s.moves) != (seeds[0].places, seeds[0].moves) for s in seeds):
        raise InputError("camera gaps over seeds: they were measured on different clips")
    some = [s if move is None else _of_move(s, move) for s in seeds]
    together = gap_figures(joined_gaps([s.gaps for s in some]), some[0].places * len(some))
    single = [gap_figures(s.gaps, s.places) for s in some]
    return {
        name: _range(getattr(together, name), [getattr(each, name) for each in single])
        for name in GapFigures._fields
    }


def _of_move(seed: MeasuredGaps, move: str) -> MeasuredGaps:
    gaps, chosen = of_moves(seed.gaps, seed.moves, move)
    numbers = np.flatnonzero(chosen)
    return MeasuredGaps(gaps, [seed.places[n] for n in numbers], [move] * len(numbers))


def _range(together: Estimate, single: Sequence[Estimate]) -> SeedRange:
    means = [each.mean for each in single]
    return SeedRange(together.mean, together.low, together.high, min(means), max(means))


def range_text(value: SeedRange, decimals: int, seeds: int) -> str:
    """A figure with its interval in brackets and, of several seeds, their range."""
    text = text_of(Estimate(*value[:3], 0), decimals)
    if seeds < 2 or value.mean != value.mean:
        return text
    return f"{text} ({value.least:.{decimals}f} … {value.most:.{decimals}f})"
