"""A result folder is complete or absent, whatever happens in between."""

import errno
from pathlib import Path

import pytest

from dynascene.errors import InputError
from dynascene.generation.workspace import result_folder


def test_nothing_is_there_before_the_end(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b" / "out"
    with result_folder(out) as folder:
        (folder / "x").write_text("1")
        assert not out.exists()
    assert (out / "x").read_text() == "1"
    assert [p.name for p in out.parent.iterdir()] == ["out"]


def write_and_fail(out: Path, error: BaseException) -> None:
    with result_folder(out) as folder:
        (folder / "x").write_text("new")
        raise error


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(1)])
def test_a_failure_leaves_nothing(error: BaseException, tmp_path: Path) -> None:
    with pytest.raises(type(error)):
        write_and_fail(tmp_path / "a" / "out", error)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_keeps_the_earlier_result(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "x").write_text("old")
    with pytest.raises(ValueError, match="no"):
        write_and_fail(out, ValueError("no"))
    assert (out / "x").read_text() == "old"


def test_a_new_result_replaces_what_has_its_names(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "frames").mkdir(parents=True)
    (out / "frames" / "7").write_text("old")
    (out / "mine").write_text("mine")
    with result_folder(out) as folder:
        (folder / "frames").mkdir()
        (folder / "frames" / "0").write_text("new")
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*")) == ["frames", "frames/0", "mine"]


def test_a_full_disk_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no space left"), result_folder(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("I am a file")
    with pytest.raises(InputError, match="is a file"), result_folder(tmp_path / "out"):
        pass
    with (
        pytest.raises(InputError, match="cannot be made"),
        result_folder(tmp_path / "out" / "deeper"),
    ):
        pass
