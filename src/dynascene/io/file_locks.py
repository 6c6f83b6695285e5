"""Locks on files that end with their process."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has none of this kind: nothing keeps two runs apart there
    fcntl = None


@contextmanager
def file_lock(
    path: Path, *, shared: bool = False, wait: bool = True, is_inherited: bool = True
) -> Generator[None]:
    """Hold a lock for the length of a ``with`` block; on Windows nothing is locked.

    Args:
        path: the file, which is made where it is missing; its folder must exist.
        shared: with others that hold it shared.
        wait: until it is free, rather than refuse.
        is_inherited: by forked processes, which hold it as long as they live; else threads of one
            process do not keep each other out.

    Raises:
        BlockingIOError: another process holds it, and ``wait`` is false.
        OSError: the file cannot be written.
    """
    with path.open("w") as lock:
        if fcntl is not None:
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            take = fcntl.flock if is_inherited else fcntl.lockf
            take(lock, kind | (0 if wait else fcntl.LOCK_NB))
        yield
