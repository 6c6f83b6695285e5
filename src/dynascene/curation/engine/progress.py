"""How far a run is: counts of each stage, and the time that is left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class Tick(NamedTuple):
    """One clip has passed one stage. kept, dropped: of what came out. seconds: of work.

    reused: the result was found, not made.
    """

    stage: str
    clips_kept: int
    dropped: int
    seconds: float
    reused: bool


Report = Callable[[Tick], None]


@dataclass
class StageCount:
    """What a stage took in and gave out so far. seconds: of the work that was not reused."""

    name: str
    clips_in: int = 0
    clips_kept: int = 0
    dropped: int = 0
    reused: int = 0
    seconds: float = 0.0

    @property
    def clips_computed(self) -> int:
        """Clips that were worked on, not found finished."""
        return self.clips_in - self.reused


@dataclass
class RunProgress:
    """The counts of all stages, in their order.

    sources: clips that enter the first stage. workers: stages that work at the same time.
    """

    stages: Sequence[str]
    sources: int
    workers: float = 1.0
    counts: dict[str, StageCount] = field(init=False)
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.counts = {name: StageCount(name) for name in self.stages}

    def add(self, tick: Tick) -> None:
        count = self.counts[tick.stage]
        count.clips_in += 1
        count.clips_kept += tick.clips_kept
        count.dropped += tick.dropped
        count.reused += tick.reused
        count.seconds += 0.0 if tick.reused else tick.seconds

    def expected(self) -> dict[str, float]:
        """Clips that each stage will take in all, if the rest fares as those before."""
        coming, totals = float(self.sources), {}
        for count in self.counts.values():
            totals[count.name] = max(coming, float(count.clips_in))
            coming = totals[count.name] * (
                count.clips_kept / count.clips_in if count.clips_in else 1.0
            )
        return totals

    def rate(self, stage: str) -> float:
        """Clips a minute through a stage, since the start."""
        passed = max(time.monotonic() - self.started, 1e-9)
        return 60.0 * self.counts[stage].clips_in / passed

    def seconds_left(self) -> float | None:
        """What is left to do, shared by the workers; None before a stage that has still work to do
        has shown what a clip costs there."""
        left = 0.0
        for name, coming in self.expected().items():
            count = self.counts[name]
            to_do = coming - count.clips_in
            if to_do > 0 and not count.clips_in:
                return None
            left += to_do * count.seconds / max(count.clips_computed, 1)
        return left / self.workers


@contextmanager
def repeated(seconds: float, call: Callable[[], None]) -> Generator[None]:
    """Meanwhile ``call`` is called again and again, by a thread, with ``seconds`` in between."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(seconds):
            call()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class Watcher(Protocol):
    """Shows a run to a person."""

    def watching(self, progress: RunProgress) -> AbstractContextManager[None]:
        """Show ``progress``, which changes meanwhile."""
        ...


class Unwatched:
    """Shows nothing."""

    @contextmanager
    def watching(self, progress: RunProgress) -> Generator[None]:
        """See ``Watcher``."""
        yield
