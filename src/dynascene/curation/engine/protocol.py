"""What takes clips through steps, whatever it runs on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from dynascene.curation.engine.progress import Report
from dynascene.curation.engine.step import Step
from dynascene.curation.engine.store import Item


class Engine(Protocol):
    """Takes clips through steps, in whatever order and on however many machines.

    workers: how many steps can be at work at once.
    """

    @property
    def workers(self) -> float: ...

    def run(self, items: Sequence[Item], steps: Sequence[Step], report: Report) -> Iterator[Item]:
        """What comes out of the last step, as it comes; ``report`` is called for each tick.

        Raises InputError where a step does.
        """
        ...
