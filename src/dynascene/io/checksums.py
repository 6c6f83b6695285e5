"""Checksums of inputs, so that a report names exactly what went in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeGuard

from dynascene.errors import InputError

CHUNK = 1 << 20  # bytes


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, or of a folder's files (names and contents, sorted), in hexadecimal.

    Files are read in pieces. Hidden files and folders are left out.

    Raises:
        InputError: where there is nothing to read.
    """
    return _sha256_of(path, lambda folder: folder.rglob("*"))


def sha256_of_frames(clip: Path, suffixes: Sequence[str]) -> str:
    """The SHA-256 of a video, or of the pictures of a folder; raises as ``sha256_of``.

    Other files of the folder, and folders in it, are left out: results may be written there.

    suffixes: of pictures, in small letters.
    """
    return _sha256_of(
        clip, lambda folder: (p for p in folder.iterdir() if p.suffix.lower() in suffixes)
    )


def _sha256_of(path: Path, entries: Callable[[Path], Iterable[Path]]) -> str:
    """entries: those of a folder that count."""
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    try:
        if path.is_file():
            return _sha256_of_file(path)
        total = hashlib.sha256()
        for file in sorted(p for p in entries(path) if p.is_file()):
            name = file.relative_to(path)
            if not any(part.startswith(".") for part in name.parts):
                total.update(f"{_sha256_of_file(file)}  {name.as_posix()}\n".encode())
        return total.hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def _sha256_of_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def is_sha256(value: object) -> TypeGuard[str]:
    """Whether a value from a file is a SHA-256 in hexadecimal, in small letters."""
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None
