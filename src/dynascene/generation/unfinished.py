"""What a run had found before it failed or was stopped: the next one can go on from there."""

import json
import shutil
import signal
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from dynascene.errors import InputError
from dynascene.generation.footage import CAMERAS, DEPTH, FOLDER
from dynascene.generation.progress import Log
from dynascene.generation.request import SCALE
from dynascene.generation.subject import MATTE
from dynascene.generation.workspace import REPORT, carry_inputs
from dynascene.io.atomic import write_text

OPTIONS = {MATTE: "--matte", CAMERAS: "--cameras", DEPTH: "--scene-depth"}  # that take it back in


@contextmanager
def keeping_found(folder: Path, out: Path, inputs: Iterable[Path], log: Log) -> Generator[None]:
    """Where something inside fails or is interrupted, what was found moves to ``out``.

    There it lies in FOLDER, as after success, with a report.json that says what failed, so that
    the next run may replace it. The finished result of an earlier run is left as it is: then a
    free name is taken (footage-2). Nothing half-written is kept.

    folder: of the run under way. out: of its results. inputs: what the run reads.

    Raises what failed. What is kept, and which options take it, is added to an InputError's own
    line; a notice tells it before anything else that ends the run.
    """
    found = folder / FOLDER
    try:
        yield
    except InputError as error:
        place = _keep(found, out, str(error), inputs)
        if place is None:
            raise
        raise InputError(f"{error}; {_how_to_go_on(place)}", error.parameter) from error
    except BaseException as error:  # Ctrl-C and SIGTERM among them
        failure = repr(error) if isinstance(error, Exception) else "interrupted"
        place = _keep(found, out, failure, inputs)
        if place is not None:
            log.notice(_how_to_go_on(place))
        raise


def _keep(found: Path, out: Path, failure: str, inputs: Iterable[Path]) -> Path | None:
    """Where it lies now; None where nothing was found."""
    with _undisturbed():
        _remove_half_written(found)
        if not found.is_dir() or not any(found.iterdir()):
            return None
        if _is_finished(out / REPORT):
            place = next(p for n in count(2) if not (p := out / f"{FOLDER}-{n}").exists())
            found.rename(place)
            return place
        place = out / FOLDER
        carry_inputs(place, found, inputs)
        if place.exists():  # an unfinished run's, or it would have been refused
            place.rename(found.with_name(f".{FOLDER}-before"))  # goes with the folder of the run
        out.mkdir(parents=True, exist_ok=True)
        found.rename(place)
        said = {"failed": failure, "outputs": [FOLDER, REPORT]}
        write_text(out / REPORT, json.dumps(said, indent=2) + "\n")
        return place


@contextmanager
def _undisturbed() -> Generator[None]:
    """Meanwhile Ctrl-C and SIGTERM do nothing: an impatient second one must not lose files.

    The run ends in any case.
    """
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


def _remove_half_written(found: Path) -> None:
    """``replacing`` writes under a dotted name and cleans up, unless Ctrl-C comes twice."""
    for leftover in found.glob(".*.tmp"):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def _is_finished(report: Path) -> bool:
    try:
        return "failed" not in json.loads(report.read_text(encoding="utf-8"))
    except OSError:
        return False
    except ValueError:
        return True  # somebody's own file: nothing here is ours to replace


def _how_to_go_on(place: Path) -> str:
    kept = [
        f"{option} {place / name}" for name, option in OPTIONS.items() if (place / name).exists()
    ]
    if not kept:
        return f"what was found is kept in {place}"
    unscaled = (place / CAMERAS).exists() and not (place / SCALE).exists()
    but = " (the camera's scale was not found yet)" if unscaled else ""
    return f"what was found is kept, go on with {' '.join(kept)}{but}"
