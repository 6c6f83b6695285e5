"""Outpainting as a picture: 90, 80, 70 and 60 % of a photograph given, the rest painted.

    DYNASCENE_TRAINING_DATA=... python benchmarks/outpainting_picture.py \
        --out docs/images/outpainting.jpg

The photographs are of the validation split. Printed: PSNR of the painted part in dB and the CPU
seconds of a picture.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from PIL import Image

from dynascene.datasets.imagery import FOLDER_VARIABLE, load_picture, training_folder
from dynascene.generation.clip import DEFAULT_GENERATOR, GenerationOptions
from dynascene.generation.outpainting import outpaint, part_to_keep
from dynascene.generation.place_input import assumed_fov
from dynascene.geometry.intrinsics import focal_from_fov
from dynascene.imaging.clip_metrics import psnr
from dynascene.imaging.sheet import SheetRow, contact_sheet, thumbnail
from dynascene.types import Size

PHOTOS = (
    "photos/082_pop_os_sean_afnan_244576.jpg",
    "photos/210_fedoradesi_gnokii_beach_sea_water_sand_ocean_horizon.jpg",
    "photos/105_mohamedbak_13.jpg",
)
KEPT = (0.9, 0.8, 0.7, 0.6)
WIDTH, SHOWN = 768, Size(264, 264)
LABELS, EMPTY = 70, 225


def completed(
    picture: np.ndarray, keep: float, options: GenerationOptions
) -> tuple[np.ndarray, np.ndarray]:
    """uint8 [H, W, 3] → what is given, on grey, and that continued to the whole size."""
    whole = Size(picture.shape[1], picture.shape[0])
    (left, top), part = part_to_keep(whole, keep)
    place = slice(top, top + part.height), slice(left, left + part.width)
    focal = focal_from_fov(assumed_fov(whole, None), whole)
    given = np.full_like(picture, EMPTY)
    given[place] = picture[place]
    return given, outpaint(picture[place], whole, focal, options)


def rows_of(truth: np.ndarray, made: list[tuple[np.ndarray, np.ndarray]]) -> list[SheetRow]:
    """What is given, and what was made of it with the truth on the right."""
    given, painted = zip(*made, strict=True)
    return [
        SheetRow("given", [thumbnail(picture, SHOWN) for picture in given]),
        SheetRow("painted", [thumbnail(picture, SHOWN) for picture in (*painted, truth)]),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", help="a folder of weights; default: the bundled ones")
    parser.add_argument("--generator", default=DEFAULT_GENERATOR)
    arguments = parser.parse_args()
    folder = training_folder()
    if folder is None:
        raise SystemExit(f"{FOLDER_VARIABLE}: name the folder of training imagery")
    options = GenerationOptions(arguments.generator, weights=arguments.weights)
    rows: list[SheetRow] = []
    for name in PHOTOS:
        picture = load_picture(folder / name, WIDTH).permute(1, 2, 0).contiguous().numpy()
        made = []
        for keep in KEPT:
            start = time.process_time()
            made.append(completed(picture, keep, options))
            seconds = time.process_time() - start
            painted = (made[-1][0] == EMPTY).all(axis=2)
            decibels = psnr(made[-1][1][None], picture[None], painted[None])
            print(f"{Path(name).stem}, {keep:.0%}: {decibels:.2f} dB, {seconds:.1f} s", flush=True)
        rows += rows_of(picture, made)
    columns = [*(f"{keep:.0%} kept" for keep in KEPT), "truth"]
    sheet = contact_sheet(rows, columns, label_width=LABELS)
    Image.fromarray(sheet).save(arguments.out, quality=85)


if __name__ == "__main__":
    main()
