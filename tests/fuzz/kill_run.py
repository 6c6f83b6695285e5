"""Kill commands at random moments: ``python tests/fuzz/kill_run.py --seed 3 --kills 20``.

Each command runs once with files that may have few bytes, as on a full disk: it must end in one
line, leave nothing new, and work again. It runs once undisturbed. Then, again and again, it is
killed (SIGKILL) at a moment drawn from the length of that run. What lies under the final name must
be nothing, or whole; the run after the kills must end well, leave nothing half-made of theirs, and
make what the undisturbed one made.
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fuzz_cases import LARGEST_FILE, exit_code, names_below, run_forked
from fuzz_run import keep_to_this_process, narrow, prepare
from panned_footage import without_costly_stages, write_pan

from dynascene.curation import job
from dynascene.datasets.filmed.opening import clip_files
from dynascene.datasets.filmed.survey import open_manifest

ATTEMPTS = 10  # for each kill: a run may end before its moment
SMALLEST_FILE = 1500  # bytes: less than every result has in one of its files
Content = Mapping[str, bytes]


def result_files(folder: Path) -> Content:
    """All files of a result but the report, which has the times."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != "report.json"]
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def batch_files(folder: Path) -> Content:
    """Those of all clips; listing and notes have times."""
    content = result_files(folder)
    return {n: c for n, c in content.items() if n != "batch.json" and not n.startswith(".")}


def data_set_files(folder: Path) -> Content:
    """Manifest and clips, without the finished work from which a run goes on."""
    return {n: c for n, c in result_files(folder).items() if not n.startswith(".")}


def last_checkpoint(run: Path) -> Content:
    """The weights after the last step; nothing before it is done."""
    folder = run / "checkpoints" / "00000006"
    return {p.name: p.read_bytes() for p in folder.glob("*.safetensors")}


def is_whole_result(out: Path) -> bool:
    """Whether all that the report names is there."""
    named = json.loads((out / "report.json").read_text())["outputs"]
    return all((out / name).exists() for name in named)


def has_whole_clips(out: Path) -> bool:
    """Whether each clip of a batch that lies there is a whole result."""
    return all(is_whole_result(report.parent) for report in out.glob("*/report.json"))


def is_whole_data_set(out: Path) -> bool:
    """Whether every clip of the manifest is there, if there is one."""
    if not (out / "manifest.parquet").exists():
        return True
    manifest = open_manifest(str(out))
    records = (manifest[k] for k in range(len(manifest)))
    return all(clip_files(record, manifest.storage).by_role() for record in records)


def has_whole_checkpoints(run: Path) -> bool:
    """Whether every checkpoint under its final name has all its files, the JSON ones whole."""
    for folder in (run / "checkpoints").glob("[0-9]*"):
        json.loads((folder / "state.json").read_text())
        names = ("weights.safetensors", "average.safetensors", "optimiser.pt")
        if not all((folder / name).stat().st_size for name in names):
            return False
    return True


@dataclass(frozen=True)
class Killed:
    """A command and what is promised of it.

    Attributes:
        line: its arguments.
        out: what it makes.
        is_whole: whether what lies there is one, at any moment.
        content: in what the run after the kills equals the undisturbed one.
        leaves: what it may leave when it fails: a rerun goes on from it.
    """

    line: str
    out: str
    is_whole: Callable[[Path], bool]
    content: Callable[[Path], Content]
    leaves: tuple[str, ...] = ()


COMMANDS = (
    Killed("generate clip.mp4 --matte matte.mp4 --scene place.png --move pan-right:3 "
           "--generator projection --framing centre --size 64x36 --frames 0:2 --layers png "
           "--quiet --out out", "out", is_whole_result, result_files),
    Killed("pose openpose.json --out out", "out", is_whole_result, result_files),
    Killed("train autoencoder.small --batch 2 --workers 0 --steps 6 --checkpoint-minutes 1e-6 "
           "--out out", "out", has_whole_checkpoints, last_checkpoint, ("out",)),
    Killed("generate --batch shots.jsonl --out out", "out", has_whole_clips, batch_files, ("out",)),
    Killed("curate pan.mp4 --in-process --person-detector none --min-height 90 --out out", "out",
           is_whole_data_set, data_set_files, ("out",)),
)  # fmt: skip


def kill_and_compare(command: Killed, samples: Path, folder: Path, kills: int, seed: int) -> None:
    """AssertionError where a promise is broken."""
    draw = random.Random(f"{seed} {command.line}")
    whole, work = folder / "whole", folder / "work"
    for place in (whole, work):
        shutil.copytree(samples, place)
    before = names_below(work)

    def run() -> int:
        return exit_code(command.line.split())

    started = time.monotonic()
    done = run_forked(run, whole, folder / "errors.txt")
    length = time.monotonic() - started
    assert done.code == 0, done.errors
    killed = 0
    for _ in range(ATTEMPTS * kills):
        moment = draw.random() * length
        code = run_forked(run, work, folder / "errors.txt", kill_after=moment).code
        out = work / command.out
        assert code in (-signal.SIGKILL, 0), (folder / "errors.txt").read_text()
        assert not out.exists() or command.is_whole(out), f"{out} is not whole"
        killed += code != 0
        length *= 1 if code else 0.7  # it ended before that moment
        if killed == kills:
            break
    assert killed == kills, f"killed {killed} times of {kills}"
    last = run_forked(run, work, folder / "errors.txt")
    assert last.code == 0, last.errors
    assert command.content(work / command.out) == command.content(whole / command.out)
    new = {name for name in names_below(work) - before if name.split("/")[0] != command.out}
    assert not new, f"left behind: {sorted(new)[:5]}"
    hidden = [p for p in (work / command.out).rglob(".*") if ".partial" in p.name]
    assert not hidden, f"half-made: {hidden[:5]}"
    print(f"{command.line.split()[0]}: {killed} kills", flush=True)


def fill_disk(command: Killed, samples: Path, folder: Path) -> None:
    """No file may have more than some bytes, as on a disk that is full: AssertionError where the
    command does not end in one line, leaves something, or does not end well afterwards."""
    work, errors = folder / "full", folder / "errors.txt"
    shutil.copytree(samples, work)
    before = names_below(work)

    def run() -> int:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALLEST_FILE, LARGEST_FILE))
        return exit_code(command.line.split())

    done = run_forked(run, work, errors)
    lines = [line for line in done.errors.splitlines() if line.startswith("dynascene:")]
    assert (done.code, len(lines)) == (2, 1), f"{done.code}: {done.errors}"
    left = {name for name in names_below(work) - before if name.split("/")[0] not in command.leaves}
    assert not left, f"a full disk left {sorted(left)[:5]}"
    last = run_forked(lambda: exit_code(command.line.split()), work, errors)
    assert last.code == 0, last.errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--children", action="store_true",
                        help="batches and curation work in child processes, as ever")  # fmt: skip
    given = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        folder = Path(name)
        os.environ["DYNASCENE_CACHE"] = str(folder / "cache")
        narrow()
        if not given.children:
            keep_to_this_process()
        job.full_plan = without_costly_stages(job.full_plan)
        samples = prepare(folder)
        write_pan(samples / "pan.mp4", 3)
        for number, command in enumerate(COMMANDS):
            place = folder / str(number)
            place.mkdir()
            fill_disk(command, samples, place)
            kill_and_compare(command, samples, place, given.kills, given.seed)


if __name__ == "__main__":
    sys.exit(main())
