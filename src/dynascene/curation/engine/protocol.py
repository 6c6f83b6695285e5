"""The interface of an engine, which takes clips through steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from dynascene.curation.engine.progress import Report
from dynascene.curation.engine.step import Step
from dynascene.curation.engine.store import Item


class Engine(Protocol):
    """Takes clips through steps, in any order and on any number of machines.

    Attributes:
        workers: number of steps that can run at the same time.
    """

    @property
    def workers(self) -> float: ...

    def run(self, items: Sequence[Item], steps: Sequence[Step], report: Report) -> Iterator[Item]:
        """Yield what leaves the last step, as soon as it does.

        Args:
            items: clips that enter the first step.
            steps: in their order.
            report: called with each tick.

        Raises:
            InputError: a step raised it.
        """
        ...
