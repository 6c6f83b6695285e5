"""What is finished, what is left, and about how long it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dynascene.evaluation.table import Table
from dynascene.reproduction.results import mean_step_seconds
from dynascene.reproduction.steps import RowSteps


def status_table(steps: Sequence[RowSteps], jobs: int) -> Table:
    """A line for each row and seed, and one for what is left of the training of all."""
    seconds = {each.name: _step_seconds(each) for each in steps}
    measured = [value for value in seconds.values() if not math.isnan(value)]
    usual = sum(measured) / len(measured) if measured else math.nan
    rows, left = [], 0.0
    for each in steps:
        missing = steps_left(each)
        own = usual if math.isnan(seconds[each.name]) else seconds[each.name]
        remaining = missing * own if missing else 0.0
        left += remaining
        done = sum(stage.steps for stage in each.stages) - missing
        results = sum(result.is_done for result in each.results)
        rows.append(
            [
                each.name,
                f"{done:,} of {done + missing:,}",
                f"{results} of {len(each.results)}",
                duration(remaining),
            ]
        )
    rows.append(["all", "", "", duration(left / jobs)])
    columns = ("row", "steps", "results", "training left")
    return Table(f"Rows, {jobs} at once", columns, rows)


def steps_left(steps: RowSteps) -> int:
    """Training steps; none where the weights are there, though the run may be gone."""
    if steps.weights is None or steps.weights.is_done:
        return 0
    return sum(max(0, stage.steps - stage.step) for stage in steps.stages)


def duration(seconds: float) -> str:
    """For people: hours and minutes, rounded up; a question mark where no step was timed."""
    if math.isnan(seconds):
        return "?"
    minutes = math.ceil(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes else "–"


def _step_seconds(steps: RowSteps) -> float:
    seconds = [mean_step_seconds(stage.path) for stage in steps.stages]
    seconds = [value for value in seconds if not math.isnan(value)]
    return sum(seconds) / len(seconds) if seconds else math.nan
