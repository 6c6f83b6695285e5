"""The camera gap over training time as a picture.

    python benchmarks/gap_curve.py --out docs/images/camera_gap.png \
        "shared rays, 3 seeds=runs/seed0,runs/seed1,runs/seed2" "the paper's form=runs/paper"

Runs are folders of `dynascene train dynascene.micro` and the like, whose logs hold how much better
samples of 24 validation clips are along the true track than along the opposite one. Step 0 is the
untrained network.
"""

import argparse
import json
from itertools import cycle
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt

FIGURES = {
    "examined_gap_sample": "gap between the true and the opposite track, dB",
    "examined_obeyed_sample": "clips with a gap of more than 0.5 dB, %",
}
COLOURS = ("#1f6f8b", "#c1553b", "#8a8a3a", "#6b4e8f")


def curve(run: Path, figure: str) -> tuple[np.ndarray, np.ndarray]:
    """Steps and values."""
    lines = (json.loads(line) for line in (run / "log.jsonl").read_text().splitlines())
    points = {line["step"]: line[figure] for line in lines if figure in line}
    steps = np.array(sorted(points))
    return steps, np.array([points[step] for step in steps])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="+", metavar="NAME=RUN,…")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for axis, (name, title) in zip(axes, FIGURES.items(), strict=True):
        for text, colour in zip(options.rows, cycle(COLOURS), strict=False):
            label, _, runs = text.partition("=")
            for number, run in enumerate(runs.split(",")):
                steps, values = curve(Path(run), name)
                values = values * (100 if "obeyed" in name else 1)
                shown = label if number == 0 else None
                axis.plot(steps, values, color=colour, lw=1.4, alpha=0.85, label=shown)
        axis.set_title(title, fontsize=9)
        axis.set_xlabel("training step", fontsize=9)
        axis.tick_params(labelsize=8)
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].axhline(0.5, color="grey", lw=0.8, ls=":")
    axes[0].legend(fontsize=8, frameon=False)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(options.out, dpi=110)


if __name__ == "__main__":
    main()
