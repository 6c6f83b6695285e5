"""A run's folder has one training at a time."""

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_run import tiny_run

from dynascene.errors import InputError
from dynascene.training import trainer
from dynascene.training.run_lock import only_training_in
from dynascene.training.trainer import train

pytestmark = pytest.mark.skipif(os.name == "nt", reason="nothing is locked on Windows")
# it has a child, as trainings have that load samples, which lives on until its input ends
HOLDER = """
import os, sys
from pathlib import Path
from dynascene.training.run_lock import only_training_in

with only_training_in(Path(sys.argv[1])):
    if os.fork():
        print("holds it", flush=True)
    sys.stdin.read()
    os._exit(0)
"""


@contextmanager
def another_training(out: Path) -> Generator[subprocess.Popen]:
    """A process that holds the folder, until it is killed or the block ends."""
    command = [sys.executable, "-c", HOLDER, str(out)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "holds it\n"
        yield holder
        holder.kill()


def test_a_second_training_is_refused_in_one_line_until_the_first_has_ended(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with another_training(out) as first:
        with pytest.raises(InputError, match=r"run: another training is at work there") as error:
            train(tiny_run(out), out, until=1)
        assert "\n" not in str(error.value)
        assert [path.name for path in out.iterdir()] == [".lock"]
        first.kill()  # it cleans nothing up, and its child lives
        first.wait()
        train(tiny_run(out), out, until=1)
    assert (out / "checkpoints" / "00000001").is_dir()


def test_a_training_that_writes_nothing_leaves_no_folder(tmp_path: Path) -> None:
    for text in ("", "a result"):
        with only_training_in(tmp_path / "run"):
            if text:
                (tmp_path / "run" / "log.jsonl").write_text(text)
        assert (tmp_path / "run").exists() == bool(text)


def test_a_run_that_ends_before_the_folder_is_ours_is_not_continued_as_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    train(tiny_run(tmp_path / "other"), tmp_path / "other", until=1)

    @contextmanager
    def lock_after_another(folder: Path) -> Generator[None]:
        (tmp_path / "other").rename(folder)
        with only_training_in(folder):
            yield

    monkeypatch.setattr(trainer, "only_training_in", lock_after_another)
    with pytest.raises(InputError, match="is a run with batch"):
        train(replace(tiny_run(out), batch=5), out, until=2)
    assert [path.name for path in (out / "checkpoints").iterdir() if path.is_dir()] == ["00000001"]


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(InputError, match="file/run: cannot be written"),
        only_training_in(tmp_path / "file" / "run"),
    ):
        pass
