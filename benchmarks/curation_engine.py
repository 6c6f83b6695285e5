"""What does the engine cost, and what does a second worker bring?

    python benchmarks/curation_engine.py [--clips 40] [--seconds 0.2] [--skip-ray]

Stages that only wait or only count stand for the real ones, so that nothing but the engine is
measured. Prints a table in markdown:

- overhead: milliseconds that the engine adds to a stage for each clip, over calling it in a loop,
  when work is made and when it is found again; without Ray (``Loop``) and on Ray with one worker;
- two workers against one on Ray: a ratio of wall times, for stages that sleep (what the engine
  allows) and for stages that compute (what this machine allows). Starting Ray is left out.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from dynascene.curation.clip import Clip, Source
from dynascene.curation.engine.loop import Loop
from dynascene.curation.engine.progress import RunProgress
from dynascene.curation.engine.protocol import Engine
from dynascene.curation.engine.ray import ray_started
from dynascene.curation.engine.store import Store
from dynascene.curation.pipeline import Plan, run_plan

STAGES = 3


@dataclass(frozen=True)
class Work:
    """Takes ``seconds``, of sleep or of computing."""

    name: str
    seconds: float
    computing: bool = False
    version: int = 1
    processors: float = 1.0
    accelerators: float = 0.0

    @property
    def config(self) -> tuple[float, bool]:
        """Processes keep a stage for others with the same config."""
        return self.seconds, self.computing

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        if not self.computing:
            time.sleep(self.seconds)
            return [clip]
        until = time.thread_time() + self.seconds
        while time.thread_time() < until:
            sum(range(1000))
        return [clip.with_values(self.name, done=True)]


class Unseen:
    """Shows nothing."""

    def watching(self, tally: RunProgress) -> AbstractContextManager[None]:
        return nullcontext()

    def notice(self, text: str) -> None:
        pass


def opened(source: Source) -> Path:
    return Path(source.location)


def stages(seconds: float, computing: bool = False) -> list[Work]:
    return [Work(f"stage{number}", seconds, computing) for number in range(STAGES)]


def wall(engine: Engine, sources: Sequence[Source], works: Sequence[Work], store: Store) -> float:
    """Seconds of a run."""
    begin = time.perf_counter()
    run_plan(sources, Plan(opened, works, list, ()), store, engine, Unseen())
    return time.perf_counter() - begin


def called_in_a_loop(sources: Sequence[Source], works: Sequence[Work], folder: Path) -> float:
    begin = time.perf_counter()
    for source in sources:
        clip = Clip(source, opened(source))
        for work in works:
            (clip,) = work(clip, folder)
    return time.perf_counter() - begin


def overheads(name: str, engine: Engine, sources: Sequence[Source], folder: Path) -> None:
    """Prints the cost for each clip and stage, of work made and of work found."""
    works, store = stages(0.0), Store(folder / name)
    plain = called_in_a_loop(sources, works, folder)
    for state in ("made", "found"):
        spent = wall(engine, sources, works, store) - plain
        print(f"| overhead, {name}, {state} | {1e3 * spent / len(sources) / STAGES:.1f} ms |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=0.2, help="a stage takes for a clip")
    parser.add_argument("--skip-ray", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = []
        for number in range(options.clips):
            (folder / f"{number}.txt").write_text(str(number))
            sources.append(Source(str(folder / f"{number}.txt")))
        print("| what | figure |\n| --- | --- |")
        with Loop() as engine:
            wall(engine, sources, stages(0.0), Store(folder / "warm"))  # its process starts
            overheads("loop", engine, sources, folder)
        if not options.skip_ray:
            compare_workers(sources, options.seconds, folder)


def compare_workers(sources: Sequence[Source], seconds: float, folder: Path) -> None:
    spent: dict[tuple[int, bool], float] = {}
    for workers in (1, 2):
        with ray_started(workers=workers) as engine:
            wall(engine, sources, stages(0.0), Store(folder / f"warm{workers}"))  # processes start
            if workers == 1:
                overheads("ray", engine, sources, folder)
            for computing in (False, True):
                store = Store(folder / f"{workers}{computing}")
                spent[workers, computing] = wall(engine, sources, stages(seconds, computing), store)
    for computing, kind in ((False, "sleep"), (True, "compute")):
        ratio = spent[1, computing] / spent[2, computing]
        print(f"| two workers against one, stages that {kind} | {ratio:.2f}× |")


if __name__ == "__main__":
    main()
