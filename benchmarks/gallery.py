"""Puts every clip into every place with the defaults, for somebody to look at.

    python benchmarks/gallery.py --clips CLIP… --places PICTURE… --out FOLDER

A clip is cut out and tracked once, in the first place; the others take its matte and its camera
over. FOLDER/CLIP-PLACE is the folder of a result, FOLDER/gallery.png shows three frames of each
composite, FOLDER/gallery.jpg the first and the last ones, a row for each clip and a column for each
place. What is there already is not made again.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from dynascene.imaging.sheet import SheetRow, contact_sheet, thumbnail
from dynascene.io.images import write_png
from dynascene.io.video import open_video
from dynascene.types import Size

DYNASCENE = Path(sys.executable).parent / "dynascene"
CELL = Size(480, 480)  # that a frame on the sheet fits into
LABEL_WIDTH = 260
SMALL = Size(360, 202)  # of a frame in gallery.jpg
GAP = 6
JPEG_QUALITY = 82


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, nargs="+", required=True)
    parser.add_argument("--places", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--frames", default="0:36", help="of each clip, as for generate")
    arguments = parser.parse_args()
    rows, cells = [], []
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
            frames = three_frames(out / "composite.mp4")
            rows.append(SheetRow(out.name, frames))
            cells.append(cell(frames[0], frames[-1]))
    sheet = contact_sheet(rows, ["first", "middle", "last"], label_width=LABEL_WIDTH)
    write_png(arguments.out / "gallery.png", sheet)
    columns = len(arguments.places)
    lines = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    picture = Image.fromarray(np.vstack(lines)[GAP:, GAP:])
    picture.save(arguments.out / "gallery.jpg", quality=JPEG_QUALITY)


def generate(*arguments: object) -> None:
    subprocess.run([DYNASCENE, "generate", *map(str, arguments)], check=True)


def cell(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Two frames above each other, with a gap before them, uint8 [h, w, 3]."""
    frames = [cv2.resize(frame, SMALL, interpolation=cv2.INTER_AREA) for frame in (first, last)]
    stacked = np.vstack(frames)
    return np.pad(stacked, ((GAP, 0), (GAP, 0), (0, 0)), constant_values=255)


def three_frames(path: Path) -> list[np.ndarray]:
    """The first, middle and last frame, small, uint8 [h, w, 3]."""
    video = open_video(path)
    last = len(video) - 1
    return [thumbnail(frame, CELL) for frame in video.pick([0, last // 2, last])]


if __name__ == "__main__":
    main()
