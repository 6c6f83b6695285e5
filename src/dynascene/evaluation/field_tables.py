"""The field's metrics as tables: what papers print, with intervals that draw places."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from dynascene.evaluation.bootstrap import (
    Estimate,
    centred_draws,
    estimate,
    mean_draws,
    place_weights,
)
from dynascene.evaluation.field_scores import BACKGROUND, FULL_FRAME, SEAMS, FieldScores
from dynascene.evaluation.metrics.frechet import frechet_draws
from dynascene.evaluation.metrics.measures import VERSION, ClipMetric, SetMetric
from dynascene.evaluation.scores import TRUTH
from dynascene.evaluation.table import PLAIN_DECIMALS, Table, plain_estimate, text_of

FRECHET_DRAWS = 200  # each costs singular values of N×N numbers, at most of C×C
TITLES = {
    BACKGROUND: "The field's metrics, background only (matte = 0)",
    FULL_FRAME: "The field's metrics, full frames with the person",
}


class FieldFigures:
    """Every metric of every row and view, drawn alike.

    Args:
        scores: of all clips.
        places: of each clip.
    """

    def __init__(self, scores: FieldScores, places: Sequence[str]) -> None:
        self.scores, self.weights = scores, place_weights(places)
        self._estimates: dict[tuple[str, str, str], Estimate] = {}

    @cached_property
    def views(self) -> list[str]:
        """Full frames are told apart where a clip has a person."""
        return [BACKGROUND, FULL_FRAME] if self.scores.has_people else [BACKGROUND]

    def columns(self, view: str) -> list[ClipMetric | SetMetric]:
        """The metrics that have a figure in a view."""
        further = [*self.scores.further, SEAMS] if view == BACKGROUND else []
        metrics = [*self.scores.metrics.columns, *further]
        return [
            metric
            for metric in metrics
            if not (isinstance(metric, ClipMetric) and metric.full_frame_only) or view == FULL_FRAME
            if any(self.estimate(view, metric, row).clips for row in self.scores.rows)
        ]

    def estimate(self, view: str, metric: ClipMetric | SetMetric, row: str) -> Estimate:
        """A figure with its interval."""
        key = (view, metric.name, row)
        if key not in self._estimates:
            self._estimates[key] = self._compute(key, isinstance(metric, SetMetric))
        return self._estimates[key]

    def _compute(self, key: tuple[str, str, str], is_distance: bool) -> Estimate:
        if not is_distance:
            values = np.array(self.scores.values[key])
            present = int(np.count_nonzero(~np.isnan(values)))
            return estimate(mean_draws(values, self.weights), present)
        true = self.scores.samples[key[0], key[1], TRUTH]
        made = [samples for samples in self.scores.samples[key] if samples is not None]
        present = np.array([samples is not None for samples in true])
        if not made:
            return estimate(np.full(1, np.nan), 0)
        long_ones = [samples for samples in true if samples is not None]
        weights = self.weights[: 1 + FRECHET_DRAWS, present]
        counts = [weights.repeat([*map(len, clips)], axis=1) for clips in (made, long_ones)]
        x, y = np.concatenate(made), np.concatenate(long_ones)
        return estimate(centred_draws(frechet_draws(x, y, *counts)), len(made))

    def described_clips(self, metric: SetMetric) -> int:
        """Clips that were long enough for it."""
        true = self.scores.samples.get((BACKGROUND, metric.name, TRUTH), [])
        return sum(samples is not None for samples in true)


def field_tables(figures: FieldFigures) -> list[Table]:
    """A table for each view, as papers print them."""
    tables = []
    for view in figures.views:
        columns = figures.columns(view)
        rows = [
            [row, *(text_of(figures.estimate(view, m, row), m.decimals) for m in columns)]
            for row in figures.scores.rows
        ]
        titles = ("system", *(f"{metric.title} {_arrow(metric.better)}" for metric in columns))
        better = ("", *(metric.better for metric in columns))
        tables.append(Table(TITLES[view], titles, rows, better))
    return tables


def field_summary(figures: FieldFigures) -> dict[str, Any]:
    """All figures as plain JSON values, with what they were measured by."""
    metrics = figures.scores.metrics
    return {
        "version": VERSION,
        "metrics": {
            metric.name: {
                "title": metric.title,
                "better": metric.better,
                "weights": dict(metric.weights),
                **({"features": metric.note} if isinstance(metric, SetMetric) else {}),
            }
            for metric in (*metrics.columns, *figures.scores.further)
        },
        "missing": [line.partition(":")[0] for line in metrics.missing],
        "views": {
            view: {
                row: {
                    metric.name: plain_estimate(
                        figures.estimate(view, metric, row),
                        max(PLAIN_DECIMALS, metric.decimals + 2),
                    )
                    for metric in figures.columns(view)
                }
                for row in figures.scores.rows
            }
            for view in figures.views
        },
    }


def field_notes(figures: FieldFigures) -> list[str]:
    """What a page has to say beside the tables."""
    metrics = figures.scores.metrics
    notes = [f"{m.note}; {figures.described_clips(m)} clips." for m in metrics.sets]
    if metrics.missing:
        names = ", ".join(line.partition(":")[0] for line in metrics.missing)
        notes.append(f"Not measured, for want of weights: {names} (docs/evaluation.md).")
    return notes


def _arrow(better: str) -> str:
    return "↑" if better == "higher" else "↓"
