"""Writing files and folders that are either complete or absent."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from dynascene.errors import InputError, one_line
from dynascene.io.working_folders import temporary_place


@contextmanager
def replacing(path: Path) -> Generator[Path]:
    """Yield a place on the same disk to write a file or folder to; at the end it is moved.

    On any error nothing is left behind, and what was at ``path`` stays. A folder that is not empty
    is never replaced, nor is a device.

    Raises:
        InputError: the place cannot be written.
    """
    try:
        _check_place(path)
        with temporary_place(path) as temporary:
            yield temporary
            if path.is_dir() and temporary.is_file():
                raise InputError(f"{path}: is a folder, and a file is to be written")
            os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None
    except ValueError as error:
        if "null byte" not in str(error):
            raise
        raise InputError(f"{str(path)!r}: cannot be written ({one_line(error)})") from None


def _check_place(path: Path) -> None:
    if path.is_dir() and any(path.iterdir()):
        raise InputError(f"{path}: is a folder that is not empty; choose a new name")
    if path.exists() and not (path.is_file() or path.is_dir()):  # it would be gone, for everybody
        raise InputError(f"{path}: is a device or a pipe, and a file is to be written")
    if not path.parent.is_dir():
        raise InputError(f"{path}: the folder {path.parent} does not exist")


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file in one step."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
