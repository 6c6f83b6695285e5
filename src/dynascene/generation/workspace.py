"""A result folder that is either complete or not there."""

import errno
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from dynascene.errors import InputError


@contextmanager
def result_folder(folder: Path) -> Generator[Path]:
    """Gives a temporary folder beside ``folder``; on success its entries move into ``folder``.

    Entries of an earlier result with the same names are replaced, other files there are left
    alone. On any failure, the user's interruption included, nothing of this run remains.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; --out names a folder")
    made = _make_parents(folder)
    try:
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.partial-", dir=folder.parent))
    except OSError as error:
        _remove(made)
        raise InputError(f"{folder}: cannot be written here ({error.strerror})") from error
    try:
        yield temporary
        _move_into(temporary, folder)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        _remove(made)
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise InputError(f"{folder}: no space left; free some or name another --out") from error
        raise
    shutil.rmtree(temporary, ignore_errors=True)


def _make_parents(folder: Path) -> list[Path]:
    """Make the folders above ``folder``; returns those that were missing, innermost first."""
    missing = [parent for parent in folder.absolute().parents if not parent.exists()]
    try:
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made here ({error.strerror})") from error
    return missing


def _remove(folders: list[Path]) -> None:
    """Remove folders that this run made, as far as they are empty."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return


def _move_into(temporary: Path, folder: Path) -> None:
    temporary.chmod(0o755)
    if not folder.exists():
        temporary.rename(folder)
        return
    for entry in sorted(temporary.iterdir()):
        target = folder / entry.name
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        elif target.exists():
            target.unlink()
        entry.rename(target)
