"""However a step's samples are shared out, the losses are the same but for rounding.

Some parts of the tiny run's steps have no sample of one of the tasks, and its step 11 as a whole
has none: parameters that a part, a process or all of them leave out are part of the test.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from accelerate.state import AcceleratorState
from tiny_run import tiny_run

from dynascene.errors import InputError
from dynascene.training.journal import read_log
from dynascene.training.layout import Layout
from dynascene.training.run import Settings
from dynascene.training.state import checkpoint_folders, load_checkpoint
from dynascene.training.trainer import train

PROGRAM = Path(__file__).with_name("tiny_run.py")
BATCH = 8


def launch(processes: int, program: Path, *options: object) -> subprocess.CompletedProcess[bytes]:
    launcher = [sys.executable]
    if processes > 1:
        launcher += ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
    arguments = [*launcher, str(program), *map(str, options)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(arguments, env=environment, capture_output=True, timeout=900)


def trained_by(processes: int, out: Path, *options: object) -> Path:
    done = launch(processes, PROGRAM, out, "--batch", BATCH, *options)
    assert done.returncode == 0, done.stderr.decode()
    return out


def trained(out: Path, accumulate: int = 1) -> Path:
    """By this process, whose other tests have another precision."""
    run = tiny_run(out, settings={"precision": "no", "accumulate": accumulate}, batch=BATCH)
    AcceleratorState._reset_state()
    try:
        train(run, out)
    finally:
        AcceleratorState._reset_state()
    return out


def figures(run: Path, name: str) -> list[float]:
    return [line[name] for line in read_log(run) if name in line]


@pytest.fixture(scope="module")
def single(tmp_path_factory) -> Path:
    return trained(tmp_path_factory.mktemp("single") / "run")


def agree(run: Path, single: Path) -> None:
    for name in ("loss", "gradient_norm", "learning_rate"):
        assert figures(run, name) == pytest.approx(figures(single, name), abs=1e-4), name
    assert len(figures(run, "loss")) == 12
    examined = (figures(r, "examined_weight")[-1] for r in (run, single))
    assert next(examined) == pytest.approx(next(examined), abs=1e-4)
    ours, theirs = (load_checkpoint(checkpoint_folders(r)[-1]) for r in (run, single))
    for name in ("weights", "average"):
        mine, expected = getattr(ours, name), getattr(theirs, name)
        for key, tensor in expected.items():
            torch.testing.assert_close(mine[key], tensor, rtol=0, atol=1e-4)


@pytest.mark.parametrize("accumulate", [2, 8])
def test_parts_give_the_losses_of_the_whole(single, tmp_path, accumulate) -> None:
    agree(trained(tmp_path / "run", accumulate), single)


def test_two_processes_give_the_losses_of_one_and_resume(single, tmp_path) -> None:
    """First two with two parts each, then two, then one: a run may change its layout."""
    run = trained_by(2, tmp_path / "run", "--accumulate", 2, "--until", 5)
    assert len(figures(run, "loss")) == 5  # one process writes
    agree(trained(trained_by(2, run, "--until", 11)), single)
    of_one_task = [
        line["step"] for line in read_log(single) if "loss/even" in line and "loss/odd" not in line
    ]
    assert of_one_task == [11]


def test_uneven_shares_are_refused_in_one_line() -> None:
    done = Layout(batch=6, accumulate=3, processes=2)
    assert done.shares == 6
    with pytest.raises(InputError, match=r"batch of 6 .* 2 process\(es\) and `accumulate` 2.* 4 "):
        Layout(batch=6, accumulate=2, processes=2)


@pytest.mark.parametrize(("processes", "accumulate"), [(1, 1), (2, 1), (1, 3), (3, 2), (2, 6)])
def test_every_sample_of_a_step_is_taken_once(processes, accumulate) -> None:
    taken = [
        number
        for rank in range(processes)
        for part in Layout(batch=12, accumulate=accumulate, processes=processes, rank=rank).parts(3)
        for number in part
    ]
    assert taken == list(range(36, 48))


def test_a_loss_of_the_whole_batch_is_not_split(make_run, out, monkeypatch) -> None:
    run = make_run(out, batch=4, settings={"accumulate": 2})
    monkeypatch.setattr(run.objective, "additive", False)
    with pytest.raises(InputError, match="all at once"):
        train(run, out)
    assert not out.exists()


def test_settings_of_the_layout_are_checked(tmp_path) -> None:
    with pytest.raises(InputError, match="`accumulate` 0"):
        Settings(out=tmp_path, accumulate=0)
    with pytest.raises(InputError, match="`precision` fp8: expected one of no, bf16, fp16"):
        Settings(out=tmp_path, precision="fp8")


@pytest.mark.long
def test_weights_spread_by_fsdp_give_the_losses_of_one_process_and_resume(tmp_path) -> None:
    program = PROGRAM.with_name("sharded_run.py")
    one, spread = tmp_path / "one", tmp_path / "spread"
    for out, processes, until, accumulate in (
        (one, 1, 12, 1), (spread, 2, 5, 1), (spread, 2, 9, 2), (spread, 1, 12, 1)
    ):  # fmt: skip
        done = launch(processes, program, out, until, accumulate)
        assert done.returncode == 0, done.stderr.decode()
    for name in ("loss", "gradient_norm"):
        assert figures(spread, name) == pytest.approx(figures(one, name), abs=1e-4)
    assert [line["step"] for line in read_log(spread) if "examined_weight" in line] == [12]
    ours, theirs = (load_checkpoint(checkpoint_folders(run)[-1]) for run in (spread, one))
    for name in ("weights", "average"):
        for key, tensor in getattr(theirs, name).items():
            torch.testing.assert_close(getattr(ours, name)[key], tensor, rtol=0, atol=1e-4)
