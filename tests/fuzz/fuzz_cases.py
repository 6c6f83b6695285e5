"""One case of the fuzzing: what is drawn for its number, how it is run, and what is wrong with it.

A case runs in a forked process with bounds on its memory, its processor time and its files, so that
nothing of one case reaches the next.
"""

import contextlib
import inspect
import os
import random
import re
import resource
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

TESTS = Path(__file__).parents[1]
# where pytest is not at work
sys.path[:0] = [str(TESTS / name) for name in ("shared", "generation", "curation")]

from fuzz_commands import (  # noqa: E402
    CHAN,
    CHOICES,
    COMMANDS,
    OF_CAMERAS,
    TARGETS,
    VALUES,
    Target,
)
from mutations import damaged  # noqa: E402

MEMORY = 2 * 2**30  # bytes beyond what the process has at its start
LARGEST_FILE = 2**30  # bytes
SECONDS = 60  # of the processor
PATIENCE = 600  # seconds of the clock, for what waits and calculates nothing
LONGEST_LINE = 1200  # letters; names of files stand in it in full
NOISE = re.compile(
    r"Traceback|Warning:|\[ WARN|libpng|libtiff|Corrupt JPEG|Premature end|TIFF\w+:|"
    r"\[\w+ @ 0x|Exception ignored|core dumped"
)


@dataclass(frozen=True)
class Case:
    """Arguments of the command, and the samples in its folder, some of them damaged."""

    target: str
    arguments: tuple[str, ...]
    samples: tuple[str, ...]
    damage: tuple[str, ...]
    leaves: tuple[str, ...]
    program: bool


@dataclass(frozen=True)
class Outcome:
    """How a case ended. ``code``: of the exit; negative: the signal that ended it."""

    code: int
    errors: str
    seconds: float
    peak_mib: float


def draw_case(draw: random.Random, options: Callable[[str], Sequence[str]]) -> Case:
    """What is run; ``options``: those of a command, by its name."""
    if draw.random() < 0.2:
        command, samples = draw.choice(COMMANDS)
        arguments = _with_options(command.split(), draw, options)
        return Case("values", arguments, samples, (), ("run", "out", "votes.sqlite"), True)
    target = draw.choices(TARGETS, [target.weight for target in TARGETS])[0]
    chosen = {kind: draw.choice(names) for kind, names in CHOICES.items()}
    arguments = _arguments(target, chosen)
    damage = tuple(name.format(**chosen) for name in target.damage)
    if draw.random() < 0.1:
        arguments = _with_options(arguments, draw, options)
    return Case(target.name, arguments, (*damage, *target.beside), damage, target.leaves,
                target.program)  # fmt: skip


def whole_cases() -> list[Case]:
    """Every target with every one of its inputs, nothing to be damaged; pickles are never taken."""
    cases = []
    for target in (target for target in TARGETS if "{pickle}" not in target.damage):
        texts = (target.command, *target.damage)
        kinds = [kind for kind in CHOICES if any(f"{{{kind}}}" in text for text in texts)]
        for names in product(*(CHOICES[kind] for kind in kinds)):
            chosen = dict(zip(kinds, names, strict=True))
            arguments = _arguments(target, chosen)
            samples = tuple(name.format(**chosen) for name in target.damage)
            cases.append(Case(target.name, arguments, (*samples, *target.beside), (), (), False))
    return cases


def _arguments(target: Target, chosen: Mapping[str, str]) -> tuple[str, ...]:
    """Of the command, with what a chan file does not tell."""
    arguments = tuple(text.format(**chosen) for text in target.command.split())
    return (*arguments, *CHAN) if any(text.endswith(".chan") for text in arguments) else arguments


def missing(case: Case, samples: Path) -> bool:
    """Whether a real file of the case is absent here."""
    return any(name.startswith("real/") and not (samples / name).exists() for name in case.samples)


def _with_options(
    command: Sequence[str], draw: random.Random, options: Callable[[str], Sequence[str]]
) -> tuple[str, ...]:
    name = " ".join(command[:2]) if command[0] == "cameras" else command[0]
    arguments = list(command)
    for _ in range(draw.randrange(1, 3)):
        option = draw.choice(options(name))
        arguments.append(option)
        if draw.random() < 0.9:
            arguments.append(draw.choice(VALUES))
    return tuple(arguments)


def options_of(name: str) -> list[str]:
    """The options of a command: those of all commands of ``cameras``, else its parameters."""
    from dynascene.interfaces.cli import parsing
    from dynascene.interfaces.cli.signatures import options_in

    if name.startswith("cameras"):
        return list(OF_CAMERAS)
    modules = [module for module in vars(parsing).values() if inspect.ismodule(module)]
    commands = {k: v for m in modules for k, v in getattr(m, "COMMANDS", {}).items()}
    return [each.spelling for each in options_in(commands[name]) if each.parameter != "batch"]


