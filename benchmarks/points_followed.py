"""Does the background follow the points that it is given? Measured on plain moves in unseen places.

    python benchmarks/points_followed.py WEIGHTS [--clips 48] [--imagery DIR] [--sheet FILE]

Pans, tilts, dollies and trucks, a person in each clip. The network is given all 50 points, 5 of
them, points that go the opposite way, and none. The camera of the true place that fits the last
frame best says how far the background went, as a share of the move: 1 is where the points say, −1
where opposite ones do. Times the way of the points that is an error in pixels. Intervals (95 %)
draw places.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.imagery import training_folder
from dynascene.evaluation.bootstrap import mean_estimate
from dynascene.evaluation.camera_fit import tried_shares
from dynascene.evaluation.sampled_clips import sampled
from dynascene.evaluation.table import text_of
from dynascene.evaluation.walks import fitting_shares
from dynascene.generation.weights import load_weights
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.imaging.sheet import clip_grid
from dynascene.imaging.tensor_metrics import clip_psnrs
from dynascene.io.images import write_png
from dynascene.synthetic.shots.moved_clips import moved_clips
from dynascene.synthetic.shots.moved_shots import MOVES, MovedShots
from dynascene.synthetic.shots.short_shots import ShortShots

FEW = 5
ENLARGED = 6  # times, on the sheet
FIELDS = frozenset({"skeleton", "character", "points"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights")
    parser.add_argument("--clips", type=int, default=48)
    parser.add_argument("--imagery", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheet", type=Path, help="PNG of the clips as made")
    options = parser.parse_args()
    pipeline = load_weights(options.weights).pipeline
    size = pipeline.denoiser.size
    moves = MovedShots(
        ShortShots(
            "test", size.resolution, size.frames, options.seed,
            folder=training_folder(options.imagery), person_share=1.0, inputs=FIELDS,
        )
    )  # fmt: skip
    shots = [moves[index] for index in range(options.clips)]
    views = [
        moves.true_views(index, tried_shares(), size.resolution) for index in range(options.clips)
    ]
    moved, places = moved_clips(shots), [shot.shot.place for shot in shots]
    points = moved.clip["points"]
    still = (moved.clip.scene_image / 2 + 0.5)[:, None].expand_as(moved.truth)
    told = {
        "50 points": (points, 1.0),
        f"{FEW} points": (some_points(points, FEW, options.seed), 1.0),
        "opposite points": (opposite_points(points), -1.0),
        "no points": (some_points(points, 0, options.seed), 1.0),
    }
    made = {
        name: (sampled(pipeline, moved.clip.replace(points=given), 0), share)
        for name, (given, share) in told.items()
    }
    way = way_of_points(points, size.resolution.width, size.resolution.height)
    names = np.array([shot.move for shot in shots])
    print(f"{options.clips} clips in {len(set(places))} places\n")
    print("| told | moves | share of the move | off by, pixels | PSNR, dB |\n|" + " --- |" * 5)
    for name, (frames, share) in {
        "truth": (moved.truth, 1.0), "the picture, still": (still, 1.0), **made
    }.items():  # fmt: skip
        shares = fitting_shares(frames, moved.judged, views)
        psnr = clip_psnrs(frames, moved.truth, moved.judged).double().numpy()
        for move in ("all", *MOVES):
            chosen = (names == move) | (move == "all")
            own = [place for place, there in zip(places, chosen, strict=True) if there]
            columns = [shares, abs(shares - share) * way, psnr]
            texts = [text_of(mean_estimate(values[chosen], own), 2) for values in columns]
            print("|", " | ".join([name, move, *texts]), "|")
    if options.sheet:
        rows = [moved.truth, *(frames for frames, _ in made.values())]
        pixels = bytes_from_tensor(clip_grid([row[:8] for row in rows]))
        write_png(options.sheet, pixels.repeat(ENLARGED, 0).repeat(ENLARGED, 1))


def some_points(points: Tensor, count: int, seed: int) -> Tensor:
    """Clips [B, F, N, 5] that have so many of their points: those seen from the start."""
    chosen = torch.zeros_like(points[:, :1, :, 2:3])
    rng = np.random.default_rng(seed)
    for clip, rows in zip(chosen, points[:, 0, :, 2], strict=True):
        seen = rng.permutation(np.flatnonzero(rows.numpy() > 0))[:count]
        clip[0, torch.from_numpy(seen)] = 1
    visible = points[..., 2:3] * chosen
    return torch.cat([points[..., :2], visible, points[..., 3:]], dim=-1)


def opposite_points(points: Tensor) -> Tensor:
    """Points that go as far the opposite way from where they are in the first frame."""
    places = 2 * points[:, :1, :, :2] - points[..., :2]
    return torch.cat([places, points[..., 2:]], dim=-1)


def way_of_points(points: Tensor, width: int, height: int) -> np.ndarray:
    """How far the points of a clip have gone in its last frame, [B] in pixels."""
    ways = (points[:, -1, :, :2] - points[:, 0, :, :2]) * points.new_tensor([width, height])
    seen = points[:, -1, :, 2] * points[:, 0, :, 2]
    mean = (ways.norm(dim=-1) * seen).sum(dim=1) / seen.sum(dim=1)
    return mean.double().numpy()


if __name__ == "__main__":
    main()
