"""The clips of an evaluation: finished ones are read, the others judged here or by several workers.

Workers run on Ray, as those of curation. Each opens benchmark, features and metrics by itself, and
writes what it has measured into the journal, so that nothing but numbers of clips travels.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from dynascene.curation.clip import Clip, Source
from dynascene.curation.engine.choice import LocalRay, start_engine
from dynascene.curation.engine.progress import Tick
from dynascene.curation.engine.step import StepResult
from dynascene.curation.engine.store import Item
from dynascene.errors import InputError
from dynascene.evaluation.benchmark_manifest import ClipBenchmark
from dynascene.evaluation.clip_journal import ClipJournal
from dynascene.evaluation.clip_results import ClipResult, ClipTask, external_checksums, judge_clip
from dynascene.memory import give_back_memory

WORK = "work.pickle"


class Work(NamedTuple):
    """What has to be done: the benchmark, what is measured, and where results are kept."""

    benchmark: ClipBenchmark
    task: ClipTask
    journal: ClipJournal

    def finished(self, index: int) -> ClipResult | None:
        """A clip's result from the journal; None also where its video made elsewhere is new."""
        result = self.journal.read(index)
        if result is None or result.external != external_checksums(self.task, result.name):
            return None
        return result

    def judge(self, index: int) -> ClipResult:
        """Judge a clip and record it. Errors as ``judge_clip``."""
        result = judge_clip(self.task, self.benchmark, index)
        self.journal.write(index, result)
        give_back_memory()  # pictures and maps of this clip, before the next one has its own
        return result


def judged_clips(
    work: Work, workers: int, open_work: Callable[[], Work], step: Callable[[], None]
) -> Iterator[ClipResult]:
    """The results of all clips, in order.

    Args:
        work: of this process.
        workers: processes; 1: this one.
        open_work: makes the same work in another process; it can be pickled by Ray.
        step: called after each clip.

    Raises:
        InputError: as ``judge_clip``; or Ray is not installed or does not start.
    """
    numbers = range(len(work.benchmark))
    if workers > 1:
        missing = [index for index in numbers if work.finished(index) is None]
        for _ in range(len(numbers) - len(missing)):
            step()
        if missing:
            _judge_on_ray(work, missing, workers, open_work, step)
    for index in numbers:
        result = work.finished(index)
        if result is None and workers > 1:
            raise InputError(f"{work.journal.folder}: was changed while workers wrote into it")
        if workers == 1:
            step()
        yield result or work.judge(index)


def _judge_on_ray(
    work: Work,
    missing: Sequence[int],
    workers: int,
    open_work: Callable[[], Work],
    step: Callable[[], None],
) -> None:
    folder = work.journal.folder
    with start_engine(LocalRay(workers)) as engine:
        from ray import cloudpickle  # systems and metrics hold functions without a name

        folder.mkdir(parents=True, exist_ok=True)
        (folder / WORK).write_bytes(cloudpickle.dumps(open_work))
        items = [Item(str(index), Clip(Source(str(index)), Path())) for index in missing]
        for _ in engine.run(items, [JudgingStep(str(folder / WORK))], lambda _: step()):
            pass


@dataclass(frozen=True)
class JudgingStep:
    """Judges the clip whose number an item's key is.

    Attributes:
        work: a file with a function that makes the work.
    """

    work: str
    name: str = "clips"
    processors: float = 1.0
    accelerators: float = 0.0

    def __call__(self, item: Item) -> StepResult:
        """See ``Step``."""
        begin = time.perf_counter()
        _opened(self.work).judge(int(item.key))
        return StepResult([item], Tick(self.name, 1, 0, time.perf_counter() - begin, False))


@lru_cache(maxsize=1)
def _opened(path: str) -> Work:
    """Once per process, because weights take long to load. This run wrote the file itself."""
    from ray import cloudpickle

    return cloudpickle.loads(Path(path).read_bytes())()
