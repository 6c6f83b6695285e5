"""Paths as users write them: too long, with a zero in them, or links in a circle."""

from pathlib import Path


def is_there(path: Path) -> bool:
    """Whether something lies there; also False where the system cannot look."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_file_there(path: Path) -> bool:
    """Whether a file lies there; also False where the system cannot look."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
