"""Weights & Biases, with a stand-in for its package: what it would be given."""

import sys
from types import ModuleType, SimpleNamespace

import pytest
from accelerate import tracking
from accelerate.utils import LoggerType

from dynascene.errors import InputError
from dynascene.training.journal import read_log
from dynascene.training.trainer import train
from dynascene.training.upkeep import Upkeep

WANDB = Upkeep(log_with="wandb")


class Record:
    """A run of the stand-in."""

    def __init__(self, options: dict) -> None:
        self.options, self.logged, self.finished = options, [], False

    def log(self, values: dict, step: int) -> None:
        self.logged.append((step, values))

    def finish(self) -> None:
        self.finished = True


@pytest.fixture
def records(monkeypatch) -> list[Record]:
    """The runs that the stand-in has opened."""
    opened: list[Record] = []
    wandb = ModuleType("wandb")

    def init(**options) -> Record:
        opened.append(Record(options))
        return opened[-1]

    wandb.init, wandb.Image = init, lambda picture: SimpleNamespace(shape=picture.shape)
    wandb.config = SimpleNamespace(
        update=lambda values, **_: opened[-1].options.update(config=values)
    )
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    monkeypatch.setattr(tracking, "_available_trackers", [LoggerType.WANDB])
    return opened


def test_figures_sheets_and_numbers_arrive(make_run, out, records) -> None:
    train(make_run(out, steps=5), out, upkeep=WANDB)
    (record,) = records
    assert record.options["project"] == "dynascene"
    assert record.options["dir"] == str(out)
    assert record.options["config"]["recipe"] == "tiny"
    figures = [(step, values) for step, values in record.logged if "sheet" not in values]
    log = [dict(line) for line in read_log(out)]
    assert figures == [(line.pop("step"), line) for line in log]
    sheets = [(step, values["sheet"]) for step, values in record.logged if "sheet" in values]
    assert [step for step, _ in sheets] == [0, 4, 5]
    assert all(picture.shape == (4, 4, 3) for _, (picture,) in sheets)
    assert record.finished
    assert (out / "tensorboard").is_dir()


def test_a_resumed_run_goes_on_in_its_record_and_a_new_one_begins_another(
    make_run, tmp_path, records
) -> None:
    for name, until in (("one", 3), ("one", 5), ("two", 0), ("two", 1)):
        train(make_run(tmp_path / name, steps=5), tmp_path / name, until=until, upkeep=WANDB)
    ids = [record.options["id"] for record in records]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3  # without a checkpoint the run starts over
    assert {record.options["resume"] for record in records} == {"allow"}


def test_the_tracker_is_not_opened_unasked(make_run, out, records) -> None:
    train(make_run(out, steps=1), out)
    assert records == []


def test_a_package_that_is_missing_is_named_before_anything_starts(
    make_run, out, monkeypatch
) -> None:
    monkeypatch.setattr(tracking, "_available_trackers", [])
    with pytest.raises(InputError, match=r"`log_with` wandb: is not installed; pip install"):
        train(make_run(out), out, upkeep=WANDB)
    assert not out.exists()


def test_what_keeps_it_from_starting_is_one_line(make_run, out, records, monkeypatch) -> None:
    def refuse(**_) -> None:
        raise RuntimeError("no API key\nconfigured")

    monkeypatch.setattr(sys.modules["wandb"], "init", refuse)
    with pytest.raises(InputError, match="no API key configured; WANDB_MODE=offline"):
        train(make_run(out), out, upkeep=WANDB)
