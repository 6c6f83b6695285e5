"""Is a clip of 768×432 sharp, though the network paints 256×144? By rows: accuracy and detail.

    python benchmarks/full_size.py [--weights DIR] [--split val] [--clips 8] [--frames 8]
        [--sheet PNG]

Rows: the network's frames enlarged (bicubic); joined with the guide by frequency bands; as
delivered (the photograph kept where it is seen, what differs carried on beyond its border); the
guide alone. ``detail`` is the mean slope of a region's pixels as a share of the truth's: 1 = as
sharp. ``flicker`` is the mean change between frames of a camera that stands still, of 255.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynascene.evaluation.features import Scattering
from dynascene.evaluation.figures import Figures
from dynascene.evaluation.judging import Judge
from dynascene.evaluation.protocol import EvaluationShot, regions
from dynascene.evaluation.scores import TRUTH, Scores
from dynascene.generation.decoding import decoded
from dynascene.generation.detail import join_bands, keep_seen, resized
from dynascene.generation.weights import BUNDLED, load_weights
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.io.images import write_png
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.training_batch import collate
from dynascene.types import Batch, Size

FULL, MODEL = Size(768, 432), Size(256, 144)
REGIONS = ("seen", "revealed")
METRICS = ("psnr", "ssim", "distance", "frechet")


def rows_of(pipeline: DynaScenePipeline, batch: Batch, seed: int) -> dict[str, Tensor]:
    """[F, 3, H, W] in 0 … 1 by row."""
    assert batch.guide is not None
    small = batch.resized(MODEL)
    assert small.guide_visibility is not None
    clip = pipeline.encode(small)
    assert clip.guide is not None
    generator = torch.Generator().manual_seed(seed)
    latents = pipeline(clip, generator=generator, output_type="latent").frames[0]
    painted, guide = decoded(pipeline, latents), batch.guide[0] / 2 + 0.5
    joined = join_bands(painted, decoded(pipeline, clip.guide[0]), guide)
    return {
        "enlarged": resized(painted, *guide.shape[-2:]).clamp(0, 1),
        "joined by bands": joined,
        "delivered": keep_seen(joined, guide, small.guide_visibility[0]),
        "guide alone": guide,
    }


def detail(frames: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """The mean slope within a mask [F, H, W], as a share of the true one."""

    def slope(images: np.ndarray) -> float:
        values = images.astype(np.float32).mean(axis=-1)
        across = np.abs(np.diff(values, axis=2))[mask[:, :, 1:] & mask[:, :, :-1]]
        down = np.abs(np.diff(values, axis=1))[mask[:, 1:] & mask[:, :-1]]
        return float(across.mean() + down.mean())

    return slope(frames) / slope(truth) if mask.sum() > 1000 else float("nan")


def held(batch: Batch) -> Batch:
    """The shot whose camera stands at its last frame."""

    def last(tensor: Tensor) -> Tensor:
        return tensor[:, -1:].expand_as(tensor)

    return batch.map_frames(last)


def flicker(frames: np.ndarray) -> float:
    return float(np.abs(np.diff(frames.astype(np.int16), axis=0)).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", default=BUNDLED)
    parser.add_argument("--split", default="val")
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--sheet", type=Path)
    given = parser.parse_args()
    pipeline, _ = load_weights(given.weights)
    pipeline.set_progress_bar_config(disable=True)
    shots = SyntheticShots(given.split, FULL, given.frames, length=given.clips)
    scores, own = Scores(), {}  # own: what this benchmark adds, by row and name
    strips: list[np.ndarray] = []
    for index in range(given.clips):
        made = collate([shots[index]])
        batch, truth = made.clip, made.target("background")
        shot = EvaluationShot(
            str(index), batch, bytes_from_tensor(truth[0] / 2 + 0.5), shots[index].place
        )
        judge, masks = Judge(shot, Scattering()), regions(batch)
        scores.clips.append(shot.name)
        scores.places.append(shot.place)
        scores.add_cells(TRUTH, judge.true_cells())
        still = rows_of(pipeline, held(batch), index)
        rendered = {row: bytes_from_tensor(f) for row, f in rows_of(pipeline, batch, index).items()}
        for row, frames in rendered.items():
            judged = judge.judged(frames)
            scores.add(row, judge.scores(judged))
            scores.add_cells(row, judge.cells(judged))
            values = own.setdefault(
                row, {f"detail {name}": [] for name in REGIONS} | {"flicker": []}
            )
            for name in REGIONS:
                values[f"detail {name}"].append(detail(frames, shot.truth, masks[name]))
            values["flicker"].append(flicker(bytes_from_tensor(still[row])))
        strips.append(np.concatenate([f[-1] for f in (*rendered.values(), shot.truth)], axis=1))
    figures = Figures(scores)
    columns = [f"{metric} {name}" for metric in METRICS for name in REGIONS]
    print("| row | " + " | ".join([*columns, *next(iter(own.values()))]) + " |")
    print("|" + " --- |" * (len(columns) + 1 + len(REGIONS) + 1))
    for row, values in own.items():
        means = [figures.estimate(m, row, name).mean for m in METRICS for name in REGIONS]
        means += [float(np.nanmean(each)) for each in values.values()]
        print(f"| {row} | " + " | ".join(f"{mean:.3f}" for mean in means) + " |")
    if given.sheet:
        write_png(given.sheet, np.concatenate(strips))


if __name__ == "__main__":
    main()