def lay_out(case: Case, samples: Path, folder: Path, draw: random.Random) -> None:
    """The case's files in its folder, with their damage."""
    for name in sorted(case.samples, key=len):
        source = samples / name
        if (folder / name).exists():  # in a folder that came before
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copyfile(source, folder / name)
    if case.damage:
        path = folder / draw.choice(case.damage)
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in draw.sample(files, min(len(files), draw.choice([1, 1, 1, 2]))):
            _damage(file, samples, draw)


def _damage(file: Path, samples: Path, draw: random.Random) -> None:
    content = file.read_bytes()
    kind = draw.random()
    if kind < 0.85:
        file.write_bytes(damaged(content, draw))
        return
    file.unlink()
    if kind < 0.87:
        file.touch()
    elif kind < 0.89:
        file.mkdir()
    elif kind < 0.91:
        file.symlink_to(file.name)
    elif kind < 0.98:  # another kind of file under this name
        others = sorted(p for p in samples.rglob("*") if p.is_file())
        shutil.copyfile(draw.choice(others), file)


def names_below(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*")}


def faults_of(case: Case, outcome: Outcome, before: set[str], folder: Path) -> list[str]:
    """What is wrong with the way a case ended; nothing: all is well."""
    faults = []
    lines = outcome.errors.splitlines()
    ours = [line for line in lines if line.startswith("dynascene:")]
    if outcome.code < 0:
        faults.append(_ended_by(-outcome.code))
    elif outcome.code not in (0, 2):
        faults.append(f"exit code {outcome.code}")
    if outcome.code == 2 and (len(ours) != 1 or lines[-1:] != ours):
        faults.append(f"{len(ours)} lines say what is wrong, or others come after it")
    if any(len(line) > LONGEST_LINE for line in ours):
        faults.append(f"a line of more than {LONGEST_LINE} letters")
    if any("not enough memory" in line for line in ours):
        faults.append(f"more than {MEMORY / 2**30:.0f} GiB of memory")
    if noise := NOISE.search(outcome.errors):
        faults.append(f"{noise[0]!r} on standard error")
    after = names_below(folder)
    if before - after:
        faults.append(f"inputs are gone: {sorted(before - after)[:3]}")
    new = sorted(after - before)
    roots = {name.split("/")[0] for name in new}
    if outcome.code != 0 and roots - set(case.leaves):
        faults.append(f"left behind: {sorted(roots - set(case.leaves))[:3]}")
    if outcome.code in (0, 2) and (hidden := _half_made(new)):
        faults.append(f"half-made: {hidden[:3]}")
    return faults


def _half_made(names: Sequence[str]) -> list[str]:
    return [n for n in names if ".partial-" in n or Path(n).name.startswith(".dynascene-")]


def _ended_by(number: int) -> str:
    if number == signal.SIGPROF:
        return f"more than {SECONDS} seconds of the processor"
    if number == signal.SIGXFSZ:
        return f"a file of more than {LARGEST_FILE / 2**30:.0f} GiB"
    return f"ended by {signal.Signals(number).name}"


def run_forked(
    work: Callable[[], int],
    folder: Path,
    errors: Path,
    memory: int | None = MEMORY,
    kill_after: float = PATIENCE,
) -> Outcome:
    """Work in a copy of this process, within bounds; it returns an exit code.

    It is killed after ``kill_after`` seconds. This process itself must not calculate: threads of
    libraries are not copied.
    """
    child = os.fork()
    if child == 0:
        _work_and_end(work, folder, errors, memory)
    deadline = time.monotonic() + kill_after
    while True:
        ended, status, usage = os.wait4(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError):  # what it started and left
        os.killpg(child, signal.SIGKILL)
    return Outcome(
        os.waitstatus_to_exitcode(status),
        errors.read_text(errors="replace"),
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
    )


def _work_and_end(work: Callable[[], int], folder: Path, errors: Path, memory: int | None) -> None:
    """End the process after it, whatever happens."""
    code = 70
    try:
        os.setpgid(0, 0)
        os.chdir(folder)
        silence = os.open(os.devnull, os.O_RDWR)
        err = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for old, new in ((silence, 0), (silence, 1), (err, 2)):
            os.dup2(old, new)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="backslashreplace")
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace")
        limit_this_process(memory)
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):  # a disk that is full
            sys.stderr.flush()
        os._exit(code)


def limit_this_process(memory: int | None) -> None:
    """Bounds on memory beyond what is in use, on files, and on processor time."""
    if memory is not None:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, and the write fails instead
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)


def exit_code(arguments: Sequence[str]) -> int:
    """Of the command, run in this process; 1 with a traceback where it lets an error out."""
    from dynascene.interfaces.cli.main import main

    try:
        main(list(arguments))
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0
