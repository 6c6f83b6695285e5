"""What a batch notes of each of its shots, and what its listing says of them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

from dynascene.errors import InputError
from dynascene.interfaces.cli.batch_plan import LISTING, NOTES, PlannedShot
from dynascene.interfaces.cli.batch_summary import doubts_of
from dynascene.io.atomic import write_text
from dynascene.io.text import is_finite_number, read_json
from dynascene.jobs.result_folder import REPORT

ERRORS = "errors.log"
DONE, FAILED = "done", "failed"


def check_records(shots: Sequence[PlannedShot], out: Path) -> None:
    """Raises InputError where a folder has the name of a file that the batch is to write."""
    notes = [note_file(out, shot.name) for shot in shots]
    for path in (out / LISTING, out / NOTES / ERRORS, *notes, *map(trials_file, notes)):
        if path.is_dir():
            raise InputError(f"{path}: is a folder, and a file is to be written; move it away")


def is_finished(shot: PlannedShot, out: Path) -> bool:
    """Whether a shot was made before, with the same options and of the same files."""
    note = _note(out, shot.name)
    is_same = note.get("state") == DONE and note.get("key") == shot.key()
    return is_same and (out / shot.name / REPORT).is_file()


def note_file(out: Path, name: str) -> Path:
    """Where the outcome of a shot is noted."""
    flat = name.replace("%", "%25").replace("/", "%2F")  # no two names become one
    return out / NOTES / f"{flat}.json"


def trials_file(note: Path) -> Path:
    """Where the attempts to make the shot of a note are counted."""
    return note.with_suffix(".trials")


def write_note(out: Path, name: str, note: Mapping[str, Any]) -> None:
    """Note the outcome of a shot: ``state``, ``seconds``, and ``reason`` or ``key``."""
    write_text(note_file(out, name), json.dumps(note, ensure_ascii=False) + "\n")


def write_listing(shots: Sequence[PlannedShot], out: Path) -> list[dict[str, Any]]:
    """Write ``out``/batch.json; returns what it says of each shot."""
    entries = [_entry(out, shot.name) for shot in shots]
    text = json.dumps({"shots": entries}, indent=1, ensure_ascii=False)
    write_text(out / LISTING, f"{text}\n")
    return entries


def line_of(name: str, out: Path) -> str:
    """What the terminal says of a shot when it ends."""
    note = _note(out, name)
    reason = f": {note['reason']}" if note.get("reason") else ""
    return f"{name}: {note['state']} after {note.get('seconds', 0):g} s{reason}"


def _entry(out: Path, name: str) -> dict[str, Any]:
    """What the listing says of a shot."""
    note = _note(out, name)
    entry = {"shot": name, **{key: value for key, value in note.items() if key != "key"}}
    return entry | {"doubts": doubts_of(out / name)} if note["state"] == DONE else entry


def _note(out: Path, name: str) -> dict[str, Any]:
    try:
        note = read_json(note_file(out, name))
    except InputError:
        note = None
    return note if _is_note(note) else {"state": FAILED, "reason": "was not reached"}


def _is_note(note: object) -> TypeGuard[dict[str, Any]]:
    """Whether it tells a state and, where it has one, the number of seconds."""
    return (
        isinstance(note, dict)
        and isinstance(note.get("state"), str)
        and is_finite_number(note.get("seconds", 0))
    )
