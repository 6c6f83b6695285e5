"""Run cases of the fuzzing: ``python tests/fuzz/fuzz_run.py --seed 3 --cases 2000``.

Case N of a seed is the same in every run: ``--seed 3 --only N`` runs it again and leaves its files.
"""

import argparse
import contextlib
import importlib
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from fuzz_cases import (
    PATIENCE,
    Case,
    Outcome,
    draw_case,
    exit_code,
    faults_of,
    lay_out,
    missing,
    names_below,
    options_of,
    run_forked,
    whole_cases,
)
from fuzz_commands import CURATED
from fuzz_networks import write_networks
from fuzz_real import real_folder, write_real_files
from fuzz_samples import write_samples
from tiny_stages import SameProcess

BEGINNINGS = (  # commands whose results are damaged too
    "train autoencoder.small --batch 2 --workers 0 --out run --steps 3 --until 2",
    "evaluate still --size 64x36 --frames 2 --clips 1 --data re10k:places --obedience 0 "
    "--out judged --quiet",
    "verify voted --apply",
    f"{CURATED} clip.mp4 --out curated",
    "generate --batch shots.jsonl --workers 1 --out batch --quiet",
    "generate clip.mp4 --scene place.png --weights weights --steps 1 --matte matte.mp4 "
    "--size 64x36 --quiet --out out",  # for the modules that it loads
)
PRELOADED = (
    "dynascene", "torch", "scipy", "diffusers", "transformers", "accelerate", "huggingface_hub",
    "pyarrow", "matplotlib", "PIL", "av",
)  # fmt: skip
SAMPLE = 100  # every so many cases run as a program too
PROGRAM = "import sys; from dynascene.interfaces.cli.main import main; main(sys.argv[1:])"


def prepare(folder: Path, real: Path | None = None) -> Path:
    """All samples, with what the commands themselves have made; ``real``: what has real files."""
    samples = folder / "samples"
    samples.mkdir()

    def write() -> int:
        write_samples(Path())
        write_networks(Path())
        write_real_files(Path(), real)
        code = next((code for line in BEGINNINGS if (code := exit_code(line.split()))), 0)
        shutil.rmtree("out")
        names = [name for name in sys.modules if name.split(".")[0] in PRELOADED]
        (folder / "modules.txt").write_text("\n".join(names))
        return code

    outcome = run_forked(write, samples, folder / "errors.txt", memory=None)
    if outcome.code != 0:
        sys.exit(f"the samples cannot be made: {outcome.code}\n{outcome.errors}")
    for name in (folder / "modules.txt").read_text().splitlines():
        with contextlib.suppress(Exception):  # modules that others make
            importlib.import_module(name)  # once, and not in each case
    return samples


def narrow() -> None:
    """Trainings of a few kilobytes, batches without Ray, and one thread: each takes addresses."""
    import cv2

    cv2.setNumThreads(1)
    from dynascene.curation.engine import choice
    from dynascene.interfaces.cli import batch
    from dynascene.recipes import autoencoder
    from dynascene.training import images

    batch.LocalRay = lambda _: choice.InProcess()  # ty: ignore[invalid-assignment]
    autoencoder.AUTOENCODER_WIDTH, autoencoder.MEASURED, images.PROCEDURAL = 16, 2, 1


def keep_to_this_process() -> None:
    """The steps of curation and batches run where the command does."""
    from dynascene.curation.engine import loop

    loop.WorkProcess = SameProcess  # ty: ignore[invalid-assignment]


