"""Processes of the app's jobs: what they tell, how they are stopped, and what a stop leaves."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dynascene.interfaces.app import workers as module
from dynascene.interfaces.app.store import Job, JobStore
from dynascene.interfaces.app.workers import Workers

ADA, BOB = "a" * 32, "b" * 32
# what work.py does, in small: the clip's name says how the job goes
WORK = r"""
import json, os, pathlib, signal, sys, threading
def tell(**event): print(json.dumps(event), flush=True)
def end(): os.read(0, 1); os.kill(os.getpid(), signal.SIGTERM)
order = json.loads(sys.stdin.readline())
out, way = pathlib.Path(order["out"]), order["draft"]["clip"]
threading.Thread(target=end, daemon=True).start()
out.mkdir()
(out / "half").write_text("half written")
tell(stage="frames", total=3)
tell(step=2)
tell(notice="it begins")
if way == "waits": threading.Event().wait()
if way == "fails": tell(end="failed", message="`horizon` 7: too low")
if way == "breaks": os._exit(3)
if way == "works": tell(end="done", changes={"matte": str(out)})
"""


@contextmanager
def working(folder: Path) -> Iterator[tuple[JobStore, Workers]]:
    store = JobStore(folder / "jobs.sqlite")
    workers = Workers(store, folder / "sessions")
    workers.start()
    try:
        yield store, workers
    finally:
        workers.close()
        store.close()


@pytest.fixture(autouse=True)
def small_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMMAND", [sys.executable, "-S", "-c", WORK])


def begun(store: JobStore, workers: Workers, way: str, session: str = ADA) -> Job:
    store.change(session, clip=way)
    job = store.add(session, "matte")
    workers.wake()
    return job


def stands(store: JobStore, job: Job, *states: str) -> Job:
    """Wait until a job is in one of the states."""
    until = threading.Event()
    for _ in range(6000):  # a minute, and more on a busy machine
        if store.job(job.id).state in states:
            return store.job(job.id)
        until.wait(0.01)
    raise AssertionError(store.job(job.id))


def test_a_finished_job_has_told_all_and_changed_the_draft(tmp_path: Path) -> None:
    with working(tmp_path) as (store, workers):
        job = stands(store, begun(store, workers, "works"), "done")
        assert (job.stage, job.step, job.total, job.notices) == ("frames", 2, 3, ("it begins",))
        assert store.draft(ADA).matte == str(workers.result_folder(job))
        assert workers.result_folder(job).is_dir()


def test_a_result_for_another_clip_leaves_the_draft(tmp_path: Path) -> None:
    with working(tmp_path) as (store, workers):
        first = begun(store, workers, "waits")
        stands(store, first, "running")
        second = begun(store, workers, "works", BOB)
        store.change(BOB, clip="another")
        workers.cancel(first.id)
        stands(store, second, "done")
        assert store.draft(BOB).matte is None


@pytest.mark.parametrize(
    ("way", "message"), [("fails", "`horizon` 7: too low"), ("breaks", "it broke off")]
)
def test_a_job_that_fails_says_why(tmp_path: Path, way: str, message: str) -> None:
    with working(tmp_path) as (store, workers):
        job = stands(store, begun(store, workers, way), "failed")
        assert job.message.startswith(message)


def test_a_cancelled_job_ends_and_leaves_nothing(tmp_path: Path) -> None:
    with working(tmp_path) as (store, workers):
        job = begun(store, workers, "waits")
        half = workers.result_folder(job) / "half"
        while not half.is_file():
            stands(store, job, "waiting", "running")
        workers.cancel(job.id)
        stands(store, job, "cancelled")
        assert not half.parent.parent.exists()
        stands(store, begun(store, workers, "works"), "done")  # the next one is served


def test_what_runs_when_the_server_stops_runs_again(tmp_path: Path) -> None:
    with working(tmp_path) as (store, workers):
        job = begun(store, workers, "waits")
        waiting = begun(store, workers, "works", BOB)
        stands(store, job, "running")
    store = JobStore(tmp_path / "jobs.sqlite")
    assert [store.job(number).state for number in (job.id, waiting.id)] == ["waiting", "waiting"]
    store.close()
    with working(tmp_path) as (store, workers):
        stands(store, waiting, "done")
        stands(store, job, "running")
        workers.cancel(job.id)
        stands(store, job, "cancelled")
