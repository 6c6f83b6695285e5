"""What the core's installation takes, and what its imports take.

A fresh virtual environment gets torch and the package alone: seconds, megabytes, packages. Then the
CPU seconds that each command spends before it can begin, in a process of its own: the least of
several, less those of Python itself.

python benchmarks/install_and_imports.py --torch 2.13.0+cpu   # an environment of its own
python benchmarks/install_and_imports.py --here               # imports alone, in this one
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
TIMES = 3  # each import
BEGINNINGS = {
    "dynascene --version": "main(['--version'])",
    "dynascene --help": "main(['--help'])",
    "dynascene generate --help": "main(['generate', '--help'])",
    "matte": "import dynascene.estimators.matte.job, dynascene.generation.takes",
    "track": "import dynascene.estimators.camera, dynascene.generation.takes",
    "generate --generator projection": "import dynascene.generation.job",
    "generate (diffusion)": "import dynascene.generation.job\n"
    "import dynascene.generation.generators.diffusion",
}
BEFORE = "from dynascene.interfaces.cli.main import main\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torch", help="a version of torch to install first, such as 2.13.0+cpu")
    parser.add_argument(
        "--here", action="store_true", help="measure imports alone, with this Python"
    )
    options = parser.parse_args()
    if options.here:
        print_imports(Path(sys.executable))
        return
    with tempfile.TemporaryDirectory() as folder:
        print_imports(install(Path(folder) / "venv", options.torch))


def install(place: Path, torch: str | None) -> Path:
    """Install the core into a new environment, print what it takes, and return its Python."""
    begin = time.perf_counter()
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    empty = megabytes(place)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for wanted in ([f"torch=={torch}"] if torch else [], [str(ROOT)]):
        if wanted:
            subprocess.run([*pip, *wanted], check=True)
    seconds = time.perf_counter() - begin
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True
    ).stdout.split()
    print(f"{seconds:.0f} s, {megabytes(place) - empty:.0f} MB, {len(listed)} packages")
    return python


def megabytes(folder: Path) -> float:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e6


def print_imports(python: Path) -> None:
    """One row for each command: CPU seconds before it can begin."""
    bare = cpu_seconds(python, "")
    print("| | CPU s |\n| --- | --- |")
    for name, code in BEGINNINGS.items():
        print(f"| {name} | {cpu_seconds(python, BEFORE + code) - bare:.2f} |", flush=True)


def cpu_seconds(python: Path, code: str) -> float:
    """The least CPU time of a process that runs the code; the first one warms the file cache."""
    times = []
    for _ in range(TIMES):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([python, "-c", code], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(times)


if __name__ == "__main__":
    main()
