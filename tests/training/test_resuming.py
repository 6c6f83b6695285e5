"""A run killed with SIGKILL and started again gives what a run never killed gives, bit for bit."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dynascene.training.journal import read_log
from dynascene.training.state import Checkpoint, checkpoint_folders, load_checkpoint

PROGRAM = Path(__file__).with_name("tiny_run.py")


def start(out: Path, *options: object) -> int:
    arguments = [sys.executable, str(PROGRAM), str(out), "--log-every", "5", *map(str, options)]
    done = subprocess.run(
        arguments, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, timeout=600
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
    return done.returncode


def losses(run: Path) -> dict[int, dict[str, float]]:
    """Everything logged that is no measured time."""
    timed = {"step", "seconds", "samples_per_second"}
    return {
        int(line["step"]): {name: value for name, value in line.items() if name not in timed}
        for line in read_log(run)
        if "loss" in line
    }


def newest(run: Path) -> Checkpoint:
    return load_checkpoint(checkpoint_folders(run)[-1])


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "run"
    assert start(out) == 0
    return out


def assert_same(run: Path, whole: Path) -> None:
    assert losses(run) == losses(whole)
    assert losses(run).keys() == {5, 10, 12}  # between checkpoints, which are after 3, 6, 9 and 12
    ours, theirs = newest(run), newest(whole)
    assert ours.step == theirs.step == 12
    for name in ("weights", "average"):
        mine, expected = getattr(ours, name), getattr(theirs, name)
        assert mine.keys() == expected.keys()
        assert all(torch.equal(mine[key], expected[key]) for key in expected)
    for index, expected in theirs.optimiser["state"].items():
        for name, value in expected.items():
            assert torch.equal(ours.optimiser["state"][index][name], value)
    assert not list((run / "checkpoints").glob(".*"))  # nothing half-written is left


@pytest.mark.long
@pytest.mark.parametrize(
    "kill", [("--kill-at-sample", 1), ("--kill-in-checkpoint", 3)], ids=["step", "checkpoint"]
)
def test_killed_before_anything_was_saved(whole, tmp_path, kill) -> None:
    out = tmp_path / "run"
    assert start(out, *kill) == -signal.SIGKILL
    assert checkpoint_folders(out) == []
    assert start(out) == 0
    assert_same(out, whole)


def test_killed_in_a_step_and_then_half_way_through_a_checkpoint(whole, tmp_path) -> None:
    out, eighth_step = tmp_path / "run", 3 * 7 + 2
    for kill in (("--kill-at-sample", eighth_step), ("--kill-in-checkpoint", 9)):
        assert start(out, *kill) == -signal.SIGKILL
        assert [path.name for path in checkpoint_folders(out)] == ["00000003", "00000006"]
    assert list((out / "checkpoints").glob(".00000009.*"))
    assert start(out) == 0
    assert_same(out, whole)
