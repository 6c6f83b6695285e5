"""How does curation spread over many workers, what do stragglers cost, and what does a lost node?

    python benchmarks/scale_out.py [--workers 1 10 100] [--clips 40] [--speed 20] [--lose]

The curation engine itself, on a Ray cluster of several nodes on this machine, with stages that
sleep: as long as docs/curation.md measured for the real ones, divided by ``--speed``. Workers that
sleep need no core, so a small machine stands in for a large one; what the engine and Ray compute
themselves is real and shares the cores that are there. A line in markdown for each size:

- efficiency: the least time that so many workers can take (the work divided by them, or the longest
  video alone), divided by the time that passed;
- tail: the share of the time in which less than half of the workers had something to do at the end;
- with ``--lose``, a node of the cluster is taken away in the middle, and no other one comes: the
  time against what was left of the workers, steps that had to be done again, and whether every clip
  got the verdict it gets undisturbed.
"""

import argparse
import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dynascene.curation.clip import Clip, Source
from dynascene.curation.engine.progress import RunProgress
from dynascene.curation.engine.ray import SETTINGS, OnRay, ray_started
from dynascene.curation.engine.store import Store
from dynascene.curation.pipeline import Plan, run_plan

# Of each stage: CPU seconds of a clip, and the share of its clips that it drops.
STAGES = {
    "probe": (0.12, 0.2),
    "shots": (0.8, 0.1),
    "person": (1.5, 0.5),
    "motion": (0.4, 0.3),
    "matte": (65.0, 0.1),
    "camera": (15.0, 0.4),
}
SPREAD = 0.5  # standard deviation of the logarithm of a stage's time
STRAGGLERS, STRAGGLE = 0.02, 4.0  # share of the steps that take so many times as long
NODES = 5  # at most
LOST_AFTER = 0.4  # of the undisturbed time


@dataclass(frozen=True)
class Sleep:
    """A stage that sleeps and drops, as a clip's name decides."""

    name: str
    seconds: float
    drops: float
    journal: Path
    straggle: float = STRAGGLE
    version: int = 1
    processors: float = 1.0
    accelerators: float = 0.0

    @property
    def config(self) -> float:
        return self.seconds

    def draws(self, location: str) -> np.ndarray:
        """Numbers of a clip in this stage, the same in every run."""
        seed = hashlib.sha256(f"{self.name} {location}".encode()).digest()[:8]
        return np.random.default_rng(int.from_bytes(seed, "big")).random(4)

    def duration(self, location: str) -> float:
        """Seconds: a log-normal distribution by the Box-Muller transform, with stragglers."""
        first, second, third, _ = self.draws(location)
        normal = np.sqrt(-2 * np.log(1 - first)) * np.cos(2 * np.pi * second)
        slow = self.straggle if third < STRAGGLERS else 1.0
        return float(self.seconds * slow * np.exp(SPREAD * normal - SPREAD**2 / 2))

    def keeps(self, location: str) -> bool:
        return bool(self.draws(location)[3] >= self.drops)

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        location = Path(clip.source.location).name
        begin = time.time()
        time.sleep(self.duration(location))
        with self.journal.open("a") as journal:  # one short write at the end of the file is whole
            journal.write(f"{self.name} {location} {begin} {time.time()}\n")
        if self.keeps(location):
            return [clip]
        return [clip.rejected(self.name, "dropped", "as its name decides")]


class Unseen:
    """Shows nothing."""

    def watching(self, progress: RunProgress) -> AbstractContextManager[None]:
        return nullcontext()

    def notice(self, text: str) -> None:
        pass


class Step(NamedTuple):
    """A line of the journal: a stage that was done for a clip, between two times in seconds."""

    stage: str
    location: str
    begin: float
    end: float


class Run(NamedTuple):
    """What a run took and left behind.

    Attributes:
        seconds: from the first step's begin to the last one's end.
        verdicts: of each source, the stage that dropped it or "".
        steps: what was done.
    """

    seconds: float
    verdicts: dict[str, str]
    steps: list[Step]


def stages(speed: float, journal: Path, straggle: float = STRAGGLE) -> list[Sleep]:
    return [
        Sleep(name, seconds / speed, drops, journal, straggle)
        for name, (seconds, drops) in STAGES.items()
    ]


def local_file(source: Source) -> Path:
    return Path(source.location)


def sources_in(folder: Path, count: int) -> list[Source]:
    """Files with a few bytes each, so that fetching and checksums are real as well."""
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.mp4").write_bytes(f"video {number}".encode())
    return [Source(str(folder / f"{number}.mp4")) for number in range(count)]


