"""Which of the field's metrics an evaluation measures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
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
from dynascene.evaluation.metrics.networks import NETWORK_METRICS, open_networks


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
    """The metrics of these names; no other network is opened.

    Args:
        names: None: all whose weights are there, but those of light.
        folder: of published weights; None: in the cache.

    Raises:
        InputError: a name is none, or its weights are missing; and as ``open_networks``.
    """
    plain = (*PIXEL_METRICS, *PAPER_METRICS, *MATTE_METRICS, *LIGHT_METRICS)
    valid_names = {*(metric.name for metric in plain), *NETWORK_METRICS}
    if unknown := [name for name in names or () if name not in valid_names]:
        raise InputError(f"`metrics` {unknown[0]}: there is {', '.join(sorted(valid_names))}")
    networks = open_networks(folder, names)
    clips = (*PIXEL_METRICS, *networks.clips, *PAPER_METRICS, *MATTE_METRICS)
    if names is None:
        return FieldMetrics(clips, networks.sets, networks.missing)
    if networks.missing:
        raise InputError(f"`metrics`: {networks.missing[0]}")
    return FieldMetrics(
        [metric for metric in (*clips, *LIGHT_METRICS) if metric.name in names],
        [metric for metric in networks.sets if metric.name in names],
    )
