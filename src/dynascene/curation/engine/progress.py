"""How far a run is: counts for each stage, and an estimate of the time left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class Tick(NamedTuple):
    """One clip has passed one stage.

    Attributes:
        stage: name of the stage.
        clips_kept, clips_dropped: how many of the clips that came out are kept or dropped.
        seconds: duration of the step.
        reused: whether the result was already in the store.
    """

    stage: str
    clips_kept: int
    clips_dropped: int
    seconds: float
    reused: bool


Report = Callable[[Tick], None]


@dataclass
class StageCount:
    """Counts of one stage so far.

    Attributes:
        clips_in: clips that entered.
        clips_kept, clips_dropped: clips that came out.
        reused: clips whose result was already in the store.
        seconds: time spent on the others.
    """

    name: str
    clips_in: int = 0
    clips_kept: int = 0
    clips_dropped: int = 0
    reused: int = 0
    seconds: float = 0.0

    @property
    def clips_computed(self) -> int:
        """Clips whose result was not in the store."""
        return self.clips_in - self.reused


@dataclass
class RunProgress:
    """The counts of all stages, in their order.

    Attributes:
        sources: clips that enter the first stage.
        workers: number of stages that run at the same time.
        started: time.monotonic() at the start.
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
        count.clips_dropped += tick.clips_dropped
        count.reused += tick.reused
        count.seconds += 0.0 if tick.reused else tick.seconds

    def expected(self) -> dict[str, float]:
        """How many clips each stage will take in all, if it keeps the share that it kept so far."""
        coming, totals = float(self.sources), {}
        for count in self.counts.values():
            totals[count.name] = max(coming, float(count.clips_in))
            coming = totals[count.name] * (
                count.clips_kept / count.clips_in if count.clips_in else 1.0
            )
        return totals

    def rate(self, stage: str) -> float:
        """Clips per minute through a stage since the start."""
        passed = max(time.monotonic() - self.started, 1e-9)
        return 60.0 * self.counts[stage].clips_in / passed

    def seconds_left(self) -> float | None:
        """Estimated time left; None until each stage with work left has done a clip."""
        left = 0.0
        for name, coming in self.expected().items():
            count = self.counts[name]
            to_do = coming - count.clips_in
            if to_do > 0 and not count.clips_in:
                return None
            left += to_do * count.seconds / max(count.clips_computed, 1)
        return left / self.workers


@contextmanager
def call_repeatedly(seconds: float, call: Callable[[], None]) -> Generator[None]:
    """Call ``call`` in a thread every ``seconds`` for the length of a ``with`` block."""
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
        """Show ``progress``, which changes while the ``with`` block runs."""
        ...


class NoWatcher:
    """Shows nothing."""

    @contextmanager
    def watching(self, progress: RunProgress) -> Generator[None]:
        """See ``Watcher``."""
        yield
