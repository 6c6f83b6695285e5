"""All steps one after another without Ray: for few clips, for debugging and for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from dynascene.curation.engine.process import WorkProcess
from dynascene.curation.engine.progress import Report
from dynascene.curation.engine.step import Step, StepResult
from dynascene.curation.engine.store import Item


class Loop:
    """Takes one clip at a time. The steps run in one child process.

    The process ends with the ``with`` block.
    """

    workers = 1.0

    def __init__(self) -> None:
        self._process = WorkProcess()

    def __enter__(self) -> Loop:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.end()

    def run(self, items: Sequence[Item], steps: Sequence[Step], report: Report) -> Iterator[Item]:
        """See ``Engine``."""
        calls = [partial(self._process.run, step) for step in steps]
        for item in items:
            yield from _through([item], calls, report)


def _through(
    items: Iterable[Item], calls: Sequence[Callable[[Item], StepResult]], report: Report
) -> Iterator[Item]:
    """Each clip through all steps before the next one begins."""
    if not calls:
        yield from items
        return
    for item in items:
        passed = calls[0](item)
        if passed.tick:
            report(passed.tick)
        yield from _through(passed.items, calls[1:], report)
