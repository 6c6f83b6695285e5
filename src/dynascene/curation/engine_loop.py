"""All steps one after another in this process: for few clips, for debugging, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from dynascene.curation.engine_step import Step
from dynascene.curation.progress import Report
from dynascene.curation.store import Item


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


class Loop:
    """This process alone."""

    workers = 1.0

    def run(self, items: Sequence[Item], steps: Sequence[Step], report: Report) -> Iterator[Item]:
        for item in items:
            yield from _through([item], steps, report)


def _through(items: Iterable[Item], steps: Sequence[Step], report: Report) -> Iterator[Item]:
    """Each clip through all steps before the next one begins."""
    if not steps:
        yield from items
        return
    for item in items:
        passed = steps[0](item)
        if passed.tick:
            report(passed.tick)
        yield from _through(passed.items, steps[1:], report)
