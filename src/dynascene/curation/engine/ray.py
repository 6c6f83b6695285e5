"""The steps on Ray Data: on the cores of this machine, or on a cluster.

Every step is an operator of one streaming plan. Steps on the CPU are tasks: any free process takes
the next clip and keeps the model that it loaded. Steps on a GPU are actors that hold their share of
it. No step works on more clips than it has workers, so clips move through all steps instead of
queueing at one. A row is one clip as a line of JSON; pixels never travel.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dynascene.curation.engine.progress import Report, Tick, call_repeatedly
from dynascene.curation.engine.step import Step
from dynascene.curation.engine.store import Item, item_from_text, text_of_item
from dynascene.errors import InputError, first_line
from dynascene.extras import require

OBJECT_STORE = 100 << 20  # bytes; rows are small
POLL = 0.5  # seconds
CONNECTING = 10  # seconds
STARTS = 3
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",  # Ray's default of 15 starves workers on a busy machine
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}

Row = Mapping[str, str]


@dataclass(frozen=True)
class OnRay:
    """A running Ray.

    Attributes:
        processors, accelerators: numbers of CPU cores and GPUs of the whole cluster.
    """

    processors: float
    accelerators: float

    @property
    def workers(self) -> float:
        return self.processors

    def run(self, items: Sequence[Item], steps: Sequence[Step], report: Report) -> Iterator[Item]:
        """See ``Engine``."""
        import ray

        if not items or not steps:
            yield from items
            return
        ticks = ray.remote(num_cpus=0)(_Ticks).remote()
        rows = ray.data.from_items([{"clip": text_of_item(item), "fatal": ""} for item in items])
        for step in steps:
            # one clip to a block, so that the shots of a video spread over the workers
            rows = rows.repartition(target_num_rows_per_block=1)
            rows = rows.flat_map(**self.operator(step, steps, ticks))
        with _pass_on_ticks(ticks, report), _errors_in_one_line():
            for row in rows.iter_rows():
                if row["fatal"]:
                    raise InputError(row["fatal"])
                yield item_from_text(row["clip"])

    def operator(self, step: Step, steps: Sequence[Step], ticks: Any) -> dict[str, Any]:
        """The arguments of ``flat_map`` for a step."""
        import ray

        if not (step.accelerators and self.accelerators):
            share = min(step.processors, self.processors)
            most = max(1, int(self.processors / share))
            return {
                "fn": _function(step, ticks),
                "compute": ray.data.TaskPoolStrategy(size=most),
                "num_cpus": share,
            }
        # An actor keeps its share to the end: without one for each step the run would not finish.
        demand = sum(other.accelerators for other in steps)
        share = step.accelerators * min(1.0, self.accelerators / demand)
        most = max(1, int(self.accelerators / share))
        return {
            "fn": _Worker,
            "fn_constructor_args": (step, ticks),
            "compute": ray.data.ActorPoolStrategy(min_size=1, max_size=most),
            "num_cpus": 0,  # the cores are for the steps on the CPU
            "num_gpus": share,
        }


@contextmanager
def ray_started(address: str | None = None, workers: int | None = None) -> Generator[OnRay]:
    """Ray for the length of a ``with`` block.

    Args:
        address: HOST:PORT of a running cluster; None: start Ray on this machine.
        workers: cores to use on this machine; None: all.

    Raises:
        InputError: Ray is not installed or does not start, or the cluster does not answer.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    require("curation", "work on several clips at once", ["ray"])
    import ray
    import ray.data

    if address:
        _check_answers(address)
        _start(1, address=address)
    else:
        _start(
            STARTS,
            address="local",
            num_cpus=workers or _cores(),
            object_store_memory=OBJECT_STORE,
            include_dashboard=False,
        )
    try:
        _configure()
        resources = ray.cluster_resources()
        yield OnRay(resources.get("CPU", 1.0), resources.get("GPU", 0.0))
    finally:
        ray.shutdown()


def _start(attempts: int, **options: Any) -> None:
    import ray

    try:
        with _sigterm_as_before():
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **options)
    except Exception as error:  # Ray raises no narrower class when it times out
        ray.shutdown()
        if attempts > 1:
            return _start(attempts - 1, **options)
        raise InputError(f"Ray does not start: {first_line(error)}") from None


@contextmanager
def _sigterm_as_before() -> Generator[None]:
    """Meet SIGTERM as before at the end; Ray's own handler ends a process without cleaning up."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say how signals are met, and Ray leaves them alone
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    except SystemExit:  # of Ray's handler: SIGTERM came while Ray started
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)
        raise
    finally:
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:  # else it is being met already
            signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _configure() -> None:
    import ray.data

    context = ray.data.DataContext.get_current()
    # else it keeps a core for each stage without work
    context.op_resource_reservation_enabled = False
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)


def _check_answers(address: str) -> None:
    """Raise InputError where nothing listens at HOST:PORT; Ray itself would wait for minutes."""
    match = re.fullmatch(r"(?:ray://)?([^:/]+):(\d+)", address)
    if not match:
        return  # a word that Ray knows, such as "auto"
    try:
        socket.create_connection((match[1], int(match[2])), CONNECTING).close()
    except OSError as error:
        why = error.strerror or error
        raise InputError(f"no Ray cluster answers at {address}: {why}") from None


def _cores() -> int:
    """CPU cores that this process may use; in a container fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Ticks:
    """Collects the ticks of all workers until the driver fetches them."""

    def __init__(self) -> None:
        self.waiting: list[Tick] = []

    def add(self, tick: Tick) -> None:
        self.waiting.append(tick)

    def drain(self) -> list[Tick]:
        ticks, self.waiting = self.waiting, []
        return ticks


@contextmanager
def _pass_on_ticks(ticks: Any, report: Report) -> Generator[None]:
    """Report the collected ticks twice a second, and the rest at the end."""
    import ray

    def pass_on() -> None:
        for tick in ray.get(ticks.drain.remote()):
            report(tick)

    with call_repeatedly(POLL, pass_on):
        yield
    pass_on()


@contextmanager
def _errors_in_one_line() -> Generator[None]:
    """Turn Ray's own failures, such as a node that lacks this package, into InputError."""
    import ray.exceptions

    try:
        yield
    except ray.exceptions.RayError as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(f"Ray gave up: {lines[-1].strip()}") from error


class _Worker:
    """A step as an actor: a process of its own."""

    def __init__(self, step: Step, ticks: Any) -> None:
        self.step, self.ticks = step, ticks

    def __call__(self, row: Row) -> list[Row]:
        import ray

        if row["fatal"]:
            return [row]
        try:
            passed = self.step(item_from_text(row["clip"]))
        except InputError as error:
            return [{"clip": "", "fatal": str(error)}]
        if passed.tick:
            ray.get(self.ticks.add.remote(passed.tick))  # else the run might end before it arrives
        return [{"clip": text_of_item(item), "fatal": ""} for item in passed.items]


def _function(step: Step, ticks: Any) -> Callable[[Row], list[Row]]:
    """A step as a plain function, which Ray Data runs as tasks."""

    def work(row: Row) -> list[Row]:
        return _Worker(step, ticks)(row)

    return work
