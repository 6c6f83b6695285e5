"""Camera gaps of several trainings as a table, with the seeds of each in one row.

    python benchmarks/gap_seeds.py "shared rays=gap_seed0,gap_seed1,gap_seed2" "paper=gap_paper"

Each folder was written by `dynascene evaluate WEIGHTS --gap N`, of the same clips. The still
picture and the untrained network are taken from the first one. Figures have 95 % intervals that
draw places, and behind them the range of the seeds.
"""

import argparse
import json
from pathlib import Path

from dynascene.evaluation.gap_seeds import (
    METRICS,
    MeasuredGaps,
    over_seeds,
    range_text,
    read_gaps,
)
from dynascene.synthetic.shots.moved_shots import MOVES

COLUMNS = (
    "PSNR, dB", "seen", "gap, dB", "gap to shuffled", "obeyed", "fitting camera off by, × move",
    "by, °",
)  # fmt: skip
FIGURES = {
    "psnr": 2, "seen": 2, "opposite": 2, "shuffled": 2, "obeyed": 2, "share": 2, "degrees": 1,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="+", metavar="NAME=FOLDER,…")
    rows: dict[str, list[MeasuredGaps]] = {}
    for text in parser.parse_args().rows:
        name, _, folders = text.partition("=")
        paths = [Path(folder) for folder in folders.split(",")]
        if not rows:
            rows = control_rows(paths[0])
        rows[name] = [read_gaps(path) for path in paths]
    print("| |", " | ".join(COLUMNS), "|")
    print("| --- " * (1 + len(COLUMNS)) + "|")
    for name, seeds in rows.items():
        figures = over_seeds(seeds)
        texts = [range_text(figures[f], decimals, len(seeds)) for f, decimals in FIGURES.items()]
        print("|", " | ".join([name, *texts]), "|")
    print()
    print("| gap, dB; obeyed |", " | ".join(MOVES), "|")
    print("| --- " * (1 + len(MOVES)) + "|")
    for name, seeds in rows.items():
        texts = []
        for move in MOVES:
            figures = over_seeds(seeds, move)
            gap = range_text(figures["opposite"], 2, len(seeds))
            texts.append(f"{gap}; {figures['obeyed'].mean:.0%}")
        print("|", " | ".join([name, *texts]), "|")


def control_rows(folder: Path) -> dict[str, list[MeasuredGaps]]:
    """The still picture and the untrained network of a measurement."""
    names = json.loads((folder / METRICS).read_text())["gap"]
    return {
        name.split(", ")[-1]: [read_gaps(folder, name)]
        for name in names
        if name == "still" or name.endswith(", untrained")
    }


if __name__ == "__main__":
    main()
