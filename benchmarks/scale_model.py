"""Curation on more workers than a machine can stand in for: its scheduling without processes.

    python benchmarks/scale_model.py [--workers 100] [--clips 400] [--check]

A discrete-event simulation of ``scale_out.py``: the same stages, which sleep the same times, and
workers that take the next clip of the latest stage that has one. What the engine takes for a step
is one number, and it takes it for one step after the other. With ``--check`` the runs that were
made on Ray are repeated, and how far off each is stands beside it. Lines in markdown, with the
columns of ``scale_out.py``; the second table takes a node of ten away in the middle.
"""

import argparse
import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from scale_out import (
    LOST_AFTER,
    STRAGGLE,
    Run,
    Sleep,
    Step,
    least_seconds,
    stages,
    tail_share,
)

ENGINE_SECONDS = (0.0, 0.034, 0.1, 0.4)  # of a step; 0.034: two workers, nothing else at work
FITTED = 0.4  # to the run of ten workers, on a machine that trained and tested as well
NODES = 10


class RayRun(NamedTuple):
    """What ``scale_out.py`` measured; ``straggle``: how many times as long slow steps took."""

    workers: int
    clips: int
    speed: float
    seconds: float
    straggle: float = STRAGGLE
    loses_node: bool = False


ON_RAY = (
    RayRun(1, 40, 10, 87),
    RayRun(4, 10, 10, 57, straggle=10),
    RayRun(4, 10, 10, 63, straggle=10, loses_node=True),
    RayRun(10, 12, 2, 244),
)


@dataclass(frozen=True)
class Engine:
    """What the engine costs and has.

    Attributes:
        workers: each does one step at a time.
        step: seconds that it takes to start a step, one after the other.
        lost: so many workers are gone from ``lost_at`` on; what they are at is done again.
        lost_at: seconds.
    """

    workers: int
    step: float = 0.0
    lost: int = 0
    lost_at: float = 0.0


class Work(NamedTuple):
    """A clip in a stage."""

    stage: int
    location: str


@dataclass
class _State:
    """Of the simulation at a moment. Workers are numbers; those of a lost node are the first."""

    waiting: list[deque[str]]
    idle: list[int]
    running: list[tuple[float, int, Work, float]] = field(default_factory=list)  # by their ends
    engine_free: float = 0.0
    verdicts: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


def simulate(engine: Engine, stages: Sequence[Sleep], locations: Sequence[str]) -> Run:
    """All clips through all stages, as ``scale_out.measured_run`` measures it."""
    state = _State([deque() for _ in stages], list(range(engine.workers)))
    state.waiting[0].extend(locations)
    is_lost = not engine.lost
    _start(engine, stages, state, 0.0)
    while state.running:
        if not is_lost and state.running[0][0] >= engine.lost_at:
            is_lost = True
            _lose(engine, state)
            _start(engine, stages, state, engine.lost_at)
            continue
        now, worker, work, begin = heapq.heappop(state.running)
        stage = stages[work.stage]
        state.steps.append(Step(stage.name, work.location, begin, now))
        state.idle.append(worker)
        if not stage.keeps(work.location):
            state.verdicts[work.location] = stage.name
        elif work.stage + 1 == len(stages):
            state.verdicts[work.location] = ""
        else:
            state.waiting[work.stage + 1].append(work.location)
        _start(engine, stages, state, now)
    seconds = max(step.end for step in state.steps) - min(step.begin for step in state.steps)
    return Run(seconds, state.verdicts, state.steps)


def _start(engine: Engine, stages: Sequence[Sleep], state: _State, now: float) -> None:
    """Give work to idle workers: of the latest stage that has any."""
    while state.idle:
        number = next((k for k in reversed(range(len(stages))) if state.waiting[k]), None)
        if number is None:
            return
        location, worker = state.waiting[number].popleft(), state.idle.pop()
        begin = state.engine_free = max(now, state.engine_free) + engine.step
        end = begin + stages[number].duration(location)
        heapq.heappush(state.running, (end, worker, Work(number, location), begin))


