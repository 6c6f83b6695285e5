"""What is said of how rows are measured."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import arg

from dynascene.interfaces.cli.arguments import optional


@dataclass(frozen=True, kw_only=True)
class TableMeasureOptions:
    """The clips and the metrics that each row is measured by.

    Args:
        data: further benchmarks, as dynascene evaluate takes them.
        test_clips: clips of each benchmark.
        seconds: that the frames of a filmed benchmark span (default: 1 at size micro, else
            neighbouring frames).
        metrics: of the field's metrics these alone, as dynascene evaluate takes them.
        metric_weights: folder of the published weights that metrics read.
    """

    data: Annotated[tuple[str, ...], optional("BENCH…")] = ()
    test_clips: Annotated[int, arg(metavar="N")] = 64
    seconds: Annotated[float | None, optional("S")] = None
    metrics: Annotated[tuple[str, ...], optional("NAME…")] = ()
    metric_weights: Annotated[Path | None, optional("DIR")] = None

    def settings(self) -> dict[str, Any]:
        """As ``ReproductionRequest`` takes them."""
        return asdict(self) | {"metrics": self.metrics or None}
