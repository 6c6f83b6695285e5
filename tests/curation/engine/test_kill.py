"""Killed at any moment and started again, a run ends with the same manifest and repeats nothing."""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from tiny_stages import tiny_sources, worker_path

SCRIPT = Path(__file__).with_name("killed_run.py")
TEXTS = ("9 3 7", "", "raise", "5 11 2 12", "9 4 6 8", "8 13 14")
MARK = "DYNASCENE_TEST_RUN"
SECONDS = (0.1, 0.4, 1.6)  # that each stage takes for a clip; more, where kills come too late
GONE_WITHIN = 120  # seconds; Ray's processes notice the end of their parents, some late

needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")


class TooLateError(Exception):
    """The run ended before it could be killed: the machine is busy with other things."""


def start(
    folder: Path, name: str, engine: str, mark: str, seconds: float = 0.0
) -> subprocess.Popen:
    arguments = (folder / "in", folder / name, folder / f"{name}.json", engine, seconds)
    return subprocess.Popen(
        [sys.executable, SCRIPT, *map(str, arguments)],
        env={**os.environ, MARK: mark, "PYTHONPATH": worker_path()},
        stderr=(folder / "stderr.txt").open("a"),
        start_new_session=True,
    )


def finished(work: Path) -> Mapping[Path, tuple[int, int]]:
    """What tells each finished result from one made again."""
    results = work.glob("results/??/*/result.json")
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in results}


def processes(mark: str) -> list[int]:
    """Those that were started, by whatever way, from a process with that mark."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"{MARK}={mark}".encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def kill_and_compare(folder: Path, engine: str, texts: Sequence[str], kills: int) -> None:
    for seconds in SECONDS:
        try:
            return compare_at_pace(folder / f"{seconds}", engine, texts, kills, seconds)
        except TooLateError:
            continue
    pytest.fail("no run could be killed in time")


def compare_at_pace(
    folder: Path, engine: str, texts: Sequence[str], kills: int, seconds: float
) -> None:
    """``kills`` runs, each killed at a random moment of its work and followed at once by the next,
    whatever processes of it still live; then one that is let end."""
    tiny_sources(folder / "in", texts)
    assert start(folder, "whole", engine, "whole").wait() == 0
    expected = (folder / "whole.json").read_bytes()
    total = len(finished(folder / "whole"))
    moments, work, mark = random.Random(kills), folder / "work", uuid.uuid4().hex
    for number in range(kills):
        before = finished(work)
        process = start(folder, "work", engine, mark, seconds)
        more = len(before) + moments.randrange(3)  # results until the kill
        while process.poll() is None and len(finished(work)) < more:
            time.sleep(0.01)
        time.sleep(moments.random() * seconds)
        if process.poll() is not None:
            assert process.returncode == 0
            raise TooLateError
        # its processes too, or itself alone
        (os.kill if number % 2 else os.killpg)(process.pid, signal.SIGKILL)
        process.wait()
        after = finished(work)
        assert {path: after[path] for path in before} == before  # nothing was made again
    assert start(folder, "work", engine, mark).wait() == 0
    assert (folder / "work.json").read_bytes() == expected
    assert len(finished(work)) == total
    assert not list((work / "results").glob("new/*"))
    wait_for_end(mark)


def wait_for_end(mark: str) -> None:
    deadline = time.monotonic() + GONE_WITHIN
    while (left := processes(mark)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not left


@needs_proc
def test_two_kills(tmp_path: Path) -> None:
    kill_and_compare(tmp_path, "loop", TEXTS, kills=2)


@pytest.mark.long
@needs_proc
@pytest.mark.parametrize("engine", ["loop", "ray"])
def test_twenty_kills(tmp_path: Path, engine: str) -> None:
    if engine == "ray":
        pytest.importorskip("ray")
    more = [f"{length} {length + 30} {length + 60}" for length in range(20, 40)]
    kill_and_compare(tmp_path, engine, [*TEXTS, *more], kills=20)
