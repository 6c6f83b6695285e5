"""Hidden folders for work in progress: locked while their process lives, cleared by the next."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # not a POSIX system: nothing tells whose folders are alive, so none is cleared
    fcntl = None

OWN = re.compile(r"\..+\.[a-z0-9_]{8}\.tmp", re.DOTALL)  # as mkdtemp completes the name
UNLOCKED_FILE = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")  # of versions that wrote files, not folders
DAY = 86_400
_cleared: set[Path] = set()


@contextmanager
def working_folder(parent: Path, prefix: str, suffix: str = "") -> Generator[Path]:
    """Make a folder with a name of its own, and remove it at the end; no error of that is raised.

    Folders with the same prefix and suffix that a killed process left are removed first.

    Args:
        parent: where it is made.
        prefix, suffix: of its name.

    Raises:
        OSError: it cannot be made.
    """
    clear_leftovers(parent, lambda name: name.startswith(prefix) and name.endswith(suffix))
    folder, lock = _make_locked(parent, prefix, suffix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


@contextmanager
def temporary_place(path: Path) -> Generator[Path]:
    """A place on the same disk as ``path`` and of the same name, in a folder ``.NAME.….tmp``.

    What killed processes left in such folders beside ``path`` is removed, once in each process.

    Raises:
        OSError: the folder cannot be made.
    """
    parent = path.parent.resolve()
    if parent not in _cleared:  # listing a large folder for every file would take long
        _cleared.add(parent)
        clear_leftovers(path.parent, lambda name: OWN.fullmatch(name) is not None)
        _clear_old_files(path.parent)
    prefix = f".{path.name[:50]}."
    folder, lock = _make_locked(path.parent, prefix, ".tmp")
    try:
        yield folder / path.name
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def clear_leftovers(parent: Path, matches: Callable[[str], bool]) -> None:
    """Remove the folders of matching names whose process is gone, as far as that is possible."""
    for folder in _entries(parent):
        if matches(folder.name) and folder.is_dir() and not folder.is_symlink():
            with lock_of(folder) as is_mine:
                if is_mine:
                    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def lock_of(folder: Path, *, wait: bool = False) -> Generator[bool]:
    """Whether nobody else works in a folder; meanwhile nobody can.

    Args:
        folder: it may be missing, and is nobody's then.
        wait: until nobody else does; then False says that it is missing or that there are no locks.
    """
    lock = _lock(folder, wait=wait)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            os.close(lock)


def _make_locked(parent: Path, prefix: str, suffix: str) -> tuple[Path, int | None]:
    while True:
        folder = Path(tempfile.mkdtemp(suffix, prefix, parent))
        lock = _lock(folder, wait=True)
        if folder.is_dir():  # else another process took it for a leftover before it was locked
            return folder, lock
        if lock is not None:
            os.close(lock)


def _lock(folder: Path, *, wait: bool) -> int | None:
    """A descriptor that holds the folder's lock; None where another has it, or there are none."""
    if fcntl is None:
        return None
    while True:
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if os.path.samestat(os.fstat(descriptor), folder.stat()):
                return descriptor
        except OSError:
            os.close(descriptor)
            return None
        os.close(descriptor)  # meanwhile another folder has taken its place


def _clear_old_files(parent: Path) -> None:
    """Remove files of a name as earlier versions used, which nobody has touched for a day."""
    for file in _entries(parent):
        try:
            is_old = UNLOCKED_FILE.fullmatch(file.name) and time.time() - file.stat().st_mtime > DAY
            if is_old and file.is_file():
                file.unlink()
        except OSError:
            continue


def _entries(parent: Path) -> list[Path]:
    try:
        return [entry for entry in parent.iterdir() if entry.name.startswith(".")]
    except OSError:
        return []
