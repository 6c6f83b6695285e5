"""Putting a run's entries in place of an earlier run's, so that a kill leaves one of both.

A folder that holds nothing else is exchanged as a whole. Otherwise the entries are moved one by
one, as a journal in the folder says; where the run is killed meanwhile, the next one finishes it.
"""

import ctypes
import errno
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from dynascene.io.atomic import write_text
from dynascene.io.text import parse_json
from dynascene.io.working_folders import lock_of, working_folder

EARLIER = ".earlier"
HERE = -100  # AT_FDCWD
EXCHANGE = 2  # RENAME_EXCHANGE


def working_prefix(folder: Path) -> str:
    """How the names of the folders begin that runs with this result folder work in."""
    return f".{folder.name[:50]}.partial-"


def working_parent(folder: Path, earlier: Iterable[str]) -> Path:
    """Where to work: beside the folder where it can be exchanged; else on its disk, inside it."""
    if not folder.exists():
        return folder.parent
    beside = folder.parent
    return beside if _holds_only(folder, earlier) and _can_move(beside, folder) else folder


def _can_move(source: Path, target: Path) -> bool:
    """Whether entries can be moved from one folder to another; mounts of one disk cannot be told
    otherwise.
    """
    try:
        with working_folder(source, working_prefix(target)) as probe:
            (probe / "x").mkdir()
            os.rename(probe / "x", target / probe.name)
            (target / probe.name).rmdir()
    except OSError:
        return False
    return True


def replace_entries(folder: Path, temporary: Path, earlier: set[str]) -> None:
    """Replace the earlier entries by those of the working folder; undo everything if that fails.

    Args:
        folder: of the results; it may be missing.
        temporary: the working folder. What is replaced lies there afterwards.
        earlier: names of the earlier entries.

    Raises:
        OSError: an entry could not be moved; all is as it was.
    """
    if not folder.exists():
        temporary.chmod(0o755)
        temporary.rename(folder)
        return
    temporary.chmod(folder.stat().st_mode & 0o7777)
    if (
        temporary.parent == folder.parent
        and _holds_only(folder, earlier)
        and exchange(temporary, folder)
    ):
        return
    entries = sorted(entry.name for entry in temporary.iterdir())
    journal = _journal_of(folder)
    plan = {"from": str(temporary), "earlier": sorted(earlier), "new": entries}
    write_text(journal, json.dumps(plan, indent=1) + "\n")
    aside = temporary / EARLIER
    aside.mkdir()
    moved: list[tuple[Path, Path]] = []
    try:
        for origin, place in [
            *((folder / name, aside / name) for name in sorted(earlier)),
            *((temporary / name, folder / name) for name in entries),
        ]:
            origin.rename(place)
            moved.append((origin, place))
    except BaseException:
        for origin, place in reversed(moved):
            place.rename(origin)
        journal.unlink()
        raise
    journal.unlink()


def is_entry_name(name: object) -> bool:
    """Whether it is the name of an entry of a folder, and leads nowhere else."""
    return isinstance(name, str) and name not in ("", ".", "..") and not set(name) & set("/\\\0")


def finish_replacement(folder: Path) -> None:
    """Finish what a killed run had begun, where its journal lies in the folder."""
    journal = _journal_of(folder)
    try:
        plan = parse_json(journal.read_text(encoding="utf-8"))
        temporary, earlier, new = Path(plan["from"]), set(plan["earlier"]), list(plan["new"])
    except (OSError, ValueError, KeyError, TypeError):
        return
    is_ours = temporary.name.startswith(working_prefix(folder))
    if not all(map(is_entry_name, [*earlier, *new])):
        return  # no run of ours has written it
    if not is_ours or temporary.parent not in (folder, folder.parent):
        return
    with lock_of(temporary) as is_mine:
        if temporary.is_dir() and not is_mine:
            return  # its run is alive
        aside = temporary / EARLIER
        for name in sorted(earlier):
            waits = os.path.lexists(temporary / name)
            if os.path.lexists(folder / name) and (waits or name not in new):
                aside.mkdir(exist_ok=True)
                (folder / name).rename(aside / name)
        for name in new:
            if os.path.lexists(temporary / name):
                (temporary / name).rename(folder / name)
        journal.unlink()
        shutil.rmtree(temporary, ignore_errors=True)


def exchange(first: Path, second: Path) -> bool:
    """Exchange two folders in one step; False where the system cannot, and nothing is changed."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):  # TypeError: Windows
        return False
    if rename(HERE, os.fsencode(first), HERE, os.fsencode(second), EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS, errno.EXDEV, errno.EBUSY, errno.EPERM, errno.EACCES):
        return False
    raise OSError(number, os.strerror(number), str(second))


def _holds_only(folder: Path, names: Iterable[str]) -> bool:
    """Whether nothing else lies in a folder, and nobody of this process stands in it."""
    others = {entry.name for entry in folder.iterdir()} - set(names)
    return not others and folder not in (Path.cwd(), *Path.cwd().parents)


def _journal_of(folder: Path) -> Path:
    return folder / f".{folder.name[:50]}.journal"
