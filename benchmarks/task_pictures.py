"""The training tasks as a picture: a row each, with what goes in and what is asked for.

    python benchmarks/task_pictures.py --out docs/images/tasks.jpg

The clips are synthetic shots; with DYNASCENE_TRAINING_DATA they are of photographed places. Of
videos the middle frame is shown. Hatched: not visible in the scene picture. Printed: the CPU
seconds that a sample takes.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.tasks.background import (
    condition_frame,
    illumination,
    image_background,
    video_background,
)
from dynascene.datasets.tasks.matte_errors import augment_matte
from dynascene.datasets.tasks.outpainting import outpainting
from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.datasets.tasks.variation import image_variation, video_variation
from dynascene.imaging.sheet import SheetRow, contact_sheet, thumbnail
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.types import CameraTrack, Size

SIZE, FRAMES, PIECE = Size(256, 144), 33, 9
MOST_TRIED = 200
LEAST_CHANGE = 0.25  # of the view between piece and other frames, mean in −1 … 1
SHOWN = Size(208, 117)
LABELS, EDGE = 176, 200
COLUMNS = ("scene image", "mask (white: generate)", "foreground", "target", "loss counts")
Make = Callable[[FilmedClip, np.random.Generator], TrainingSample]


class Row(NamedTuple):
    """person: whether the clip has one. seed: of the sample, chosen to show the task well."""

    title: str
    remark: str
    make: Make
    person: bool
    seed: int


def with_faults(clip: FilmedClip, rng: np.random.Generator) -> TrainingSample:
    return augment_matte(video_background(clip, rng), rng)


def composite(clip: FilmedClip, rng: np.random.Generator) -> TrainingSample:
    return condition_frame(clip, rng, composite_share=1.0)


ROWS = (
    Row("outpainting", "stage I, BO", outpainting, False, 0),
    Row("outpainting", "where somebody is", outpainting, True, 3),
    Row("image_variation", "stage I, SV", image_variation, False, 1),
    Row("image_background", "stage I, BG", image_background, True, 1),
    Row("video_variation", "stage II, SV;\nwhere somebody is", video_variation, True, 1),
    Row("video_background", "stage II, BG", video_background, True, 2),
    Row("illumination", "stage II, ABIA", illumination, True, 5),
    Row("video_background", "with faults in its matte", with_faults, True, 7),
    Row("condition_frame", "ActAnywhere, composite", composite, True, 4),
)


def filmed(shots: SyntheticShots, index: int) -> FilmedClip:
    """The first frames of a shot as the piece, some of the last as other frames."""
    shot = shots[index]
    track = CameraTrack(shot.cam_from_world, shot.intrinsics, SIZE)
    late = slice(FRAMES - 6, FRAMES, 3)
    return FilmedClip(
        name=shot.place,
        video=shot.video[:PIECE],
        matte=shot.matte[:PIECE],
        cameras=track[:PIECE],
        others=shot.video[late],
        others_matte=shot.matte[late],
    )


def pick_clip(person: bool, first: int) -> FilmedClip:
    """A shot whose view changes, in which a whole person is seen throughout, or nobody at all."""
    worlds: dict[str, float] = {
        "turn": 0.5,
        "stage": 0.5,
    }  # panoramas alone: their licence asks for no credit
    shots = SyntheticShots("train", SIZE, FRAMES, worlds=worlds, person_share=float(person))
    for index in range(first, first + MOST_TRIED):
        clip = filmed(shots, index)
        mattes = torch.cat([clip.matte, clip.others_matte])
        seen = mattes.mean(dim=(1, 2, 3)).min() > 0.035 and mattes[..., -1, :].max() == 0
        change = (clip.others[0] - clip.video[PIECE // 2]).abs().mean()
        if change > LEAST_CHANGE and (seen or not person):
            return clip
    raise SystemExit(f"no such shot among {MOST_TRIED}; name another --first")


def picture(colour: Tensor) -> np.ndarray:
    """[3, H, W] in −1 … 1 → uint8 [H, W, 3]."""
    return ((colour / 2 + 0.5) * 255).round().byte().permute(1, 2, 0).numpy()


def grey(mask: Tensor) -> np.ndarray:
    """[1, H, W] in 0 … 1 → uint8 [H, W, 3]."""
    return picture(mask.expand(3, -1, -1) * 2 - 1)


def hatched(scene: np.ndarray, visible: Tensor) -> np.ndarray:
    """Thin lines where the picture shows nothing, over the black or grey that is there."""
    y, x = np.mgrid[: scene.shape[0], : scene.shape[1]]
    lines = ((x + y) % 12 < 2) & (visible[0].numpy() == 0)
    return np.where(lines[..., None], np.uint8(165), scene)


def cells(sample: TrainingSample) -> list[np.ndarray]:
    t = len(sample.video) // 2
    return [
        hatched(picture(sample.scene_image), sample.scene_visibility),
        grey(1 - sample.matte[t]),
        picture(sample.foreground[t]),
        picture(sample.video[t]),
        grey(sample.loss_mask[t]),
    ]


def edged(cell: np.ndarray) -> np.ndarray:
    """The cell with a thin frame, or white ones would have no border."""
    framed = cell.copy()
    framed[[0, -1]] = framed[:, [0, -1]] = EDGE
    return framed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0, help="first shot that is considered")
    arguments = parser.parse_args()
    clips = {person: pick_clip(person, arguments.first + 9 * person) for person in (False, True)}
    rows = []
    for row in ROWS:
        start = time.process_time()
        sample = row.make(clips[row.person], np.random.default_rng(row.seed))
        seconds = time.process_time() - start
        remark = row.remark.replace("\n", " ")
        print(f"{row.title}, {remark}: {seconds:.3f} s, place {clips[row.person].name}")
        shown = [edged(thumbnail(cell, SHOWN)) for cell in cells(sample)]
        rows.append(SheetRow(f"{row.title}\n{row.remark}", shown))
    sheet = contact_sheet(rows, COLUMNS, label_width=LABELS)
    Image.fromarray(sheet).save(arguments.out, quality=82)


if __name__ == "__main__":
    main()
