"""Run folders that are damaged are named in one line, and none of their files is changed."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from dynascene.errors import InputError
from dynascene.training.journal import LOG, Journal, read_log
from dynascene.training.run import Settings
from dynascene.training.state import (
    Checkpoint,
    checkpoint_folders,
    load_checkpoint,
    save_checkpoint,
)
from dynascene.training.trainer import DESCRIPTION, read_description

WEIGHTS = {"a": torch.arange(3.0)}
MEANS = {"parts": 2, "sums": {"loss": 1.5}, "weights": {"loss": 2.0}}


def checkpoint(run: Path, step: int = 4) -> Path:
    optimiser = {"state": {}, "param_groups": []}
    return save_checkpoint(run, Checkpoint(step, WEIGHTS, WEIGHTS, optimiser, means=MEANS), keep=2)


def test_a_whole_checkpoint_is_read(tmp_path: Path) -> None:
    read = load_checkpoint(checkpoint(tmp_path))
    assert (read.step, read.means) == (4, MEANS)


def test_a_checkpoint_whose_removal_is_killed_has_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next one that is written clears what is left of it."""

    remove = shutil.rmtree

    def killed(path: Path, **options: bool) -> None:
        if "00000004" not in path.name:
            return remove(path, **options)
        (path / "state.json").unlink()
        raise SystemExit

    for step in (4, 5):
        checkpoint(tmp_path, step)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(SystemExit):
            checkpoint(tmp_path, 6)
    folder = tmp_path / "checkpoints"
    assert sorted(path.name for path in folder.glob("[0-9]*")) == ["00000005", "00000006"]
    assert all(load_checkpoint(path).means == MEANS for path in checkpoint_folders(tmp_path))
    assert list(folder.glob(".*"))
    checkpoint(tmp_path, 7)
    assert sorted(path.name for path in folder.iterdir()) == ["00000006", "00000007"]


@pytest.mark.parametrize(
    "change",
    [
        {"step": 5}, {"step": None}, {"step": 4.0}, {"step": True}, {"means": {"": 1}},
        {"means": [1]}, {"means": {"parts": "2"}}, {"means": {"sums": {"a": 1.0}}},
        {"means": {"sums": {"a": None}, "weights": {"a": 1.0}}}, {"scaler": 3},
    ],
)  # fmt: skip
def test_values_of_another_kind_are_no_checkpoint(tmp_path: Path, change: Mapping) -> None:
    folder = checkpoint(tmp_path)
    state = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps({**state, **change}))
    with pytest.raises(InputError, match="00000004: is no whole checkpoint"):
        load_checkpoint(folder)


def test_the_part_of_a_line_that_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / LOG).write_text('{"step": 1, "loss": 2.0}\n{"step": 2}\n{"step": 3, "lo')
    Journal(tmp_path, 1).close()
    assert read_log(tmp_path) == [{"step": 1, "loss": 2.0}]


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"3",
        b"{}",
        b'{"step": "x"}',
        b'["step"]',
        b'{"step": 1, "loss": [1]}',
        b"[" * 99999,
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, line: bytes) -> None:
    content = b'{"step": 1}\n' + line + b'\n{"step": 2}\n'
    (tmp_path / LOG).write_bytes(content)
    for read in (read_log, lambda run: Journal(run, 1)):
        with pytest.raises(InputError, match=r"log\.jsonl:2: is no line"):
            read(tmp_path)
    assert (tmp_path / LOG).read_bytes() == content


def test_a_log_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / LOG).write_bytes(b"\xff\n")
    with pytest.raises(InputError, match=r"log\.jsonl: is not a text file"):
        read_log(tmp_path)


DESCRIPTION_OF_A_RUN = {
    "recipe": "autoencoder.small", "batch": 2, "seed": 0,
    "settings": {"data": None, "clips": ["a"], "worlds": {"turn": 1.0}, "learning_rate": 1},
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": 3}, {"batch": "2"}, {"seed": []}, {"settings": []}, {"settings": {"data": 3}},
        {"settings": {"clips": "abc"}}, {"settings": {"clips": [None]}},
        {"settings": {"worlds": {"turn": "x"}}}, {"settings": {"learning_rate": {}}},
    ],
)  # fmt: skip
def test_a_description_of_other_kinds_is_no_run(tmp_path: Path, change: Mapping) -> None:
    (tmp_path / DESCRIPTION).write_text(json.dumps(DESCRIPTION_OF_A_RUN))
    assert read_description(tmp_path) == DESCRIPTION_OF_A_RUN
    (tmp_path / DESCRIPTION).write_text(json.dumps({**DESCRIPTION_OF_A_RUN, **change}))
    with pytest.raises(InputError, match="holds no run"):
        read_description(tmp_path)


def test_a_setting_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="its setting 'speed' is unknown"):
        Settings.from_json({"out": tmp_path, "speed": 3})
