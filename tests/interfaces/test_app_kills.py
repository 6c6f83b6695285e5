"""The app's server, killed at random moments: no job is lost, and none leaves half a result."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dynascene.interfaces.app.store import JobStore

# a server whose jobs write a file in two halves and change it into a result
SERVER = r"""
import sys
from pathlib import Path
from dynascene.interfaces.app import workers as module
from dynascene.interfaces.app.store import JobStore
module.COMMAND = [sys.executable, "-S", "-c", sys.argv[2]]
folder = Path(sys.argv[1])
store = JobStore(folder / "jobs.sqlite")
workers = module.Workers(store, folder / "sessions")
workers.start()
workers.wake()
sys.stdin.read()
"""
WORK = r"""
import json, pathlib, sys, time
order = json.loads(sys.stdin.readline())
out = pathlib.Path(order["out"])
out.mkdir(exist_ok=True)  # one whose server was killed may still be at work
for text in ("half", "whole"):
    (out / "clip").write_text(text)
    time.sleep(0.05)
print(json.dumps({"end": "done", "changes": {"matte": str(out)}}), flush=True)
"""
SESSIONS = [letter * 32 for letter in "abcdef"]
CLIENTS = 50


def serve(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SERVER, str(folder), WORK]
    return subprocess.Popen(command, stdin=subprocess.PIPE, text=True)


def states(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "jobs.sqlite") as connection:
        return [row[0] for row in connection.execute("SELECT state FROM jobs ORDER BY id")]


def wait_for(folder: Path, server: subprocess.Popen[str], done: int) -> None:
    deadline = time.monotonic() + 300
    while states(folder).count("done") < done:
        assert server.poll() is None
        assert time.monotonic() < deadline, states(folder)
        time.sleep(0.01)


def kill_and_finish(folder: Path, kills: int, seed: int) -> None:
    draw = random.Random(seed)
    store = JobStore(folder / "jobs.sqlite")
    for session in SESSIONS:
        store.add(session, "matte")
    store.close()
    for number in range(kills):
        server = serve(folder)
        wait_for(folder, server, min(len(SESSIONS) - 1, number * len(SESSIONS) // kills))
        time.sleep(draw.random() * 0.1)
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
    server = serve(folder)
    wait_for(folder, server, len(SESSIONS))
    server.terminate()
    server.wait()
    assert states(folder) == ["done"] * len(SESSIONS)
    store = JobStore(folder / "jobs.sqlite")
    for session in SESSIONS:
        matte = store.draft(session).matte
        assert matte is not None
        assert (Path(matte) / "clip").read_text() == "whole"
        assert len(list((folder / "sessions" / session).iterdir())) == 1  # no half result
    store.close()


def test_a_killed_server_loses_no_job(tmp_path: Path) -> None:
    kill_and_finish(tmp_path, 1, 0)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 6))
def test_a_server_killed_again_and_again_loses_no_job(tmp_path: Path, seed: int) -> None:
    kill_and_finish(tmp_path, 5, seed)


def test_fifty_clients_at_once_lose_no_job(tmp_path: Path) -> None:
    """They add jobs while others are taken and finished: each is taken once, and all end."""
    store = JobStore(tmp_path / "jobs.sqlite")
    sessions = [f"{number:032d}" for number in range(CLIENTS)]

    def ask(session: str) -> list[int]:
        store.change(session, clip=f"{session}.mp4")
        return [store.add(session, kind).id for kind in ("matte", "track", "render")]

    def work(_: int) -> list[tuple[int, str | None]]:
        taken = []
        while len(taken) < 3:
            if (job := store.take()) is not None:
                store.set_step(job.id, 1)
                taken.append((job.id, job.draft.clip))
                store.finish(job.id, "done", changes={"matte": f"{job.id}"})
        return taken

    with ThreadPoolExecutor(2 * CLIENTS) as pool:
        working = [pool.submit(work, number) for number in range(CLIENTS)]
        asked = dict(zip(sessions, pool.map(ask, sessions), strict=True))
        taken = [job for future in working for job in future.result(timeout=300)]
    assert len({number for number, _ in taken}) == len(taken) == 3 * CLIENTS
    assert {clip for _, clip in taken} == {f"{session}.mp4" for session in sessions}
    for numbers in asked.values():
        assert [store.job(number).state for number in numbers] == ["done"] * 3
    assert store.take() is None
    store.close()


def test_a_clock_that_is_set_back_tells_no_negative_times(tmp_path: Path) -> None:
    now = [1000.0]
    store = JobStore(tmp_path / "jobs.sqlite", clock=lambda: now[0])
    first = store.add(SESSIONS[0], "render")
    store.take()
    store.begin_stage(first.id, "frames", 10)
    now[0] = 10.0
    store.set_step(first.id, 5)
    assert store.job(first.id).seconds_left(now[0]) == 0
    store.finish(first.id, "done")
    second, third = store.add(SESSIONS[0], "matte"), store.add(SESSIONS[1], "matte")
    order = [store.take(), store.take()]
    assert [job.id for job in order if job] == [third.id, second.id]
    store.close()
