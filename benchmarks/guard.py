"""Records what the commands make, and compares two records: a refactor must change nothing.

    python benchmarks/guard.py record before.json       # on the old code
    python benchmarks/guard.py record after.json        # on the new code, same machine
    python benchmarks/guard.py compare before.json after.json

Only the command line is used, and what it writes is read with other libraries, so the script runs
unchanged on any version: PYTHONPATH says which one. It makes its own inputs and needs no
downloads. Results are numbers, and hashes of decoded frames, tensors and tables, since containers
hold dates. The 20 steps of a recipe are recorded as the losses that the log holds, and as a hash of
the weights after them, which every loss before has shaped.

Left out: seconds, versions, paths, and everything random by nature. Records of two machines differ
in rounding. A record takes about ten minutes of one core.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pyarrow.parquet as pq
from guard_inputs import make_inputs
from safetensors.numpy import load_file

WORK = (
    Path(tempfile.gettempdir()) / "dynascene-guard"
)  # one place for all records: a path must make no difference
DYNASCENE = Path(sys.executable).parent / "dynascene"
# one thread: sums have one order. No GPU, no imagery and no fetched weights: the same everywhere
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1", "DYNASCENE_CACHE": "nothing-fetched",
}  # fmt: skip
Item = Callable[[], dict[str, Any]]


# --- what is recorded --------------------------------------------------------------------------


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def array(values: np.ndarray) -> str:
    return digest(repr((values.shape, values.dtype.str)).encode(), values.tobytes())


def picture(path: Path) -> str:
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert image is not None, f"{path} is no picture"
    return array(image)


def film(path: Path) -> str:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return array(np.stack(frames))


def tensors(*paths: Path) -> dict[str, str]:
    """Names and values apart: a renamed tensor is another thing than one that was computed
    otherwise."""
    found = {name: array(tensor) for path in paths for name, tensor in load_file(path).items()}
    names, values = sorted(found), sorted(found.values())
    return {"names": digest(*map(str.encode, names)), "values": digest(*map(str.encode, values))}


def command(*arguments: object) -> None:
    """A run of ``dynascene``; what it says is shown only where it fails."""
    done = subprocess.run([DYNASCENE, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"dynascene {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}")


def trained(recipe: str, *options: object, batch: int = 1) -> Path:
    """20 steps of a recipe, done once; rendered clips are encoded once for all recipes."""
    run = Path("runs") / recipe
    if not run.exists():
        settings = ("--steps", 20, "--batch", batch, "--workers", 0)
        cache = () if recipe.startswith("autoencoder") else ("--cache", "cache")
        command("train", recipe, "--out", run, *settings, *cache, *options)
    return run


def training(recipe: str, *options: object, batch: int = 1) -> dict[str, Any]:
    run = trained(recipe, *options, batch=batch)
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    log = [without(line, "seconds", "samples_per_second") for line in lines]
    checkpoints = run / "checkpoints"
    frozen = checkpoints.glob("frozen.safetensors")  # of a run that trains all there is none
    weights = tensors(checkpoints / "00000020" / "weights.safetensors", *frozen)
    return {"log": log, "weights": weights}


def one_step() -> dict[str, Any]:
    return training("dynascene.small_one_step", "--from", trained("dynascene.small"))


def exported() -> Path:
    """Weights without a guide, as ``export`` writes them."""
    out = Path("weights/paper")
    if not out.exists():
        out.parent.mkdir(exist_ok=True)
        command("export", trained("dynascene.small_paper"), "--out", out)
    return out


def export() -> dict[str, Any]:
    out = exported()
    files = sorted(out.rglob("*.safetensors"))
    return {path.parent.name: tensors(path) for path in files}


def generated(*options: object) -> dict[str, Any]:
    """The parts of a clip, its cameras, and what the report says of them."""
    out = Path("generated") / digest(repr(options).encode())
    command("generate", *options, "--out", out)
    return delivered(out)


def delivered(out: Path) -> dict[str, Any]:
    said = json.loads((out / "report.json").read_text())
    told = ("frames", "background_size", "seen_share", "framing", "scene", "sampling", "notices")
    folders = (p for p in sorted(out.iterdir()) if p.is_dir() and p.name != "footage")
    layers = {folder.name: [picture(p) for p in sorted(folder.iterdir())] for folder in folders}
    return {
        "films": {path.name: film(path) for path in sorted(out.glob("*.mp4"))},
        "pictures": {path.name: picture(path) for path in sorted(out.glob("*.png"))},
        "layers": layers,
        "cameras": digest((out / "cameras.txt").read_bytes()),
        "report": {name: said[name] for name in told},
    }


def demo() -> dict[str, Any]:
    command("demo", "--out", "demo")
    return delivered(Path("demo"))


def evaluated(*options: object) -> dict[str, Any]:
    """All figures. The hashes of weights and the options are the caller's, not results."""
    out = Path("evaluated") / digest(repr(options).encode())
    command("evaluate", *options, "--out", out)
    metrics = json.loads((out / "metrics.json").read_text())
    return {
        "metrics": without(metrics, "stages", "versions", "request", "weights", "outputs"),
        "table": digest((out / "table.md").read_bytes()),
        "sheet": picture(out / "sheet.png"),
    }


