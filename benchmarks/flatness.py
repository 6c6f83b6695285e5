"""Do long clips, or many, need more memory? Peak memory and CPU seconds of the commands.

    python benchmarks/flatness.py [--clip VIDEO] [--frames 50 100 200] [--size 640x360]
        [--commands matte motion track generate] [--clips 10 40] [--of-clips curate evaluate]

Against frames: the clip is shown forwards and backwards, and made anew for each number of frames;
``motion`` is ``matte`` by motion, and ``track`` reads the matte that ``matte`` made, or none.
Against clips: ``curate`` cuts clips of 24 frames of 320x180 out of as many videos, ``evaluate``
judges the still picture on as many rendered shots of 4 frames. Every command runs in a process of
its own. Writes results/flatness.md, with the growth from the least to the most, and
results/flatness.png.
"""

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import matplotlib as mpl
import numpy as np
from measuring import RATE, RESULTS, ChildCost, phone_clip, run_child, table, write_result

from dynascene.generation.demo import demo_scene
from dynascene.io.video_writing import H264Writer
from dynascene.types import Size

mpl.use("Agg")
COMMANDS, OF_CLIPS = ("matte", "motion", "track", "generate"), ("curate", "evaluate")
SHORT, SMALL = 24, Size(320, 180)  # frames of each clip to curate, and their size
PROGRAM = "import sys; from dynascene.interfaces.cli.main import main; main(sys.argv[1:])"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--scene", type=Path, default=demo_scene())
    parser.add_argument("--frames", type=int, nargs="+", default=[50, 100, 200])
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--commands", nargs="*", choices=COMMANDS, default=COMMANDS)
    parser.add_argument("--clips", type=int, nargs="+", default=[10, 40])
    parser.add_argument("--of-clips", nargs="*", choices=OF_CLIPS, default=OF_CLIPS)
    given = parser.parse_args()
    size = Size(*map(int, given.size.split("x")))
    costs: dict[str, dict[int, ChildCost]] = defaultdict(dict)
    for frames in sorted(given.frames) if given.commands else ():
        with TemporaryDirectory() as name:
            folder = Path(name)
            phone_clip(folder / "clip.mp4", given.clip, frames, size)
            for command in given.commands:
                words = arguments(command, folder, given.scene)
                costs[command][frames] = measured(f"{command} {frames} frames", words)
    of_clips: dict[str, dict[int, ChildCost]] = defaultdict(dict)
    for clips in sorted(given.clips) if given.of_clips else ():
        with TemporaryDirectory() as name:
            folder = Path(name)
            if "curate" in given.of_clips:
                write_short_clips(folder / "videos", given.clip, clips)
            for command in given.of_clips:
                words = arguments_of_clips(command, folder, clips)
                of_clips[command][clips] = measured(f"{command} {clips} clips", words)
    counts, many = (" ".join(map(str, sorted(each))) for each in (given.frames, given.clips))
    command = f"python benchmarks/flatness.py --frames {counts} --size {given.size} --clips {many}"
    text = "\n".join([text_of(costs, "frames"), text_of(of_clips, "clips")])
    write_result("flatness", command, text)
    draw(costs, of_clips, RESULTS / "flatness.png")


def measured(name: str, words: Sequence[str]) -> ChildCost:
    """What a command takes in a process of its own."""
    cost = run_child(["-c", PROGRAM, *words])
    print(f"{name}: {cost.peak:.0f} MB, {cost.cpu:.1f} CPU s", flush=True)
    return cost


def write_short_clips(folder: Path, filmed: Path | None, clips: int) -> None:
    """So many videos of ``SHORT`` frames; each shows another part of every picture."""
    folder.mkdir()
    long = phone_clip(folder.with_name("long.mp4"), filmed, SHORT, Size(2 * SMALL[0], 2 * SMALL[1]))
    with av.open(str(long)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    for number in range(clips):
        x, y = (number * 8) % SMALL.width, (number * 4) % SMALL.height
        with H264Writer(folder / f"{number:03d}.mp4", SMALL, Fraction(RATE)) as writer:
            for picture in pictures:
                part = picture[y : y + SMALL.height, x : x + SMALL.width]
                writer.write(np.ascontiguousarray(part))


def arguments_of_clips(command: str, folder: Path, clips: int) -> list[str]:
    """The command's words, on the videos in ``folder``, or on rendered shots."""
    out = ["--out", str(folder / f"{command}-out")]
    if command == "curate":
        words = ["curate", str(folder / "videos"), *out, "--in-process", "--min-height", "120"]
        return [
            *words,
            "--shortest",
            "0.5",
            "--person-detector",
            "none",
            "--matte-backend",
            "motion",
        ]
    words = ["evaluate", "still", "--data", "synthetic", "--clips", str(clips), "--frames", "4"]
    return [*words, "--obedience", "0", "--quiet", *out]


def arguments(command: str, folder: Path, scene: Path) -> list[str]:
    """The command's words, on ``folder``/clip.mp4."""
    clip, out = str(folder / "clip.mp4"), str(folder / f"{command}-out")
    if command == "generate":
        return ["generate", clip, "--scene", str(scene), "--out", out, "--quiet"]
    if command == "matte":
        return ["matte", clip, "--out", out, "--quiet"]
    if command == "motion":
        return ["matte", clip, "--matte-backend", "motion", "--out", out, "--quiet"]
    matte = folder / "matte-out"
    words = ["track", clip, "--out", str(folder / "cameras.txt"), "--quiet"]
    return [*words, "--matte", str(matte)] if matte.exists() else words


def text_of(costs: Mapping[str, Mapping[int, ChildCost]], unit: str) -> str:
    """A row for each command and number of frames or clips."""
    rows = []
    for command, by_count in costs.items():
        least = by_count[min(by_count)]
        for count, cost in by_count.items():
            growth = f"{cost.peak / least.peak:.2f}"
            rows.append((command, count, f"{cost.peak:.0f}", growth, f"{cost.cpu:.1f}"))
    return table(("command", unit, "peak MB", "× the least", "CPU s"), rows) if rows else ""


def draw(
    of_frames: Mapping[str, Mapping[int, ChildCost]],
    of_clips: Mapping[str, Mapping[int, ChildCost]],
    path: Path,
) -> None:
    """Peak memory and CPU seconds against frames and against clips, a line for each command."""
    from matplotlib import pyplot

    shown = [(c, unit) for c, unit in ((of_frames, "frames"), (of_clips, "clips")) if c]
    figure, axes = pyplot.subplots(
        len(shown), 2, figsize=(9, 3.6 * len(shown)), layout="constrained", squeeze=False
    )
    for (costs, unit), row in zip(shown, axes, strict=True):
        for command, by_count in costs.items():
            counts: Sequence[int] = list(by_count)
            row[0].plot(counts, [by_count[n].peak for n in counts], marker="o", label=command)
            row[1].plot(counts, [by_count[n].cpu for n in counts], marker="o", label=command)
        for axis, label in zip(row, ("peak memory, MB", "CPU seconds"), strict=True):
            axis.set(xlabel=unit, ylabel=label, ylim=(0, None), xlim=(0, None))
            axis.grid(alpha=0.3)
        row[0].legend()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
