"""Killed at any moment and started again, a run ends with the same manifest and repeats nothing."""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

import pytest
from tiny_stages import tiny_sources

SCRIPT = Path(__file__).with_name("killed_run.py")
TEXTS = ("9 3 7", "", "raise", "5 11 2 12", "9 4 6 8", "8 13 14")
MARK = "DYNASCENE_TEST_RUN"
GONE_WITHIN = 60  # seconds; Ray's processes notice the end of their parents

needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")


def start(folder: Path, name: str, engine: str, seconds: float, mark: str) -> subprocess.Popen:
    arguments = (folder / "in", folder / name, folder / f"{name}.json", engine, seconds)
    return subprocess.Popen(
        [sys.executable, SCRIPT, *map(str, arguments)],
        env={**os.environ, MARK: mark, "PYTHONPATH": str(SCRIPT.parent)},
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


def end_with(process: subprocess.Popen, mark: str) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + GONE_WITHIN
    while (left := processes(mark)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not left


def kill_and_compare(folder: Path, engine: str, kills: int, seconds: float) -> None:
    """``kills`` runs that are killed at random moments of work, and one that is let end."""
    tiny_sources(folder / "in", TEXTS)
    assert start(folder, "whole", engine, seconds, "whole").wait() == 0
    expected = (folder / "whole.json").read_bytes()
    total = len(finished(folder / "whole"))
    moments, work, interrupted = random.Random(kills), folder / "work", 0
    for number in range(kills):
        mark, before = f"{uuid.uuid4().hex}-{number}", finished(work)
        process = start(folder, "work", engine, seconds, mark)
        more = len(before) + moments.randrange(3)  # results until the kill
        while process.poll() is None and len(finished(work)) < more:
            time.sleep(0.01)
        time.sleep(moments.random() * seconds)
        interrupted += process.poll() is None
        if process.poll() is None:
            end_with(process, mark)
        after = finished(work)
        assert {path: after[path] for path in before} == before  # nothing was made again
    assert interrupted >= min(kills, 2)
    assert start(folder, "work", engine, seconds, "last").wait() == 0
    assert (folder / "work.json").read_bytes() == expected
    assert len(finished(work)) == total
    assert not list((work / "results").glob("new/*"))


@needs_proc
def test_two_kills(tmp_path: Path) -> None:
    kill_and_compare(tmp_path, "loop", kills=2, seconds=0.05)


@pytest.mark.long
@needs_proc
@pytest.mark.parametrize("engine", ["loop", "ray"])
def test_twenty_kills(tmp_path: Path, engine: str) -> None:
    if engine == "ray":
        pytest.importorskip("ray")
    kill_and_compare(tmp_path, engine, kills=20, seconds=0.3)