def curated() -> dict[str, Any]:
    """The manifest and the kept clips' files, of a clip that is kept and two that are dropped."""
    command("curate", "raw", "--out", "curated", "--in-process", "--person-detector", "none",
            "--min-height", 180, "--matte", "motion")  # fmt: skip
    out = Path("curated")
    rows = sorted(pq.read_table(out / "manifest.parquet").to_pylist(), key=lambda row: row["clip"])
    return {
        "manifest": rows,
        "films": {str(p.relative_to(out)): film(p) for p in sorted(out.glob("clips/**/*.mp4"))},
        "texts": {
            str(p.relative_to(out)): digest(p.read_bytes())
            for p in sorted(out.glob("clips/**/*.txt"))
        },
    }


def without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


PLACE = ("--scene", "place.png")
SYSTEMS = (
    "projection",
    "projection:memory",
    "small",
    "small:memory",
    "small:fill",
    "small:shuffled",
)
ITEMS: dict[str, Item] = {
    "train.autoencoder": lambda: training("autoencoder.small", batch=2),
    "train.small": lambda: training("dynascene.small"),
    "train.one_step": one_step,
    "train.paper": lambda: training("dynascene.small_paper"),
    "train.actanywhere": lambda: training("actanywhere.small"),
    "train.guided": lambda: training("dynascene.small.guided", "--clips", "clips"),
    "export": export,
    "demo": demo,
    "generate.projection": lambda: generated(
        "person", *PLACE, "--move", "pan-right:20", "--generator", "projection", "--layers"
    ),
    "generate.alone": lambda: generated(
        *PLACE, "--move", "pan-right:60", "--size", "320x180", "--frames", "0:9", "--seed", 3
    ),
    "generate.matte": lambda: generated(
        "person.mp4", "--matte", "person-matte.mp4", *PLACE, "--cameras", "cameras.txt"
    ),
    "generate.sampled": lambda: generated(
        "person", *PLACE, "--move", "dolly-in", "--no-scene-memory", "--steps", 2, "--seed", 5
    ),
    "evaluate": lambda: evaluated(
        *SYSTEMS, "--data", "synthetic", "--clips", 8, "--frames", 4, "--obedience", 1,
        "--samples", 2, "--steps", 2, "--seed", 1,
    ),
    "evaluate.filmed": lambda: evaluated(
        "projection", "small", "small:memory", exported(), "--data", "re10k:clips", "--clips", 2,
        "--frames", 4, "--obedience", 1, "--cameras", 1, "--steps", 1,
    ),
    "curate": curated,
}  # fmt: skip


# --- the two commands --------------------------------------------------------------------------


def record(file: Path, names: list[str], work: Path) -> None:
    """Run the items in a fresh folder and write what they give."""
    if work.exists():
        sys.exit(f"{work}: is in use, or left by a run that was stopped; remove it")
    if unknown := set(names) - set(ITEMS):
        sys.exit(f"no such item: {', '.join(sorted(unknown))}; there is: {', '.join(ITEMS)}")
    file = file.resolve()
    os.environ.update(ENVIRONMENT)
    os.environ.pop("DYNASCENE_TRAINING_DATA", None)
    work.mkdir(parents=True)
    os.chdir(work)
    results = json.loads(file.read_text()) if names and file.exists() else {}
    try:
        make_inputs()
        for name in names or ITEMS:
            print(name, flush=True)
            results[name] = ITEMS[name]()
            file.write_text(json.dumps(results, indent=1, default=str) + "\n")
    finally:
        os.chdir("/")
        shutil.rmtree(work)


def flat(value: Any, place: str = "") -> dict[str, Any]:
    """Every number, word and hash by its place."""
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    else:
        return {place: value}
    return {k: v for key, part in pairs for k, v in flat(part, f"{place}/{key}").items()}


def compare(first: Path, second: Path) -> bool:
    """Print what differs; whether all is equal."""
    before, after = (flat(json.loads(path.read_text())) for path in (first, second))
    differing = [
        place
        for place in before | after
        if repr(before.get(place, "absent")) != repr(after.get(place, "absent"))  # NaN equals NaN
    ]
    for place in differing:
        print(f"{place}: {before.get(place, 'absent')} → {after.get(place, 'absent')}")
    print(f"{len(differing)} of {len(before | after)} results differ")
    return not differing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    recording = commands.add_parser("record", help="run the commands and write what they give")
    recording.add_argument("file", type=Path)
    recording.add_argument("--only", nargs="+", default=[], help="items to record (anew)")
    recording.add_argument(
        "--work", type=Path, default=WORK, help="scratch folder, made and removed"
    )
    comparing = commands.add_parser("compare", help="exit code 1 where two records differ")
    comparing.add_argument("first", type=Path)
    comparing.add_argument("second", type=Path)
    options = parser.parse_args()
    if options.command == "record":
        record(options.file, options.only, options.work)
    else:
        sys.exit(not compare(options.first, options.second))


if __name__ == "__main__":
    main()
