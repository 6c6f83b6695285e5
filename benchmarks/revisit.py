"""A camera that leaves and comes back: does it find the same place, with and without scene memory?

    DYNASCENE_TRAINING_DATA=... python benchmarks/revisit.py --picture docs/images/revisit.jpg

Places are panoramas of the validation split, so what the pan reveals is known: the table also
compares it with the truth. CPU seconds include reading the weights.
"""

import argparse
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from dynascene.evaluation.revisit import changes, equal_views, returns, there_and_back
from dynascene.generation.clip import GeneratedClip, GenerationOptions
from dynascene.generation.generate import generate
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.lifting import LiftedScene, lift_to_stage
from dynascene.geometry.rays import track_rays
from dynascene.imaging.clip_metrics import psnr, ssim
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.imaging.sheet import SheetRow, contact_sheet
from dynascene.jobs.log import Log
from dynascene.synthetic.places.library import Library
from dynascene.synthetic.places.panorama import PanoramaPlace
from dynascene.synthetic.shots.views import picture_track, scene_camera
from dynascene.types import CameraTrack, Shot, Size

SIZE, FRAMES, DEGREES = Size(256, 144), 101, 60.0
VIDEO_FOV, PICTURE_FOV = 50.0, 60.0
APART = 24  # frames between visits: more than a window of the network holds
EVEN_IF_EQUAL = 60.0  # dB; ∞ would swallow every mean
LABELS = 190  # pixels beside the rows of the picture
COLUMNS = ("return, dB", "return, SSIM", "largest change", "truth, dB", "truth, SSIM", "key views")


class Place(NamedTuple):
    name: str
    scene: LiftedScene
    track: CameraTrack
    truth: np.ndarray


class Result(NamedTuple):
    """frames: uint8 [F, H, W, 3]. values: as COLUMNS; seconds: of the CPU."""

    frames: np.ndarray
    revealed: np.ndarray
    values: tuple[float, ...]
    seconds: float


def val_places(count: int) -> list[Place]:
    library = Library("val", SIZE.width)
    rng = np.random.default_rng(0)
    places: dict[str, Place] = {}
    while len(places) < min(count, len(library.names("panorama"))):
        name, levels = library.draw_panorama(rng)
        world = PanoramaPlace(levels, float(rng.uniform(-np.pi, np.pi)), mirrored=False, stage=None)
        camera = scene_camera(max(PICTURE_FOV, world.narrowest_fov(SIZE.width)), 0.0, SIZE)
        picture = world.render(track_rays(picture_track(camera)))[0][0]
        track = there_and_back(DEGREES, FRAMES, intrinsics_from_fov(VIDEO_FOV, SIZE), SIZE)
        truth = bytes_from_tensor(world.render(track_rays(track))[0])
        places.setdefault(name, Place(name, lift_to_stage(picture, camera), track, truth))
    return list(places.values())


def made(place: Place, **options) -> Result:
    start = time.process_time()
    shot = Shot(None, None, place.track, Fraction(24))
    clip = generate(shot, place.scene, GenerationOptions(framing="centre", **options))
    if clip.sample is not None:
        clip.sample(Log())
    shown = list(clip.frames())
    frames = np.stack([frame.background for frame in shown])
    revealed = np.stack([frame.visibility[..., 0] < 128 for frame in shown])
    seconds = time.process_time() - start
    return Result(frames, revealed, measured(place, clip, frames, revealed), seconds)


def measured(
    place: Place, clip: GeneratedClip, frames: np.ndarray, revealed: np.ndarray
) -> tuple[float, ...]:
    back = returns(frames, revealed, equal_views(clip.track, APART))
    return (
        min(back.psnr, EVEN_IF_EQUAL),
        back.ssim,
        float(np.nanmax(changes(frames, revealed, clip.track))),
        psnr(frames, place.truth, revealed),
        ssim(frames, place.truth, revealed),
        clip.sampling.get("key_views", 0),
    )


def rows(weights: str | None) -> dict[str, Callable[[Place], Result]]:
    return {
        "projection": lambda place: made(place, generator="projection"),
        "without memory": lambda place: made(place, weights=weights, scene_memory=False),
        "with memory": lambda place: made(place, weights=weights),
    }


def cells(result: Result) -> list[np.ndarray]:
    """First and second visit of one view half-way, and four times their difference."""
    first = FRAMES // 4
    one, two = result.frames[first], result.frames[FRAMES - 1 - first]
    difference = 4 * (two.astype(int) - one) + 128
    return [one, two, difference.clip(0, 255).astype(np.uint8)]


def picture(blocks: list[tuple[str, np.ndarray, dict[str, Result]]]) -> np.ndarray:
    shown = [
        SheetRow(f"{Path(name).stem[:24]}\n{label}", [truth[FRAMES // 4], *cells(result)])
        for name, truth, results in blocks
        for label, result in results.items()
    ]
    heads = ("truth", "first visit", "second visit", "difference, 4-fold")
    return contact_sheet(shown, heads, label_width=LABELS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", help="a folder of weights; default: the bundled ones")
    parser.add_argument("--places", type=int, default=7)
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    blocks, table = [], {}
    for place in val_places(arguments.places):
        found = {label: make(place) for label, make in rows(arguments.weights).items()}
        for label, result in found.items():
            table.setdefault(label, []).append([*result.values, result.seconds])
            numbers = ", ".join(f"{x:.4g}" for x in table[label][-1])
            print(f"{place.name}, {label}: {numbers}", flush=True)
        blocks.append((place.name, place.truth, found))
    print("| | " + " | ".join([*COLUMNS, "CPU s"]) + " |")
    for label, values in table.items():
        shown = [f"{mean:.3g}" for mean in np.mean(values, axis=0)]
        print(f"| {label} | " + " | ".join(shown) + " |")
    if arguments.picture:
        shown = [
            (name, truth, {k: v for k, v in found.items() if k != "projection"})
            for name, truth, found in blocks[:3]
        ]
        Image.fromarray(picture(shown)).save(arguments.picture, quality=85)


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    main()