def _lose(engine: Engine, state: _State) -> None:
    """The first workers go, and what they were at waits again."""
    unfinished = [entry for entry in state.running if entry[1] < engine.lost]
    state.running = [entry for entry in state.running if entry[1] >= engine.lost]
    heapq.heapify(state.running)
    state.idle = [worker for worker in state.idle if worker >= engine.lost]
    for _, _, work, _ in sorted(unfinished):
        state.waiting[work.stage].append(work.location)


def run_of(engine: Engine, clips: int, speed: float = 1.0, straggle: float = STRAGGLE) -> Run:
    """So many clips for each worker, with the names that ``scale_out.py`` gives them."""
    names = [f"{number}.mp4" for number in range(clips * engine.workers)]
    return simulate(engine, stages(speed, Path(), straggle), names)


def with_loss(engine: Engine, nodes: int, seconds: float) -> Engine:
    """The engine whose run of so many seconds loses one of its nodes in the middle."""
    return replace(engine, lost=engine.workers // nodes, lost_at=LOST_AFTER * seconds)


def print_check() -> None:
    """Beside the runs on Ray."""
    print("| workers | videos | on Ray, s | simulated, s | difference |\n" + "| --- " * 5 + "|")
    for run in ON_RAY:
        engine, shape = Engine(run.workers, FITTED), (run.clips, run.speed, run.straggle)
        seconds = run_of(engine, *shape).seconds
        if run.loses_node:
            seconds = run_of(with_loss(engine, run.workers, seconds), *shape).seconds
        what = f"{run.workers}{', one lost' if run.loses_node else ''}"
        off = seconds / run.seconds - 1
        videos = run.clips * run.workers
        print(f"| {what} | {videos} | {run.seconds:g} | {seconds:.0f} | {off:+.0%} |")


def print_size(workers: int, clips: int) -> None:
    """With each cost of the engine, at the speed of the real stages."""
    for step in ENGINE_SECONDS:
        run = run_of(Engine(workers, step), clips)
        efficiency = least_seconds(run.steps, workers) / run.seconds
        rate = 3600 * clips * workers / run.seconds
        print(
            f"| {workers} | {clips * workers:,} | {1000 * step:g} | {run.seconds / 3600:.2f} | "
            f"{rate:,.0f} | {efficiency:.0%} | {tail_share(run.steps, workers):.0%} |",
            flush=True,
        )


def print_loss(workers: int, clips: int) -> None:
    """One node of ten is taken away, at the speed of the real stages."""
    engine = Engine(workers, ENGINE_SECONDS[1])
    whole = run_of(engine, clips)
    fewer = with_loss(engine, NODES, whole.seconds)
    run = run_of(fewer, clips)
    left = (whole.seconds - fewer.lost_at) * workers / (workers - fewer.lost)
    same = "yes" if run.verdicts == whole.verdicts else "NO"
    hours = [seconds / 3600 for seconds in (run.seconds, whole.seconds, fewer.lost_at + left)]
    print(f"| {workers} | {fewer.lost} | {' | '.join(f'{h:.2f}' for h in hours)} | {same} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[100])
    parser.add_argument("--clips", type=int, default=400, help="for each worker")
    parser.add_argument("--check", action="store_true", help="first repeat the runs on Ray")
    arguments = parser.parse_args()
    if arguments.check:
        print_check()
    print("\n| workers | videos | engine, ms a step | hours | videos an hour | efficiency | tail |")
    print("| --- " * 7 + "|")
    for workers in arguments.workers:
        print_size(workers, arguments.clips)
    print("\n| workers | lost | hours | undisturbed | fewer workers' | same verdicts |")
    print("| --- " * 6 + "|")
    for workers in arguments.workers:
        print_loss(workers, arguments.clips)


if __name__ == "__main__":
    main()
