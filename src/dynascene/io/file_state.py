"""Whether a file or a folder is still as it was, told without reading it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def state_of(path: Path) -> list[Any] | None:
    """Size and time of a file, with the name those of all within a folder; None: neither."""
    if not os.path.isdir(path):  # Path's own raises where a text is too long for a name
        return _size_and_time(path)
    files = [Path(folder) / name for folder, _, names in os.walk(path) for name in names]
    return sorted([str(file.relative_to(path)), _size_and_time(file)] for file in files)


def _size_and_time(path: Path) -> list[int] | None:
    try:
        state = path.stat()
    except (OSError, ValueError):
        return None
    return [state.st_size, state.st_mtime_ns]
