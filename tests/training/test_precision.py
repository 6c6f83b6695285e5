"""Half precision: what a device does not have is refused, and fp16's scale is part of the run.

The scaler needs a GPU by accelerate's rules; torch's own works on the CPU too, so the tests put it
where accelerate would.
"""

import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from dynascene.errors import InputError
from dynascene.training.journal import read_log
from dynascene.training.run import Optimiser
from dynascene.training.state import checkpoint_folders, load_checkpoint
from dynascene.training.trainer import train

SCALE = 2.0**20  # too large for the first steps


@pytest.fixture
def on_cpu(monkeypatch):
    """on_cpu(scale): fp16 with a scaler that starts there."""

    def on_cpu(scale: float) -> None:
        def open_accelerator(settings, log_with) -> Accelerator:
            AcceleratorState._reset_state()
            accelerator = Accelerator(cpu=True, mixed_precision="bf16")
            accelerator.state._mixed_precision = "fp16"
            accelerator.native_amp = True
            accelerator.scaler = torch.amp.GradScaler("cpu", init_scale=scale, growth_interval=4)
            return accelerator

        monkeypatch.setattr("dynascene.training.trainer.open_accelerator", open_accelerator)

    yield on_cpu
    AcceleratorState._reset_state()


def test_fp16_looks_for_its_scale_and_a_resumption_keeps_it(make_run, tmp_path, on_cpu) -> None:
    on_cpu(SCALE)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(make_run(whole), whole)
    for until in (2, 7, 12):
        train(make_run(parts), parts, until=until)
    ours, theirs = (load_checkpoint(checkpoint_folders(run)[-1]) for run in (parts, whole))
    assert ours.scaler == theirs.scaler
    assert 1 < theirs.scaler["scale"] < SCALE
    logs = [{line["step"]: line["loss"] for line in read_log(run) if "loss" in line}
            for run in (parts, whole)]  # fmt: skip
    assert logs[0] == logs[1]
    # a step whose gradient overflowed changes nothing: its norm is infinite and not logged
    norms = [line for line in read_log(whole) if "loss" in line]
    assert "gradient_norm" not in norms[0]
    assert "gradient_norm" in norms[-1]
    assert all(torch.equal(ours.weights[name], theirs.weights[name]) for name in theirs.weights)


def test_fp16_that_overflows_at_every_scale_is_said(make_run, out, on_cpu) -> None:
    on_cpu(16.0)
    optimiser = Optimiser(learning_rate=1e30, warmup=0)
    with pytest.raises(InputError, match="not finite; a lower `learning_rate`"):
        train(make_run(out, optimiser=optimiser, steps=40), out)


@pytest.mark.skipif(torch.accelerator.is_available(), reason="this machine has fp16")
def test_a_precision_that_is_not_there_is_refused(make_run, out) -> None:
    with pytest.raises(InputError, match="`precision` fp16: needs a GPU"):
        train(make_run(out, settings={"precision": "fp16"}), out)
    assert not out.exists()


def test_one_process_has_one_precision(make_run, tmp_path) -> None:
    """accelerate cannot change it; a library user is told so."""
    train(make_run(tmp_path / "bf16", steps=1), tmp_path / "bf16")
    with pytest.raises(InputError, match="`precision` no: is not to be had here") as refused:
        train(make_run(tmp_path / "no", settings={"precision": "no"}), tmp_path / "no")
    assert "\n" not in str(refused.value)
