"""Outpainting as a picture: 90, 80, 70 and 60 % of a photograph given, the rest painted.

    DYNASCENE_TRAINING_DATA=... python benchmarks/outpainting_picture.py \
        --out docs/images/outpainting.jpg

The photographs are of the validation split. Printed: PSNR of the painted part in dB and the CPU
seconds of a picture.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dynascene.datasets.imagery import FOLDER_VARIABLE, load_picture, training_folder
from dynascene.generation.clip import DEFAULT_GENERATOR, GenerationOptions
from dynascene.generation.inputs import assumed_fov
from dynascene.generation.outpainting import kept_part, outpaint
from dynascene.geometry.intrinsics import focal_from_fov
from dynascene.imaging.clip_metrics import psnr
from dynascene.types import Size

PHOTOS = (
    "photos/082_pop_os_sean_afnan_244576.jpg",
    "photos/210_fedoradesi_gnokii_beach_sea_water_sand_ocean_horizon.jpg",
    "photos/105_mohamedbak_13.jpg",
)
KEPT = (0.9, 0.8, 0.7, 0.6)
WIDTH, SHOWN = 768, 264
GAP, HEAD, LABEL = 6, 26, 70
PAPER, INK, EMPTY = (250, 250, 248), (40, 40, 44), 225


def completed(
    picture: np.ndarray, keep: float, options: GenerationOptions
) -> tuple[np.ndarray, np.ndarray]:
    """uint8 [H, W, 3] → what is given, on grey, and that continued to the whole size."""
    whole = Size(picture.shape[1], picture.shape[0])
    (left, top), part = kept_part(whole, keep)
    place = slice(top, top + part.height), slice(left, left + part.width)
    focal = focal_from_fov(assumed_fov(whole, None), whole)
    given = np.full_like(picture, EMPTY)
    given[place] = picture[place]
    return given, outpaint(picture[place], whole, focal, options)


def cell(image: np.ndarray) -> Image.Image:
    height = round(SHOWN * image.shape[0] / image.shape[1])
    return Image.fromarray(image).resize((SHOWN, height), Image.Resampling.LANCZOS)


def sheet(blocks: Sequence[tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]]) -> Image.Image:
    """Two rows a picture: what is given and what was made of it; the truth on the right."""
    heights = [cell(truth).height for truth, _ in blocks]
    columns = len(KEPT) + 1
    width = LABEL + columns * (SHOWN + GAP)
    page = Image.new("RGB", (width, HEAD + sum(2 * (h + GAP) + GAP for h in heights)), PAPER)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    for column, text in enumerate([*(f"{keep:.0%} kept" for keep in KEPT), "truth"]):
        draw.text((LABEL + column * (SHOWN + GAP), 5), text, INK, font)
    top = HEAD
    for (truth, made), height in zip(blocks, heights, strict=True):
        below = top + height + GAP
        draw.text((6, top), "given", INK, font)
        draw.text((6, below), "painted", INK, font)
        for column, (given, painted) in enumerate(made):
            left = LABEL + column * (SHOWN + GAP)
            page.paste(cell(given), (left, top))
            page.paste(cell(painted), (left, below))
        page.paste(cell(truth), (LABEL + len(KEPT) * (SHOWN + GAP), below))
        top = below + height + 2 * GAP
    return page


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
    blocks = []
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
        blocks.append((picture, made))
    sheet(blocks).save(arguments.out, quality=85)


if __name__ == "__main__":
    main()
