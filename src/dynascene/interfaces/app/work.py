"""The process in which one job runs: ``python -m dynascene.interfaces.app.work``.

It reads one line of JSON from standard input: kind, draft, and the folder of the results. It
writes lines of JSON to standard output: stages, steps, notices, and the end. Where standard input
closes, the server is gone, and the job ends like one that is cancelled: nothing half-written
stays.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from dynascene.errors import InputError
from dynascene.interfaces.app.drafts import Draft
from dynascene.interfaces.termination import Terminated, sigterm_raises


class Lines:
    """A display that writes one line of JSON for each event."""

    def __init__(self, out: TextIO) -> None:
        self.out = out

    @contextmanager
    def stage(self, name: str, total: int) -> Generator[Callable[[], None]]:
        self.write(stage=name, total=total)
        done = 0

        def step() -> None:
            nonlocal done
            done += 1
            self.write(step=done)

        yield step

    def notice(self, text: str) -> None:
        self.write(notice=text)

    def doubt(self, text: str) -> None:
        self.write(notice=text)

    def write(self, **event: Any) -> None:
        print(json.dumps(event), file=self.out, flush=True)


def run_matte(draft: Draft, out: Path, display: Lines) -> dict[str, Any]:
    """Cut the person out; what changes in the draft."""
    from dynascene.estimators.matte.job import run
    from dynascene.generation.subject import matte_options
    from dynascene.generation.takes import warn_of_cuts
    from dynascene.io.excerpt import excerpt
    from dynascene.io.frames import open_frames

    person = draft.person()
    options = matte_options(person)
    source = excerpt(open_frames(person.person), draft.frames, person.person)
    options.check(person.person, source)
    warn_of_cuts(person.person, source, display, draft.frames[0] if draft.frames else 0)
    run(person.person, source, out, options, display)
    return {"matte": str(out)}


def run_track(draft: Draft, out: Path, display: Lines) -> dict[str, Any]:
    """Find the clip's camera; what changes in the draft."""
    from dynascene.generation.camera_job import find_camera

    return {"tracked": str(find_camera(draft.person(), draft.frames, out, display))}


def run_render(draft: Draft, out: Path, display: Lines) -> dict[str, Any]:
    """Make the clip; what changes in the draft."""
    from dynascene.generation.job import make_clip

    make_clip(draft.request(), out, display)
    return {}


RUNNERS: dict[str, Callable[[Draft, Path, Lines], dict[str, Any]]] = {
    "matte": run_matte,
    "track": run_track,
    "render": run_render,
}


def main() -> None:
    """Run the job that standard input tells, and say how it ended."""
    lines = Lines(os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no event
    order = json.loads(sys.stdin.readline())
    with sigterm_raises(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        threading.Thread(target=_end_with_server, daemon=True).start()
        try:
            draft, out = Draft.from_json(json.dumps(order["draft"])), Path(order["out"])
            changes = RUNNERS[order["kind"]](draft, out, lines)
        except InputError as error:
            lines.write(end="failed", message=str(error))
        except (Terminated, KeyboardInterrupt):
            lines.write(end="cancelled", message="")
        else:
            lines.write(end="done", changes=changes)


def _end_with_server() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