def run_program(arguments: tuple[str, ...], folder: Path, errors: Path) -> Outcome:
    """The command as a user starts it."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    with errors.open("w") as file:
        try:
            code = subprocess.run(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=file, timeout=PATIENCE, check=False,
            ).returncode  # fmt: skip
        except subprocess.TimeoutExpired:
            code = -signal.SIGKILL
    return Outcome(code, errors.read_text(errors="replace"), 0.0, 0.0)


def run_case(
    seed: int, number: int, samples: Path, folder: Path, as_program: bool
) -> tuple[Case, Outcome, list[str]]:
    """Case ``number`` in its own folder."""
    draw = random.Random(f"{seed} {number}")
    case = draw_case(draw, options_of)
    while missing(case, samples):
        case = draw_case(draw, options_of)
    place = folder / f"case-{number}" / "here"  # so that ../x is the case's own, too
    place.mkdir(parents=True)
    lay_out(case, samples, place, draw)
    before = names_below(place)
    errors = folder / "errors.txt"
    if as_program:
        outcome = run_program(case.arguments, place, errors)
    else:
        outcome = run_forked(lambda: exit_code(case.arguments), place, errors)
    return case, outcome, faults_of(case, outcome, before, place)


def run_whole(most: int, samples: Path, folder: Path) -> int:
    """Commands with inputs of every kind, nothing damaged: how many of them do not work.

    A command that always ends in a mistake would hide what damage does behind it.
    """
    failures, cases = 0, [case for case in whole_cases() if not missing(case, samples)]
    cases = cases[:: max(1, -(-len(cases) // most))]
    for number, case in enumerate(cases):
        place = folder / "whole" / str(number)
        place.mkdir(parents=True)
        lay_out(case, samples, place, random.Random(number))
        before, errors = names_below(place), folder / "errors.txt"
        outcome = run_forked(lambda line=case.arguments: exit_code(line), place, errors)
        faults = faults_of(case, outcome, before, place)
        if outcome.code != 0 or faults:
            print(f"whole ({case.target}): dynascene {shlex.join(case.arguments)}")
            print(f"  exit {outcome.code}: {'; '.join(faults)}")
            print("  " + outcome.errors[-1500:].replace("\n", "\n  "), flush=True)
        failures += outcome.code != 0 or bool(faults)
        shutil.rmtree(place)
    print(f"{len(cases)} whole commands, {failures} faults", flush=True)
    return failures


@dataclass
class Tally:
    """What became of the cases so far."""

    failures: int = 0
    ends: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    peak_mib: float = 0.0

    def add(self, outcome: Outcome, faults: list[str]) -> None:
        self.failures += bool(faults)
        self.ends[outcome.code] += 1
        self.seconds += outcome.seconds
        self.peak_mib = max(self.peak_mib, outcome.peak_mib)


def run_cases(given: argparse.Namespace, samples: Path, folder: Path) -> int:
    """The cases that are asked for: how many have a fault."""
    numbers = range(given.cases) if given.only is None else [given.only]
    tally, started = Tally(), time.monotonic()
    for number in numbers:
        for as_program in (False, True):
            if as_program and number % SAMPLE:
                continue
            case, outcome, faults = run_case(given.seed, number, samples, folder, as_program)
            tally.add(outcome, faults)
            if faults or given.verbose or given.only is not None:
                print(f"case {number} ({case.target}): dynascene {shlex.join(case.arguments)}")
                print(f"  exit {outcome.code}, {outcome.seconds:.1f} CPU s: {'; '.join(faults)}")
                print("  " + outcome.errors[-1500:].replace("\n", "\n  "), flush=True)
            if given.only is None:
                shutil.rmtree(folder / f"case-{number}")
            if not case.program or given.only is not None:
                break
    print(
        f"seed {given.seed}: {len(numbers)} cases, {tally.failures} faults; exit codes "
        f"{dict(tally.ends)}; {tally.seconds:.0f} CPU s, {time.monotonic() - started:.0f} s, "
        f"peak {tally.peak_mib:.0f} MiB"
    )
    return tally.failures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--only", type=int, help="run this case alone and leave its files")
    parser.add_argument("--whole", type=int, default=0, metavar="N",
                        help="first run at most so many commands undamaged")  # fmt: skip
    parser.add_argument("--real", type=Path, default=real_folder(), metavar="DIR",
                        help="real files (default: ../shared/data, where it is)")  # fmt: skip
    parser.add_argument("--made", dest="real", action="store_const", const=None,
                        help="damage none of them: the same cases everywhere")  # fmt: skip
    parser.add_argument("--verbose", action="store_true", help="say how each case ended")
    given = parser.parse_args()
    if given.real is None:
        print("no real files (../shared/data): those made for this alone are damaged")
    os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    for kind in (DeprecationWarning, FutureWarning):  # of libraries, for their next versions
        warnings.simplefilter("ignore", kind)
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    os.environ["DYNASCENE_CACHE"] = str(folder / "cache")
    narrow()
    keep_to_this_process()
    samples = prepare(folder, given.real)
    failures = run_whole(given.whole, samples, folder) if given.whole else 0
    failures += run_cases(given, samples, folder)
    if given.only is None:
        shutil.rmtree(folder)
    else:
        print(f"files: {folder / f'case-{given.only}'}")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
