"""Opposite moves as a picture: the same clips along their track and along the opposite one.

    python benchmarks/opposite_moves.py --imagery IMAGERY… --out docs/images/opposite_moves.jpg \
        "shared rays=weights/micro" "the paper's form=weights/micro_paper"

Two clips of each move in places of the test split, nobody in them. Shown is the last frame of each,
enlarged; the untrained network is that of the first weights.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dynascene.evaluation.gap import CameraFollower
from dynascene.evaluation.gap_systems import follower, untrained
from dynascene.evaluation.systems import Trained
from dynascene.generation.weights import load_weights
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.imaging.sheet import SheetRow, contact_sheet
from dynascene.synthetic.shots.moved_clips import moved_clips
from dynascene.synthetic.shots.moved_shots import MOVES, MovedShots
from dynascene.synthetic.shots.short_shots import ShortShots

EACH, WIDTH, LABELS = 2, 120, 92  # clips of a move, pixels of a picture and of a label


def chosen_clips(shots: MovedShots) -> list[int]:
    """Numbers of clips: of each move the first ones in places that no other clip shows, from whose
    place the opposite is visible too."""
    numbers: list[int] = []
    places: set[str] = set()
    for move in range(len(MOVES)):
        count, number = 0, move
        while count < EACH:
            place = shots[number].shot.place
            both = len(shots.true_views(number, END, shots.shots.size).shares) == len(END)
            if place not in places and both:
                numbers.append(number)
                places.add(place)
                count += 1
            number += len(MOVES)
    return numbers


END = torch.tensor([1.0, -1.0], dtype=torch.float64)


def enlarged(frame: Tensor) -> np.ndarray:
    """[3, H, W] in 0 … 1 → uint8 [H, WIDTH, 3]."""
    picture = Image.fromarray(bytes_from_tensor(frame[None])[0])
    return np.asarray(picture.resize((WIDTH, WIDTH * picture.height // picture.width), 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--imagery", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    systems: dict[str, CameraFollower] = {}
    for text in options.weights:
        name, _, folder = text.partition("=")
        systems[name] = follower(Trained(name, load_weights(folder)))
    first = follower(Trained("first", load_weights(options.weights[0].partition("=")[2])))
    systems["untrained"] = untrained(first)
    size = first.pipeline.denoiser.size
    shots = MovedShots(
        ShortShots("test", size.resolution, size.frames, folder=options.imagery, person_share=0.0)
    )
    numbers = chosen_clips(shots)
    moved = moved_clips([shots[number] for number in numbers])
    made = [
        s.frames(clip, 0)[:, -1] for s in systems.values() for clip in (moved.clip, moved.opposite)
    ]
    rows = []
    for row, number in enumerate(numbers):
        ends = shots.true_views(number, END, size.resolution).colours
        pictures = [moved.clip.scene_image[row] / 2 + 0.5, *ends, *(each[row] for each in made)]
        rows.append(SheetRow(shots[number].move, [enlarged(x) for x in pictures]))
    captions = ["picture", "truth, as told", "truth, opposite"]
    captions += [f"{name}{end}" for name in systems for end in (", as told", ", opposite")]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(contact_sheet(rows, captions, label_width=LABELS)).save(options.out, quality=88)


if __name__ == "__main__":
    main()
