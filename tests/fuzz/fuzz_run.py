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
from pathlib import Path

from fuzz_cases import (
    PATIENCE,
    Case,
    Outcome,
    draw_case,
    exit_code,
    faults_of,
    lay_out,
    names_below,
    options_of,
    run_forked,
)
from fuzz_samples import write_samples
from tiny_pipeline import save_pipeline

BEGINNINGS = (  # commands whose results are damaged too
    "train autoencoder.small --batch 2 --workers 0 --out run --steps 3 --until 2",
    "evaluate still --size 64x36 --frames 2 --clips 1 --data re10k:places --obedience 0 "
    "--out judged --quiet",
    "generate clip.mp4 --scene place.png --weights weights --steps 1 --matte matte.mp4 "
    "--size 64x36 --quiet --out out",  # for the modules that it loads
)
PRELOADED = (
    "dynascene", "torch", "scipy", "diffusers", "transformers", "accelerate", "huggingface_hub",
    "pyarrow", "matplotlib", "PIL", "av",
)  # fmt: skip
SAMPLE = 100  # every so many cases run as a program too
PROGRAM = "import sys; from dynascene.interfaces.cli.main import main; main(sys.argv[1:])"


def prepare(folder: Path) -> Path:
    """All samples, with what the commands themselves have made."""
    samples = folder / "samples"
    samples.mkdir()

    def write() -> int:
        write_samples(Path())
        save_pipeline(Path("weights"), guide=True, awake=True)
        code = max(exit_code(line.split()) for line in BEGINNINGS)
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
    """Trainings of a few kilobytes, and one thread: each takes address space."""
    import cv2

    cv2.setNumThreads(1)
    from dynascene.recipes import autoencoder
    from dynascene.training import images

    autoencoder.AUTOENCODER_WIDTH, autoencoder.MEASURED, images.PROCEDURAL = 16, 2, 1


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--only", type=int, help="run this case alone and leave its files")
    parser.add_argument("--verbose", action="store_true", help="say how each case ended")
    given = parser.parse_args()
    os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    for kind in (DeprecationWarning, FutureWarning):  # of libraries, for their next versions
        warnings.simplefilter("ignore", kind)
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    os.environ["DYNASCENE_CACHE"] = str(folder / "cache")
    narrow()
    samples = prepare(folder)
    numbers = range(given.cases) if given.only is None else [given.only]
    failures, ends, seconds, peak = 0, Counter(), 0.0, 0.0
    started = time.monotonic()
    for number in numbers:
        for as_program in (False, True):
            if as_program and number % SAMPLE:
                continue
            case, outcome, faults = run_case(given.seed, number, samples, folder, as_program)
            ends[outcome.code] += 1
            seconds, peak = seconds + outcome.seconds, max(peak, outcome.peak_mib)
            if faults or given.verbose or given.only is not None:
                line = shlex.join(case.arguments)
                print(f"case {number} ({case.target}): dynascene {line}", flush=True)
                print(f"  exit {outcome.code}, {outcome.seconds:.1f} CPU s: {'; '.join(faults)}")
                print("  " + outcome.errors[-1500:].replace("\n", "\n  "), flush=True)
            failures += bool(faults)
            if given.only is None:
                shutil.rmtree(folder / f"case-{number}")
            if not case.program or given.only is not None:
                break
    print(
        f"seed {given.seed}: {len(numbers)} cases, {failures} faults; exit codes {dict(ends)}; "
        f"{seconds:.0f} CPU s, {time.monotonic() - started:.0f} s, peak {peak:.0f} MiB"
    )
    if given.only is None:
        shutil.rmtree(folder)
    else:
        print(f"files: {folder / f'case-{given.only}'}")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
