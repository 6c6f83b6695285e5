"""One training at a time in a run's folder."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from dynascene.errors import InputError
from dynascene.io.file_locks import file_lock

LOCK = ".lock"


@contextmanager
def only_training_in(out: Path) -> Generator[None]:
    """Keep other trainings out of a folder for the length of a ``with`` block.

    Processes that load samples for a training that was killed live a little longer than it: they
    do not hold the lock.

    Raises:
        InputError: another training is at work there, or the folder cannot be written.
    """
    with ExitStack() as stack:
        try:
            out.mkdir(parents=True, exist_ok=True)
            stack.enter_context(file_lock(out / LOCK, wait=False, is_inherited=False))
        except BlockingIOError:
            raise InputError(
                f"{out}: another training is at work there; wait for its end, or name another `out`"
            ) from None
        except OSError as error:
            raise InputError(f"{out}: cannot be written ({error.strerror})") from None
        try:
            yield
        finally:
            _remove_if_alone(out / LOCK)


def _remove_if_alone(lock: Path) -> None:
    """Remove the lock and its folder where a training was refused before it wrote anything."""
    with suppress(OSError):
        if [path.name for path in lock.parent.iterdir()] == [lock.name]:
            lock.unlink()
            lock.parent.rmdir()
