"""A result folder is complete or absent, whatever happens in between."""

import errno
import json
import os
import subprocess
from pathlib import Path

import pytest

from dynascene.errors import InputError
from dynascene.io.working_folders import lock_of
from dynascene.jobs.replacement import replace_entries
from dynascene.jobs.result_folder import result_folder


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


def result(out: Path, *entries: str, text: str = "old") -> None:
    """An earlier run's folder."""
    with result_folder(out) as folder:
        for name in entries:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        outputs = sorted({name.split("/")[0] for name in entries} | {"report.json"})
        (folder / "report.json").write_text(json.dumps({"outputs": outputs}))


def test_a_failure_keeps_the_earlier_result(tmp_path: Path) -> None:
    result(tmp_path / "out", "x")
    with pytest.raises(ValueError, match="no"):
        write_and_fail(tmp_path / "out", ValueError("no"))
    assert (tmp_path / "out" / "x").read_text() == "old"


def test_a_failure_halfway_through_the_replacement_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    result(out, "a", "b")
    (out / "mine").write_text("mine")  # so that the folder cannot be exchanged as a whole
    before = {p.name: p.read_text() for p in out.iterdir()}
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == "b" and ".partial-" in self.parent.name:
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(InputError, match="cannot be written"):
        result(out, "a", "b", text="new")
    monkeypatch.undo()
    assert {p.name: p.read_text() for p in out.iterdir()} == before


def test_a_new_result_replaces_the_earlier_one_as_a_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result(out, "x", "frames/7")
    (out / "mine").write_text("mine")
    result(out, "x", text="new")
    assert sorted(p.name for p in out.iterdir()) == ["mine", "report.json", "x"]
    assert (out / "x").read_text() == "new"


def fill(folder: Path, text: str, *names: str) -> None:
    """A result of files of one text, some of them in a folder."""
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    outputs = [*{Path(name).parts[0] for name in names}, "report.json"]
    (folder / "report.json").write_text(json.dumps({"outputs": outputs}))


def texts(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "report.json"]
    return {str(path.relative_to(folder)): path.read_text() for path in files}


@pytest.mark.parametrize("has_earlier", [False, True])
def test_two_runs_at_once_leave_one_whole_result(has_earlier: bool, tmp_path: Path) -> None:
    """The later one to end replaces all of the other, which ended while it worked."""
    out, names = tmp_path / "out", ("a", "b", "c", "layers", "report.json")
    if has_earlier:
        with result_folder(out, names) as folder:
            fill(folder, "earlier", "a", "layers/1")
    with result_folder(out, names) as slow:
        fill(slow, "slow", "a", "layers/1")
        with result_folder(out, names) as quick:
            fill(quick, "quick", "b", "c", "layers/1", "layers/2")
        assert texts(out) == dict.fromkeys(("b", "c", "layers/1", "layers/2"), "quick")
    assert texts(out) == {"a": "slow", "layers/1": "slow"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(os.name == "nt", reason="nothing is locked on Windows")
def test_no_other_run_replaces_what_one_looks_at_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    result(out, "x")
    is_free = []

    def replace(folder: Path, temporary: Path, earlier: set[str]) -> None:
        with lock_of(folder) as is_mine:
            is_free.append(is_mine)
        replace_entries(folder, temporary, earlier)

    monkeypatch.setattr("dynascene.jobs.result_folder.replace_entries", replace)
    result(out, "x", text="new")
    assert is_free == [False]
    with lock_of(out) as is_mine:
        assert is_mine
    assert (out / "x").read_text() == "new"


def test_what_comes_while_a_run_works_is_not_replaced(tmp_path: Path) -> None:

    def work() -> None:
        with result_folder(tmp_path / "out", ["a"]) as folder:
            fill(folder, "ours", "a")
            (tmp_path / "out").mkdir()
            (tmp_path / "out" / "a").write_text("theirs")

    with pytest.raises(InputError, match="was not written by an earlier run"):
        work()
    assert texts(tmp_path / "out") == {"a": "theirs"}


def test_what_no_run_has_written_is_never_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "matte").mkdir(parents=True)
    (out / "matte" / "0.png").write_text("mine")
    with (
        pytest.raises(InputError, match="not written by an earlier run"),
        result_folder(out, names={"matte"}),
    ):
        pytest.fail("must be refused before anything is made")
    assert (out / "matte" / "0.png").read_text() == "mine"


def test_an_input_among_the_results_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result(out, "composite.mp4", "foreground/0.png")
    for path in (out / "composite.mp4", out / "foreground", out / "foreground" / "0.png"):
        with (
            pytest.raises(InputError, match="is a result of an earlier run"),
            result_folder(out, inputs=[path]),
        ):
            pytest.fail("must be refused before anything is made")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may mount a disk")
def test_a_folder_on_another_disk_works(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    call = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if subprocess.run(call, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        (tmp_path / "link").symlink_to(disk)
        for place in (disk, tmp_path / "link"):
            result(place, "x", text=str(place))
            assert (disk / "x").read_text() == str(place)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_an_input_error(tmp_path: Path) -> None:
    line = r"out: no room on the disk of `out`.*No space left.*TMPDIR"
    with pytest.raises(InputError, match=line), result_folder(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("I am a file")
    with pytest.raises(InputError, match="is a file"), result_folder(tmp_path / "out"):
        pass
    with (
        pytest.raises(InputError, match="cannot be written"),
        result_folder(tmp_path / "out" / "deeper"),
    ):
        pass
