import json
import math
import time

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from dynascene.training.figures import FigureMeans, mean_figures, task_losses
from dynascene.training.journal import Journal, read_log
from dynascene.training.trainer import train


def test_a_task_has_the_mean_of_its_clips_and_no_gradient() -> None:
    losses = torch.tensor([1.0, 2.0, 6.0, 3.0], requires_grad=True)
    figures = task_losses(losses, ["a", "b", "a", "a"])
    assert {name: value.item() for name, value in figures.items()} == pytest.approx(
        {"loss": 3.0, "loss/a": 10 / 3, "loss/b": 2.0, "share/a": 0.75, "share/b": 0.25}
    )
    assert figures["loss"].requires_grad
    assert not figures["loss/a"].requires_grad


def test_a_tasks_mean_is_that_of_its_samples() -> None:
    """Of four parts of four samples, 4, 0, 1 and 3 are of task a; a part without it has none."""
    parts = [
        {"loss": 1.0, "loss/a": 1.0, "share/a": 1.0, "a": 2.0},
        {"loss": 3.0, "rate": 5.0},
        {"loss": 5.0, "loss/a": 9.0, "share/a": 0.25},
        {"loss": 7.0, "loss/a": 4.0, "share/a": 0.75, "rate": 7.0, "a": 8.0},
    ]
    assert mean_figures(parts) == pytest.approx(
        {
            "loss": 4.0,
            "loss/a": (4 * 1 + 1 * 9 + 3 * 4) / 8,
            "share/a": 8 / 16,
            "rate": 6.0,
            "a": 5.0,  # no loss of a task, whatever its name
        }
    )


def test_means_go_on_from_what_was_saved() -> None:
    parts = [{"loss": 0.1 * k, "loss/a": 1 / (k + 3), "share/a": 0.3} for k in range(7)]
    whole = mean_figures(parts)
    means = FigureMeans()
    for part in parts[:3]:
        means.add(part)
    resumed = FigureMeans(**json.loads(json.dumps(means.to_json())))
    for part in parts[3:]:
        resumed.add(part)
    assert resumed.means() == whole


def test_a_line_has_the_means_of_its_steps(make_run, tmp_path) -> None:
    each, some = tmp_path / "each", tmp_path / "some"
    train(make_run(each), each)
    train(make_run(some, log_every=5), some)
    steps, lines = ([x for x in read_log(run) if "loss" in x] for run in (each, some))
    assert [line["step"] for line in lines] == [5, 10, 12]
    for line, first in zip(lines, (0, 5, 10), strict=True):
        of_line = steps[first : int(line["step"])]
        names = ("loss", "gradient_norm")
        expected = {name: sum(s[name] for s in of_line) / len(of_line) for name in names}
        for task in ("odd", "even"):
            counts = [3 * s.get(f"share/{task}", 0.0) for s in of_line]
            losses = [s.get(f"loss/{task}", 0.0) for s in of_line]
            total = sum(n * loss for n, loss in zip(counts, losses, strict=True))
            expected[f"loss/{task}"] = total / sum(counts)
            expected[f"share/{task}"] = sum(counts) / (3 * len(of_line))
        assert {name: line[name] for name in expected} == pytest.approx(expected)
        assert line["share/odd"] + line["share/even"] == pytest.approx(1)
        assert line["learning_rate"] == of_line[-1]["learning_rate"]


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
    assert lines[1]["share/even"] == 1
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
