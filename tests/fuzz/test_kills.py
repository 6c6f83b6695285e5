"""Commands killed at random moments leave nothing half-made, and the next run makes the same."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("kill_run.py")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the bounds of a run are Linux's")


def kill(seed: int, kills: int, *more: str) -> None:
    command = [sys.executable, PROGRAM, "--seed", str(seed), "--kills", str(kills), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(f": {kills} kills\n") == 5, done.stdout


def test_a_kill_of_each() -> None:
    kill(0, 1)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_forty_kills(seed: int) -> None:
    kill(seed, 40)


@pytest.mark.long
def test_kills_with_children() -> None:
    kill(3, 10, "--children")
