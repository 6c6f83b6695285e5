"""Puts every clip into every place with the defaults, for somebody to look at.

    python benchmarks/gallery.py --clips CLIP… --places PICTURE… --out FOLDER

A clip is cut out and tracked once, in the first place; the others take its matte and its camera
over. FOLDER/CLIP-PLACE is the folder of a result, FOLDER/gallery.png shows three frames of each
composite. What is there already is not made again.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np

from dynascene.imaging.sheet import SheetRow, contact_sheet, thumbnail
from dynascene.io.images import write_png
from dynascene.io.video import open_video
from dynascene.types import Size

DYNASCENE = Path(sys.executable).parent / "dynascene"
CELL = Size(480, 480)  # that a frame on the sheet fits into
LABEL_WIDTH = 260


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, nargs="+", required=True)
    parser.add_argument("--places", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--frames", default="0:36", help="of each clip, as for generate")
    arguments = parser.parse_args()
    rows = []
    for clip in arguments.clips:
        known: list[object] = []
        for place in arguments.places:
            out = arguments.out / f"{clip.stem}-{place.stem}"
            if not (out / "composite.mp4").exists():
                print(out, flush=True)
                generate(clip, "--scene", place, "--frames", arguments.frames, "--out", out, *known)
            footage = out / "footage"
            if footage.exists() and not known:
                known = ["--matte", footage / "matte", "--cameras", footage / "cameras.txt"]
            rows.append(SheetRow(out.name, three_frames(out / "composite.mp4")))
    sheet = contact_sheet(rows, ["first", "middle", "last"], label_width=LABEL_WIDTH)
    write_png(arguments.out / "gallery.png", sheet)


def generate(*arguments: object) -> None:
    subprocess.run([DYNASCENE, "generate", *map(str, arguments)], check=True)


def three_frames(path: Path) -> list[np.ndarray]:
    """The first, middle and last frame, small, uint8 [h, w, 3]."""
    video = open_video(path)
    last = len(video) - 1
    return [thumbnail(frame, CELL) for frame in video.pick([0, last // 2, last])]


if __name__ == "__main__":
    main()
