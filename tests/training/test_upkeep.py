"""Checkpoints by the clock, and how many of them stay."""

from itertools import count

import pytest
import torch

from dynascene.errors import InputError
from dynascene.training.journal import read_log
from dynascene.training.state import checkpoint_folders, load_checkpoint
from dynascene.training.trainer import train
from dynascene.training.upkeep import Upkeep


@pytest.fixture
def minute_per_look(monkeypatch) -> None:
    """A clock that is a minute later whenever somebody looks at it: once a step."""
    minutes = count()
    monkeypatch.setattr("dynascene.training.upkeep.monotonic", lambda: 60.0 * next(minutes))


def steps(run) -> list[int]:
    return [int(path.name) for path in checkpoint_folders(run)]


@pytest.mark.usefixtures("minute_per_look")
def test_a_checkpoint_every_so_many_minutes(make_run, out) -> None:
    upkeep = Upkeep(checkpoint_minutes=5, keep=9)
    train(make_run(out, steps=17, checkpoint_every=7), out, upkeep=upkeep)
    # five minutes after the start, and after each that came in between
    assert steps(out) == [5, 7, 12, 14, 17]


@pytest.mark.usefixtures("minute_per_look")
def test_a_run_goes_on_from_any_minute_as_if_nothing_had_happened(make_run, tmp_path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    numbers = {"log_every": 3, "checkpoint_every": 100}
    train(make_run(whole, **numbers), whole)
    train(make_run(parts, **numbers), parts, until=5, upkeep=Upkeep(checkpoint_minutes=2))
    newest = checkpoint_folders(parts)[-1]
    newest.rename(tmp_path / "lost")  # killed in the fifth step
    assert steps(parts) == [4]
    train(make_run(parts, **numbers), parts, upkeep=Upkeep(checkpoint_minutes=4))
    assert steps(parts) == [8, 12]
    losses = [[x["loss"] for x in read_log(run) if "loss" in x] for run in (parts, whole)]
    assert losses[0] == losses[1]
    ours, theirs = (load_checkpoint(checkpoint_folders(run)[-1]) for run in (parts, whole))
    for name, tensor in theirs.weights.items():
        assert torch.equal(ours.weights[name], tensor), name


@pytest.mark.parametrize(("keep", "left"), [(1, [12]), (3, [6, 9, 12])])
def test_the_last_few_stay(make_run, out, keep, left) -> None:
    train(make_run(out), out, upkeep=Upkeep(keep=keep))
    assert steps(out) == left


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"checkpoint_minutes": 0}, "`checkpoint_minutes` 0: expected a number above 0"),
        ({"checkpoint_minutes": float("nan")}, "`checkpoint_minutes`"),
        ({"keep": 0}, "`keep` 0: expected at least 1"),
        ({"log_with": "aim"}, "`log_with` aim: expected one of tensorboard, wandb"),
    ],
)
def test_numbers_out_of_range_are_refused(numbers, words) -> None:
    with pytest.raises(InputError, match=words):
        Upkeep(**numbers)
