"""``dynascene generate --batch``: many clips on Ray, as curation runs its stages."""

from __future__ import annotations

import os
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    nullcontext,
    redirect_stdout,
)
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from dynascene.curation.clip import Clip, Source
from dynascene.curation.engine.choice import LocalRay, start_engine
from dynascene.curation.engine.progress import Tick
from dynascene.curation.engine.protocol import Engine
from dynascene.curation.engine.step import StepResult
from dynascene.curation.engine.store import Item
from dynascene.curation.engine.trials import Trials
from dynascene.devices import choose_device, restored_choice
from dynascene.display import Display
from dynascene.errors import InputError, one_line
from dynascene.interfaces.cli import generation
from dynascene.interfaces.cli.batch_faults import find_faults
from dynascene.interfaces.cli.batch_notes import (
    DONE,
    ERRORS,
    FAILED,
    check_records,
    is_finished,
    line_of,
    note_file,
    trials_file,
    write_listing,
    write_note,
)
from dynascene.interfaces.cli.batch_plan import (
    LISTING,
    NOTES,
    PlannedShot,
    options_from,
    plan_shots,
)
from dynascene.interfaces.cli.batch_summary import count_done, doubt_lines
from dynascene.interfaces.cli.display import open_display, say_result
from dynascene.interfaces.cli.mistypes import check_no_streams, wrong_option
from dynascene.interfaces.cli.options import spell_options
from dynascene.interfaces.cli.parsing import parse
from dynascene.interfaces.cli.reasons import reason_of
from dynascene.interfaces.cli.signatures import options_in
from dynascene.io.file_locks import file_lock
from dynascene.jobs.result_folder import clear_unfinished

ATTEMPTS = 2  # of a shot that takes its process down; fewer than Ray's own three
OWN = ("batch", "workers", "out", "quiet", "json")  # options of the whole


def batch_of(arguments: list[str]) -> Callable[[], None]:
    """A batch that is ready to start, from the command line of ``dynascene generate``.

    Raises:
        InputError: an option of the whole has no meaning, the shots cannot be told, or none of them
            can be made.
    """
    if line := wrong_option(arguments, generation.COMMANDS):
        raise InputError(line)
    check_no_streams(arguments)
    possible = list(options_in(generation.generate))
    switches = {each.parameter for each in possible if each.is_switch}
    several = {each.parameter for each in possible if "tuple[" in str(each.hint)}
    options = options_from(arguments[1:], switches, several)
    own = {name: options.pop(name) for name in OWN if name in options}
    if "preview" in options:
        raise InputError("`preview`: shows one clip; leave it out, or `batch`")
    choose_device(options.get("device"))
    out = Path(own.get("out", "batch"))
    workers = own.get("workers")
    if workers is not None and not (workers.isdecimal() and int(workers) > 0):
        raise InputError(f"`workers` {workers}: must be 1 or more")
    engine = partial(start_engine, LocalRay(None if workers is None else int(workers)))
    shots = plan_shots(own["batch"], options)
    faults = find_faults(shots, out)
    quiet, as_json = "quiet" in own, "json" in own
    if len(faults) == len(shots):
        raise InputError(_say_all(list(faults.values()), quiet=quiet))
    return partial(run_batch, shots, out, engine, faults, quiet=quiet, as_json=as_json)


def run_batch(
    shots: list[PlannedShot],
    out: Path,
    engine: Callable[[], AbstractContextManager[Engine]],
    faults: Mapping[str, str] | None = None,
    *,
    quiet: bool = False,
    as_json: bool = False,
) -> None:
    """Make what is not finished, and list all of it in ``out``/batch.json.

    Args:
        shots: what to make.
        out: folder of the results, one folder for each.
        engine: starts what does the work.
        faults: why some shots cannot be made, by their names; they are left out.
        quiet, as_json: as for ``dynascene generate``.

    Raises:
        InputError: shots have failed, when the others are done; the engine does not start; or
            another batch is at work in ``out``.
    """
    display = open_display(quiet)
    (out / NOTES).mkdir(parents=True, exist_ok=True)
    with _only_batch_in(out):
        check_records(shots, out)
        open_shots = _begin(shots, out, faults or {}, display)
        try:
            if open_shots:
                with _own_output(quiet):
                    _make_all(open_shots, out, engine, display)
        finally:
            entries = write_listing(shots, out)
    _say_end(entries, out, display, as_json)


def _begin(
    shots: Sequence[PlannedShot], out: Path, faults: Mapping[str, str], display: Display
) -> list[PlannedShot]:
    """The shots that are to be made: neither finished nor at fault, which is said and noted."""
    finished = {shot.name for shot in shots if is_finished(shot, out)}
    if finished:
        display.notice(f"{count_done(len(finished), len(shots))} already")
    unfinished = [shot for shot in shots if shot.name not in finished]
    for shot in unfinished:  # what a note says of an earlier run does not hold for this one
        note_file(out, shot.name).unlink(missing_ok=True)
    faults = {shot.name: faults[shot.name] for shot in unfinished if shot.name in faults}
    for name, reason in faults.items():
        display.notice(f"{reason}; this shot is left out")
        write_note(out, name, {"state": FAILED, "reason": reason, "seconds": 0.0})
    return [shot for shot in unfinished if shot.name not in faults]


