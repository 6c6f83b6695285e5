"""Writing files and folders that are either complete or absent."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from dynascene.errors import InputError


@contextmanager
def replacing(path: Path) -> Generator[Path]:
    """Yield a path beside ``path`` to write a file or folder to; it is moved into place at the end.

    On any error nothing is left behind, and what was at ``path`` stays. A folder that is not empty
    is never replaced, nor is a device.

    Raises:
        InputError: the place cannot be written.
    """
    if path.is_dir() and any(path.iterdir()):
        raise InputError(f"{path}: is a folder that is not empty; choose a new name")
    if path.exists() and not (path.is_file() or path.is_dir()):  # it would be gone, for everybody
        raise InputError(f"{path}: is a device or a pipe, and a file is to be written")
    if not path.parent.is_dir():
        raise InputError(f"{path}: the folder {path.parent} does not exist")
    # not the process' number: in containers it comes again, and threads share it
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        if path.is_dir() and temporary.is_file():
            raise InputError(f"{path}: is a folder, and a file is to be written")
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file in one step."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
