"""What a run had found before it failed: minutes of work that the next one can go on from."""

import json
import shutil
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from dynascene.errors import InputError
from dynascene.generation.footage import CAMERAS, DEPTH, FOLDER
from dynascene.generation.subject import MATTE
from dynascene.generation.workspace import REPORT, carry_inputs
from dynascene.io.atomic import write_text

OPTIONS = {MATTE: "--matte", CAMERAS: "--cameras", DEPTH: "--scene-depth"}  # that take it back in


@contextmanager
def keeping_found(folder: Path, out: Path, inputs: Iterable[Path]) -> Generator[None]:
    """Where something fails inside, what was found in ``folder`` moves to ``out``.

    There it lies in FOLDER, as after success, with a report.json that says what failed, so that
    the next run may replace it. The finished result of an earlier run is left as it is: then a
    free name is taken (footage-2).

    folder: of the run under way. out: of its results. inputs: what the run reads.

    Raises what failed; an InputError then also says what is kept and which options take it.
    """
    try:
        yield
    except InputError as error:
        place = _keep(folder / FOLDER, out, str(error), inputs)
        if place is None:
            raise
        raise InputError(f"{error}; {_how_to_go_on(place)}", error.parameter) from error
    except Exception as error:
        _keep(folder / FOLDER, out, repr(error), inputs)
        raise


def _keep(found: Path, out: Path, failure: str, inputs: Iterable[Path]) -> Path | None:
    """Where it lies now; None where nothing was found."""
    if not found.is_dir() or not any(found.iterdir()):
        return None
    if _is_finished(out / REPORT):
        place = next(p for n in count(2) if not (p := out / f"{FOLDER}-{n}").exists())
        found.rename(place)
        return place
    place = out / FOLDER
    carry_inputs(place, found, inputs)
    if place.exists():
        shutil.rmtree(place)  # an unfinished run's, or it would have been refused
    out.mkdir(parents=True, exist_ok=True)
    found.rename(place)
    said = {"failed": failure, "outputs": [FOLDER, REPORT]}
    write_text(out / REPORT, json.dumps(said, indent=2) + "\n")
    return place


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
    return f"what was found is kept, go on with {' '.join(kept)}"