def measured_run(
    engine: OnRay, sources: Sequence[Source], speed: float, disturb: Callable[[], None] | None
) -> Run:
    """Curate the sources once, from nothing."""
    with tempfile.TemporaryDirectory() as name:
        journal = Path(name) / "journal"
        journal.touch()
        plan = Plan(local_file, stages(speed, journal), list, ())
        if disturb:
            threading.Thread(target=disturb, daemon=True).start()
        clips = run_plan(sources, plan, Store(Path(name) / "work"), engine, Unseen())
        steps = [step_of(line) for line in journal.read_text().splitlines()]
    verdicts = {
        Path(clip.source.location).name: clip.rejection.stage if clip.rejection else ""
        for clip in clips
    }
    seconds = max(step.end for step in steps) - min(step.begin for step in steps)
    return Run(seconds, verdicts, steps)


def step_of(line: str) -> Step:
    stage, location, begin, end = line.split()
    return Step(stage, location, float(begin), float(end))


def least_seconds(steps: Sequence[Step], workers: float) -> float:
    """What no schedule can beat: the work shared evenly, and each video's own stages in a row."""
    by_video: dict[str, float] = {}
    for step in steps:
        by_video[step.location] = by_video.get(step.location, 0.0) + step.end - step.begin
    return max(sum(by_video.values()) / workers, *by_video.values())


def tail_share(steps: Sequence[Step], workers: float) -> float:
    """The share of the run after the last moment at which half of the workers were at work."""
    changes = sorted([(step.begin, 1) for step in steps] + [(step.end, -1) for step in steps])
    busy, last = 0, changes[0][0]
    for moment, change in changes:
        if busy >= workers / 2:
            last = moment
        busy += change
    return (changes[-1][0] - last) / (changes[-1][0] - changes[0][0])


@contextmanager
def cluster(workers: int) -> Generator[tuple[OnRay, Any, int]]:
    """A Ray cluster on this machine.

    Yields:
        the engine, the cluster, and the workers of each of its nodes. The head has none.
    """
    os.environ.update(SETTINGS)
    from ray.cluster_utils import Cluster

    each = max(1, workers // NODES)
    nodes = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    try:
        for _ in range(workers // each):
            nodes.add_node(num_cpus=each, object_store_memory=100 << 20)
        nodes.wait_for_nodes()
        with ray_started(nodes.address) as engine:
            yield engine, nodes, each
    finally:
        nodes.shutdown()


def print_size(workers: int, clips: int, speed: float) -> Run:
    """The line of an undisturbed run."""
    with tempfile.TemporaryDirectory() as name, cluster(workers) as (engine, _, _):
        run = measured_run(engine, sources_in(Path(name) / "videos", clips), speed, None)
    least = least_seconds(run.steps, workers)
    print(
        f"| {workers} | {clips} | {run.seconds:.0f} | {3600 * clips / run.seconds / speed:,.0f} "
        f"| {least / run.seconds:.0%} | {tail_share(run.steps, workers):.0%} |",
        flush=True,
    )
    return run


def print_loss(workers: int, clips: int, speed: float, undisturbed: Run) -> None:
    """The line of a run that loses a node of its cluster."""
    with tempfile.TemporaryDirectory() as name, cluster(workers) as (engine, nodes, each):
        lost_after = LOST_AFTER * undisturbed.seconds

        def lose() -> None:
            time.sleep(lost_after)
            nodes.remove_node(max(nodes.worker_nodes, key=str), allow_graceful=False)

        sources = sources_in(Path(name) / "videos", clips)
        run = measured_run(engine, sources, speed, lose)
    repeats = len(run.steps) - len({(step.stage, step.location) for step in run.steps})
    before = undisturbed.seconds - lost_after
    allowed = lost_after + before * workers / (workers - each)
    same = "yes" if run.verdicts == undisturbed.verdicts else "NO"
    print(
        f"| {workers} | {each} | {run.seconds:.0f} | {undisturbed.seconds:.0f} | {allowed:.0f} "
        f"| {repeats} of {len(run.steps)} | {same} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--clips", type=int, default=40, help="for each worker")
    parser.add_argument("--speed", type=float, default=20.0, help="how much shorter sleeps are")
    parser.add_argument("--lose", action="store_true", help="take a node away as well")
    arguments = parser.parse_args()
    runs = {}
    print("| workers | videos | seconds | videos an hour, real stages | efficiency | tail |")
    print("| --- " * 6 + "|")
    for workers in arguments.workers:
        runs[workers] = print_size(workers, arguments.clips * workers, arguments.speed)
    if arguments.lose:
        print("\n| workers | lost | seconds | undisturbed | fewer workers' | repeated | same |")
        print("| --- " * 7 + "|")
    for workers in arguments.workers if arguments.lose else []:
        if workers > 1:
            print_loss(workers, arguments.clips * workers, arguments.speed, runs[workers])


if __name__ == "__main__":
    main()
