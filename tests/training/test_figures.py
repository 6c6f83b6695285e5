import math
import time

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from dynascene.training.figures import mean_figures, task_losses
from dynascene.training.journal import Journal, read_log
from dynascene.training.trainer import train


def test_a_task_has_the_mean_of_its_clips_and_no_gradient() -> None:
    losses = torch.tensor([1.0, 2.0, 6.0], requires_grad=True)
    found = task_losses(losses, ["a", "b", "a"])
    assert {name: value.item() for name, value in found.items()} == {
        "loss": 3.0, "loss/a": 3.5, "loss/b": 2.0,
    }  # fmt: skip
    assert found["loss"].requires_grad
    assert not found["loss/a"].requires_grad


def test_a_figure_is_averaged_over_those_that_have_it() -> None:
    parts = [{"loss": 1.0, "loss/a": 4.0}, {"loss": 3.0}, {"loss": 5.0, "loss/a": 6.0}]
    assert mean_figures(parts) == {"loss": 3.0, "loss/a": 5.0}


def test_everything_is_logged_in_both_places(make_run, out) -> None:
    train(make_run(out, steps=5), out)
    board = EventAccumulator(str(out / "tensorboard"), {"images": 0, "scalars": 0})
    board.Reload()
    lines = [line for line in read_log(out) if "loss" in line]
    for name in ("loss", "loss/odd", "loss/even", "learning_rate", "samples_per_second",
                 "gradient_norm", "seconds"):  # fmt: skip
        logged = {line["step"]: line[name] for line in lines if name in line}
        events = {event.step: event.value for event in board.Scalars(name)}
        assert events == pytest.approx(logged, rel=1e-6), name
        assert len(events) > 1
    # the samples of the second step, 3 … 5, are all of one task
    assert "loss/odd" in lines[0]
    assert "loss/odd" not in lines[1]
    assert [event.step for event in board.Images("sheet")] == [0, 4, 5]


def test_tensorboard_forgets_steps_that_are_done_again(make_run, out) -> None:
    train(make_run(out, steps=5), out, until=4)
    time.sleep(1.1)  # TensorBoard orders its files by the second that their names hold
    Journal(out, 4).write(5, {"loss": 77.0})  # of a process that was killed before it could save
    time.sleep(1.1)
    train(make_run(out, steps=5), out)
    board = EventAccumulator(str(out / "tensorboard"))
    board.Reload()
    assert [event.step for event in board.Scalars("loss")] == [1, 2, 3, 4, 5]
    assert 77.0 not in [event.value for event in board.Scalars("loss")]


def test_the_log_is_plain_json(out) -> None:
    journal = Journal(out, -1)
    journal.write(1, {"loss": 2.0, "gradient_norm": math.inf})
    journal.close()
    assert read_log(out) == [{"step": 1, "loss": 2.0}]
