"""Partial results of a run that failed or was stopped, from which the next run goes on."""

import json
import shutil
import signal
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from dynascene.errors import InputError
from dynascene.io.atomic import write_text
from dynascene.io.text import parse_json
from dynascene.jobs.log import Log
from dynascene.jobs.result_folder import REPORT, carry_inputs


@contextmanager
def keep_partial_results(
    folder: Path,
    out: Path,
    name: str,
    inputs: Iterable[Path],
    log: Log,
    hint: Callable[[Path], str],
) -> Generator[None]:
    """Move partial results to ``out`` where the block fails or is interrupted.

    They lie in ``name``, as after success, with a report.json that says what failed, so that the
    next run may replace them. A finished result of an earlier run stays, and a free name is used
    (footage-2). Half-written files are not kept.

    Args:
        folder: of the current run, as result_folder yields it.
        out: of its results.
        name: the folder among the results that a later run can use.
        inputs: what the run reads.
        log: gets a notice of what is kept.
        hint: says how to go on from a folder; appended to the line of an InputError, and shown as a
            notice before any other exception.

    Raises:
        BaseException: the one that ended the block.
    """
    partial = folder / name
    try:
        yield
    except InputError as error:
        place = _move(partial, out, str(error), inputs)
        if place is None:
            raise
        raise InputError(f"{error}; {hint(place)}") from error
    except BaseException as error:  # Ctrl-C and SIGTERM among them
        failure = repr(error) if isinstance(error, Exception) else "interrupted"
        place = _move(partial, out, failure, inputs)
        if place is not None:
            log.notice(hint(place))
        raise


def _move(partial: Path, out: Path, failure: str, inputs: Iterable[Path]) -> Path | None:
    """The new place of the partial results; None where there are none."""
    with _signals_ignored():
        _remove_half_written(partial)
        if not partial.is_dir() or not any(partial.iterdir()):
            return None
        name = partial.name
        if _is_finished(out / REPORT):
            place = next(p for n in count(2) if not (p := out / f"{name}-{n}").exists())
            partial.rename(place)
            return place
        place = out / name
        carry_inputs(place, partial, inputs)
        out.mkdir(parents=True, exist_ok=True)
        # first: without it the next run would not know that the folder may be replaced
        report = {"failed": failure, "outputs": [name, REPORT]}
        write_text(out / REPORT, json.dumps(report, indent=2) + "\n")
        if place.exists():  # an unfinished run's, or it would have been refused
            place.rename(partial.with_name(f".{name}-before"))  # goes with the folder of the run
        partial.rename(place)
        return place


@contextmanager
def _signals_ignored() -> Generator[None]:
    """Ignore Ctrl-C and SIGTERM, since a second one must not lose files. The run ends anyway."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are met by the main thread, and only it may say how
        return
    ends = signal.SIGINT, signal.SIGTERM
    before = [signal.signal(number, signal.SIG_IGN) for number in ends]
    try:
        yield
    finally:
        for number, handler in zip(ends, before, strict=True):
            signal.signal(number, handler or signal.SIG_DFL)


def _remove_half_written(partial: Path) -> None:
    """Remove the dotted files that ``replacing`` leaves where Ctrl-C came twice."""
    for leftover in partial.glob(".*.tmp"):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def _is_finished(report: Path) -> bool:
    try:
        return "failed" not in parse_json(report.read_text(encoding="utf-8"))
    except OSError:
        return False
    except (ValueError, TypeError):
        return True  # somebody's own file: nothing here is ours to replace
