"""Do long clips need more memory? Peak memory and CPU seconds of commands against frames.

    python benchmarks/flatness.py [--clip VIDEO] [--frames 50 100 200] [--size 640x360]
        [--commands generate matte track curate]

The clip is shown forwards and backwards, and made anew for each number of frames. Every command
runs in a process of its own; ``track`` reads the matte that ``matte`` made, or none. Writes
results/flatness.md with the growth from the shortest clip to the longest, and results/flatness.png.
"""

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib as mpl
from measuring import RESULTS, ChildCost, phone_clip, run_child, table, write_result

from dynascene.generation.demo import demo_scene
from dynascene.types import Size

mpl.use("Agg")
COMMANDS = ("matte", "track", "generate", "curate")
PROGRAM = "import sys; from dynascene.interfaces.cli.main import main; main(sys.argv[1:])"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--scene", type=Path, default=demo_scene())
    parser.add_argument("--frames", type=int, nargs="+", default=[50, 100, 200])
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--commands", nargs="+", choices=COMMANDS, default=COMMANDS)
    given = parser.parse_args()
    size = Size(*map(int, given.size.split("x")))
    costs: dict[str, dict[int, ChildCost]] = defaultdict(dict)
    for frames in sorted(given.frames):
        with TemporaryDirectory() as name:
            folder = Path(name)
            phone_clip(folder / "clip.mp4", given.clip, frames, size)
            for command in given.commands:
                costs[command][frames] = cost = run_child(
                    ["-c", PROGRAM, *arguments(command, folder, given.scene)]
                )
                print(f"{command} {frames}: {cost.peak:.0f} MB, {cost.cpu:.1f} CPU s", flush=True)
    counts = " ".join(map(str, sorted(given.frames)))
    command = f"python benchmarks/flatness.py --frames {counts} --size {given.size}"
    write_result("flatness", command, text_of(costs))
    draw(costs, RESULTS / "flatness.png")


def arguments(command: str, folder: Path, scene: Path) -> list[str]:
    """The command's words, on ``folder``/clip.mp4."""
    clip, out = str(folder / "clip.mp4"), str(folder / f"{command}-out")
    if command == "generate":
        return ["generate", clip, "--scene", str(scene), "--out", out, "--quiet"]
    if command == "matte":
        return ["matte", clip, "--out", out, "--quiet"]
    if command == "track":
        matte = folder / "matte-out"
        words = ["track", clip, "--out", str(folder / "cameras.txt"), "--quiet"]
        return [*words, "--matte", str(matte)] if matte.exists() else words
    return ["curate", clip, "--out", out, "--in-process", "--min-height", "120"]


def text_of(costs: Mapping[str, Mapping[int, ChildCost]]) -> str:
    """A row for each command and number of frames."""
    rows = []
    for command, by_frames in costs.items():
        least = by_frames[min(by_frames)]
        for frames, cost in by_frames.items():
            growth = f"{cost.peak / least.peak:.2f}"
            rows.append((command, frames, f"{cost.peak:.0f}", growth, f"{cost.cpu:.1f}"))
    return table(("command", "frames", "peak MB", "× the shortest", "CPU s"), rows)


def draw(costs: Mapping[str, Mapping[int, ChildCost]], path: Path) -> None:
    """Peak memory and CPU seconds against frames, a line for each command."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for command, by_frames in costs.items():
        frames: Sequence[int] = list(by_frames)
        axes[0].plot(frames, [by_frames[n].peak for n in frames], marker="o", label=command)
        axes[1].plot(frames, [by_frames[n].cpu for n in frames], marker="o", label=command)
    for axis, label in zip(axes, ("peak memory, MB", "CPU seconds"), strict=True):
        axis.set(xlabel="frames", ylabel=label, ylim=(0, None), xlim=(0, None))
        axis.grid(alpha=0.3)
    axes[0].legend()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
