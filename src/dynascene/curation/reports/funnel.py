"""The funnel: clips and hours after each stage, the reasons for drops, and the measured values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from dynascene.io.atomic import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STAGES = (
    "source", "probe", "shots", "person", "motion", "matte", "camera", "duplicates", "write",
)  # fmt: skip
MOST_REASONS = 12
DOTS = 100  # an inch
KEPT, DROPPED = "#2f6f8f", "#c9c2b6"
SIMILARITY, SHARE = "motion.similarity", "person.share"
TURN, TRAVEL = "camera.turn", "camera.travel"


class FunnelStep(NamedTuple):
    """The clips that are left after a stage.

    Attributes:
        stage: its name.
        clips: number of clips.
        hours: their total length, of the clips whose length is known.
    """

    stage: str
    clips: int
    hours: float


class Reason(NamedTuple):
    """The clips that a stage dropped for one reason. hours: total length where it is known."""

    stage: str
    code: str
    clips: int
    hours: float


def funnel_of(table: pa.Table, stages: Sequence[str] = STAGES) -> list[FunnelStep]:
    """Clips and hours after each stage.

    Args:
        table: a manifest. A video that was dropped before it was divided counts as one clip.
        stages: names in order. Other stages that dropped clips come first.
    """
    ends, hours = table.column("stage").to_pylist(), hours_of(table)
    others = sorted({end for end in ends if end is not None} - set(stages))
    fallen: set[str] = set()
    passed = [FunnelStep("found", len(ends), float(hours.sum()))]
    for stage in (*others, *stages):
        fallen.add(stage)
        there = np.array([end not in fallen for end in ends], bool)
        passed.append(FunnelStep(stage, int(there.sum()), float(hours[there].sum())))
    return passed


def reasons_of(table: pa.Table) -> list[Reason]:
    """Why clips were dropped, the most frequent reason first."""
    ends = list(
        zip(table.column("stage").to_pylist(), table.column("code").to_pylist(), strict=True)
    )
    hours = hours_of(table)
    counts = Counter(end for end in ends if end[0] is not None)
    reasons = [
        Reason(*end, count, float(hours[[other == end for other in ends]].sum()))
        for end, count in counts.items()
    ]
    return sorted(reasons, key=lambda reason: (-reason.clips, reason.stage, reason.code))


def hours_of(table: pa.Table) -> np.ndarray:
    """The length of each clip in hours: float64 [N]; 0 where it is unknown."""
    seconds = numbers(table, "end") - numbers(table, "start")
    return np.nan_to_num(seconds) / 3600


def numbers(table: pa.Table, name: str) -> np.ndarray:
    """A column as float64 [N]; NaN where nothing was measured."""
    if name not in table.column_names:
        return np.full(len(table), np.nan)
    return np.array(table.column(name).to_pylist(), dtype=float)


def draw_funnel(table: pa.Table, path: Path, stages: Sequence[str] = STAGES) -> None:
    """Write the funnel of a manifest as PNG.

    Raises:
        InputError: it cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 10), dpi=DOTS, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subfigures(3, 1, squeeze=False, height_ratios=(1, 1, 0.75))
    top, middle, bottom = rows[:, 0]
    passed = funnel_of(table, stages)
    clips, hours = np.ravel(top.subplots(1, 2))
    _draw_steps(clips, passed, [float(step.clips) for step in passed], "clips", "{:,.0f}")
    _draw_steps(hours, passed, *_in_suited_unit([step.hours for step in passed]))
    _draw_reasons(middle.subplots(), reasons_of(table))
    in_use = np.array([split is not None for split in table.column("split").to_pylist()], bool)
    measured = (
        ("motion S (less: moves more)", numbers(table, SIMILARITY)),
        ("person, share of the frame", numbers(table, SHARE)),
        ("camera turns, degrees", numbers(table, TURN)),
        ("camera travels, median depths", numbers(table, TRAVEL)),
    )
    for axes, (title, values) in zip(np.ravel(bottom.subplots(1, 4)), measured, strict=True):
        _draw_histogram(axes, title, values, in_use)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})


def _in_suited_unit(hours: Sequence[float]) -> tuple[list[float], str, str]:
    """Durations in hours, or in minutes where all are below an hour, with unit and format."""
    if max(hours) >= 1:
        return list(hours), "hours", "{:,.1f}"
    return [60 * each for each in hours], "minutes", "{:.1f}"


def _draw_steps(
    axes: Axes, passed: Sequence[FunnelStep], values: Sequence[float], title: str, form: str
) -> None:
    names = [step.stage for step in passed]
    lost = [0.0, *np.maximum(-np.diff(values), 0)]
    axes.barh(names, values, color=KEPT, height=0.7)
    axes.barh(names, lost, left=list(values), color=DROPPED, height=0.7)
    room = 0.01 * max([*values, 1e-9])
    for row, (value, gone) in enumerate(zip(values, lost, strict=True)):
        axes.text(value + gone + room, row, form.format(value), va="center", fontsize=9)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.1 * max([*values, 1e-9]))
    axes.set_title(f"{title} after each stage (grey: dropped there)", loc="left", fontsize=11)
    _plain(axes)


def _draw_reasons(axes: Axes, reasons: Sequence[Reason]) -> None:
    largest = reasons[:MOST_REASONS]
    more = f" (the first {MOST_REASONS} of {len(reasons)})" if len(reasons) > MOST_REASONS else ""
    axes.set_title(f"why clips were dropped{more}", loc="left", fontsize=11)
    if not largest:
        _say_nothing(axes, "none was")
        return
    axes.barh(
        [f"{reason.stage}: {reason.code}" for reason in largest],
        [reason.clips for reason in largest],
        color=DROPPED,
        height=0.7,
    )
    for row, reason in enumerate(largest):
        axes.text(reason.clips, row, f" {reason.clips:,}", va="center", fontsize=9)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.05 * max(reason.clips for reason in largest))
    _plain(axes)


def _draw_histogram(axes: Axes, title: str, values: np.ndarray, in_use: np.ndarray) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel(title, fontsize=10)
    finite = np.isfinite(values)
    if not finite.any():
        _say_nothing(axes, f"{title}: not measured")
        return
    edges = np.histogram_bin_edges(values[finite], bins=20)
    parts: list[Any] = [values[finite & in_use], values[finite & ~in_use]]
    axes.hist(parts, bins=list(edges), stacked=True, color=[KEPT, DROPPED])
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    _plain(axes)


def _say_nothing(axes: Axes, text: str) -> None:
    axes.text(0.5, 0.5, text, ha="center", va="center", color="grey", transform=axes.transAxes)
    axes.set_axis_off()


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=9)
