"""A run that is killed leaves the old result or the new one; the next run clears the rest."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dynascene.io import working_folders
from dynascene.io.atomic import write_text
from dynascene.jobs import replacement
from dynascene.jobs.replacement import exchange, finish_replacement
from dynascene.jobs.result_folder import result_folder

# writes a result; the process ends without cleaning up before the given call of a function
KILLED = """
import os, sys, json
from pathlib import Path
from dynascene.jobs import replacement
from dynascene.jobs.result_folder import result_folder

out, text, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
calls = 0

def counted(function):
    def call(*arguments):
        global calls
        calls += 1
        if calls == last:
            os._exit(9)
        return function(*arguments)
    return call

with result_folder(out, names=["a", "b", "report.json"]) as folder:
    for name in ("a", "b") if text == "old" else ("b", "c"):
        (folder / name).write_text(text)
    outputs = ["a", "b", "report.json"] if text == "old" else ["b", "c", "report.json"]
    (folder / "report.json").write_text(json.dumps({"outputs": outputs, "text": text}))
    if last < 0:
        os._exit(9)
    Path.rename, Path.unlink = counted(Path.rename), counted(Path.unlink)
    replacement.exchange = counted(replacement.exchange)
sys.exit(0)
"""
OLD = {"a": "old", "b": "old"}
NEW = {"b": "new", "c": "new"}


def run(out: Path, text: str, last: int = 0) -> int:
    command = [sys.executable, "-c", KILLED, str(out), text, str(last)]
    return subprocess.run(command, check=False).returncode


def content(out: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in out.iterdir() if p.name in "abc"}


def hidden(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.name.startswith(".")]


@pytest.mark.parametrize("has_foreign", [False, True], ids=["exchange", "journal"])
def test_killed_while_replacing(has_foreign: bool, tmp_path: Path) -> None:
    codes = set()
    for last in range(1, 9):
        out = tmp_path / str(last) / "out"
        assert run(out, "old") == 0
        if has_foreign:
            (out / "mine").write_text("mine")
        codes.add(run(out, "new", last))
        if not has_foreign:
            assert content(out) in (OLD, NEW)  # whole at any moment
        finish_replacement(out)
        assert content(out) in (OLD, NEW)
        assert run(out, "new") == 0
        assert content(out) == NEW
        assert hidden(tmp_path / str(last)) == []
        assert (out / "mine").exists() == has_foreign
    assert codes == {0, 9}  # the last calls never come


def test_killed_while_working(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for text in ("old", "new"):  # without and with an earlier result
        assert run(out, text, -1) == 9
        assert hidden(tmp_path)
        assert run(out, text) == 0
        assert hidden(tmp_path) == []


def test_a_run_that_lives_keeps_its_folder(tmp_path: Path) -> None:
    with result_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("mine")
        assert run(tmp_path / "out", "old") == 0
        assert (folder / "a").read_text() == "mine"
        (folder / "report.json").write_text(json.dumps({"outputs": ["a", "report.json"]}))


def test_what_a_killed_writer_left_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        "import os, sys; from pathlib import Path; from dynascene.io.atomic import replacing\n"
        "with replacing(Path(sys.argv[1])) as t: t.write_text('half'); os._exit(9)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "a.txt")]
    assert subprocess.run(command, check=False).returncode == 9
    assert hidden(tmp_path)
    monkeypatch.setattr(working_folders, "_cleared", set())
    write_text(tmp_path / "b.txt", "whole")
    assert [p.name for p in tmp_path.iterdir()] == ["b.txt"]


def test_hidden_folders_of_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".work.tmp").mkdir()
    (tmp_path / ".work.tmp" / "thesis.txt").touch()
    monkeypatch.setattr(working_folders, "_cleared", set())
    write_text(tmp_path / "b.txt", "whole")
    assert len(list(tmp_path.rglob("*"))) == 4


def test_folders_are_exchanged_in_one_step(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if exchange(tmp_path / "a", tmp_path / "b"):
        assert [p.name for p in (tmp_path / "a").iterdir()] == ["b"]
    else:
        assert [p.name for p in (tmp_path / "a").iterdir()] == ["a"]


@pytest.mark.parametrize("name", ["../victim", "..", "", "a/../../victim", 3])
@pytest.mark.parametrize("key", ["earlier", "new"])
def test_a_journal_that_leads_out_of_the_folder_is_not_followed(
    tmp_path: Path, name: object, key: str
) -> None:
    """As somebody else's folder of results may hold one."""
    (tmp_path / "victim").write_text("mine")
    out = tmp_path / "out"
    work = out / ".out.partial-x"
    work.mkdir(parents=True)
    journal = replacement._journal_of(out)
    plan = {"from": str(work), "earlier": [], "new": [], key: [name]}
    journal.write_text(json.dumps(plan))
    finish_replacement(out)
    assert (tmp_path / "victim").read_text() == "mine"
    assert journal.is_file()


@pytest.mark.parametrize("name", ["..", ".", "", "../victim", "\\x", None])
def test_a_report_names_no_outputs_elsewhere(tmp_path: Path, name: object) -> None:
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.json").write_text(json.dumps({"outputs": ["report.json", name]}))
    assert run(tmp_path / "out", "old") == 0
    assert (tmp_path / "victim").read_text() == "mine"
    assert content(tmp_path / "out") == OLD