def _say_end(entries: Sequence[dict[str, Any]], out: Path, display: Display, as_json: bool) -> None:
    """Say how many shots are done and what is doubted; raises InputError where some have failed."""
    failed = [entry for entry in entries if entry["state"] != DONE]
    lines = doubt_lines(entries)
    for line in lines:
        display.doubt(line)
    doubted = f", {len(lines)} with doubts" if lines else ""
    say_result(
        f"{out / LISTING}: {count_done(len(entries) - len(failed), len(entries))}{doubted}",
        lambda: {"folder": out, "listing": out / LISTING, "shots": entries},
        as_json,
    )
    if failed:
        lost = f"{len(failed)} of {len(entries)} shots" if len(entries) > 1 else "the only shot"
        raise InputError(f"{lost} failed; {out / LISTING} says why")


def _make_all(
    shots: list[PlannedShot],
    out: Path,
    engine: Callable[[], AbstractContextManager[Engine]],
    display: Display,
) -> None:
    """Make shots; where that is stopped, nothing half made stays."""
    step = ShotStep(tuple(shots), str(out), os.getcwd(), uuid.uuid4().hex, _gpu_share())
    items = [Item(str(n), Clip(Source(shot.name), Path())) for n, shot in enumerate(shots)]
    try:
        with engine() as running, display.stage("shots", len(items)) as advance:
            for item in running.run(items, [step], lambda _: None):
                display.notice(line_of(shots[int(item.key)].name, out))
                advance()
    finally:
        for shot in shots:
            clear_unfinished(out / shot.name)


@contextmanager
def _only_batch_in(out: Path) -> Generator[None]:
    """Keep other batches out of a folder for the length of a ``with`` block."""
    with ExitStack() as stack:
        try:
            stack.enter_context(file_lock(out / NOTES / ".lock", wait=False))
        except BlockingIOError:
            raise InputError(f"another batch is at work in {out}; wait for its end") from None
        yield


@contextmanager
def _own_output(quiet: bool) -> Generator[None]:
    """Keep what Ray prints of its processes off standard output, which is for the result."""
    with (
        open(os.devnull, "w") if quiet else nullcontext(sys.stderr) as words,
        redirect_stdout(words),
    ):
        yield


@dataclass(frozen=True)
class ShotStep:
    """Makes the clip whose number an item's key is; a failure is noted and never raised.

    Attributes:
        shots: all that is to be made.
        out: folder of the results.
        start: the folder that relative paths start from.
        run: name of this run, whose attempts are counted.
        accelerators: share of a GPU that a clip takes.
    """

    shots: tuple[PlannedShot, ...]
    out: str
    start: str
    run: str
    accelerators: float = 0.0
    name: str = "shots"
    processors: float = 1.0

    def __call__(self, item: Item) -> StepResult:
        """See ``Step``."""
        os.chdir(self.start)
        begin, shot, out = time.perf_counter(), self.shots[int(item.key)], Path(self.out)
        key = shot.key()  # before: files that change meanwhile are taken anew by the next run
        trials = Trials(trials_file(note_file(out, shot.name)), self.run)
        if trials.begin() > ATTEMPTS:
            reason = f"took its process down {ATTEMPTS} times (too little memory?)"
        else:
            reason = _make(shot, out)
        seconds = time.perf_counter() - begin
        note = {"state": FAILED, "reason": reason} if reason else {"state": DONE}
        note = {**note, "seconds": round(seconds, 1), "key": key}
        write_note(out, shot.name, note)
        trials.forget()
        return StepResult(
            [item], Tick(self.name, reason is None, reason is not None, seconds, False)
        )


def _make(shot: PlannedShot, out: Path) -> str | None:
    """Make a clip; the reason where that fails."""
    try:
        with restored_choice():
            parse(shot.arguments(out))()
    except InputError as error:
        return spell_options(str(error))
    except SystemExit as stop:  # else it would count as a process that was taken down
        return f"ended by itself with exit code {stop.code or 0}"
    except Exception as error:  # one bad shot never stops the others
        if reason := reason_of(error, "generate"):
            return reason
        with (out / NOTES / ERRORS).open("a", encoding="utf-8") as log:
            log.write(f"{shot.name}\n{traceback.format_exc()}\n")
        return f"{type(error).__name__}: {one_line(error, longest=200)} ({NOTES}/{ERRORS})"
    return None


def _say_all(reasons: Sequence[str], *, quiet: bool) -> str:
    """Say why each of all shots cannot be made; returns the line at the end."""
    if len(reasons) == 1:
        return f"no shot can be made: {reasons[0]}"
    display = open_display(quiet)
    for reason in reasons:
        display.notice(reason)
    where = "without `quiet`, a line of each says why" if quiet else "the lines above say why"
    return f"none of {len(reasons)} shots can be made; {where}"


def _gpu_share() -> float:
    """A GPU for each clip, where networks calculate on one."""
    from dynascene.devices import default_device

    return 1.0 if default_device().type == "cuda" else 0.0
