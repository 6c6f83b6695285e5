"""Which of the field's metrics an evaluation measures."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dynascene.errors import InputError
from dynascene.evaluation.metrics.measures import (
    LIGHT_METRICS,
    MATTE_METRICS,
    PAPER_METRICS,
    PIXEL_METRICS,
    ClipMetric,
    SetMetric,
)
from dynascene.evaluation.metrics.networks import open_networks


@dataclass(frozen=True)
class FieldMetrics:
    """Metrics in the order of their columns.

    Attributes:
        clips: numbers of single clips. sets: distances between all clips.
        missing: one line for each metric that is left out for want of its weights.
    """

    clips: Sequence[ClipMetric] = (*PIXEL_METRICS, *PAPER_METRICS, *MATTE_METRICS)
    sets: Sequence[SetMetric] = ()
    missing: Sequence[str] = field(default_factory=list)

    @property
    def columns(self) -> list[ClipMetric | SetMetric]:
        """As papers order them: pixels, networks, distances, then the paper's conventions."""
        last = {m.name for m in (*LIGHT_METRICS, *PAPER_METRICS, *MATTE_METRICS)}
        first = [metric for metric in self.clips if metric.name not in last]
        return [*first, *self.sets, *(metric for metric in self.clips if metric.name in last)]


def choose_metrics(names: Sequence[str] | None = None, folder: Path | None = None) -> FieldMetrics:
    """The metrics of these names.

    Args:
        names: None: all whose weights are there, but those of light.
        folder: of published weights; None: in the cache.

    Raises:
        InputError: a name is none, or its weights are missing; and as ``open_networks``.
    """
    networks = open_networks(folder)
    whole = FieldMetrics(
        (*PIXEL_METRICS, *networks.clips, *PAPER_METRICS, *MATTE_METRICS),
        networks.sets,
        networks.missing,
    )
    if names is None:
        return whole
    whole = replace(whole, clips=(*whole.clips, *LIGHT_METRICS))
    present = {metric.name for metric in whole.columns}
    for name in names:
        if name not in present:
            titles = [(line.partition(":")[0].lower(), line) for line in networks.missing]
            why = [line for title, line in titles if name.replace("_", "-") in _names(title)]
            there = f"there is {', '.join(sorted(present))}"
            raise InputError(f"`metrics` {name}: " + (why[0] if why else there))
    return FieldMetrics(
        [metric for metric in whole.clips if metric.name in names],
        [metric for metric in whole.sets if metric.name in names],
    )


def _names(titles: str) -> list[str]:
    return [title.strip().replace("_", "-") for title in titles.split(",")]
