"""Does the pose sequence tell how the background moves? Measured on clips of unseen walkers.

    python benchmarks/walkers.py WEIGHTS… [--clips 24] [--width 1] [--imagery DIR] [--sheet FILE]

The same people in the same places walk while the camera goes along, walk past a still camera,
stand before it, and stand before one that pans. Of networks that predict a flow, its end-point
error beside that of no flow and of the mean flow; of what each makes, how far the camera of the
true place that fits the last frame best has gone, as a share of the way of a camera that goes along
(pans); and of networks that attend across frames, how much attention lies outside the epipolar
bands. All with the clip's own poses and with those of another clip. Intervals (95 %) draw places.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.imagery import training_folder
from dynascene.evaluation.bootstrap import Estimate, mean_estimate
from dynascene.evaluation.camera_fit import tried_shares
from dynascene.evaluation.sampled_clips import sampled
from dynascene.evaluation.table import text_of
from dynascene.evaluation.walks import (
    attention_in_place,
    attention_outside,
    fitting_shares,
    flow_errors,
    mean_motion,
    predicted_flow,
    true_flow,
    with_poses_of,
)
from dynascene.generation.weights import load_weights
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.imaging.sheet import clip_grid
from dynascene.imaging.tensor_metrics import clip_psnrs
from dynascene.io.images import write_png
from dynascene.models.conditioners.background_flow import FLOW
from dynascene.models.conditioners.background_motion import QUERIES_AND_KEYS
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.models.sizes import ModelSize
from dynascene.synthetic.shots.moved_shots import TrueViews
from dynascene.synthetic.shots.walkers import KINDS, WalkerShots
from dynascene.training_batch import TrainingBatch, collate

NOISINESS = 999, 500
ENLARGED = 6  # times, on the sheet
MOVES = 0.1  # pixels a frame: where the truth moves less, its direction is not judged
FIELDS = frozenset({"skeleton", "character", "background_flow"})


class Material(NamedTuple):
    """Clips of every kind, one kind after the other. places, views: of each clip."""

    batch: TrainingBatch
    kinds: np.ndarray
    places: list[str]
    views: list[TrueViews]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", nargs="+")
    parser.add_argument("--clips", type=int, default=24, help="of each kind")
    parser.add_argument("--imagery", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheet", type=Path, help="PNG of last frames")
    parser.add_argument("--width", type=float, default=1.0, help="half of a band's, in cells")
    options = parser.parse_args()
    loaded = {Path(name).name: load_weights(name).pipeline for name in options.weights}
    if len(loaded) < len(options.weights):
        parser.error("folders of one name: rename one, it heads its rows")
    size = next(iter(loaded.values())).denoiser.size
    material = measured_clips(size, options.clips, training_folder(options.imagery), options.seed)
    order = other_clips(len(material.kinds), options.seed)
    print(f"{options.clips} clips of each kind in {len(set(material.places))} places\n")
    for name, pipeline in loaded.items():
        names = pipeline.denoiser.probe_names
        if FLOW in names:
            print_flows(name, pipeline, material, order)
        if QUERIES_AND_KEYS in names:
            print_attention(name, pipeline, material, order, options.width)
    clip = material.batch.pixels
    made = {
        name: (sampled(pipeline, clip, 0), sampled(pipeline, with_poses_of(clip, order), 0))
        for name, pipeline in loaded.items()
    }
    print_videos(made, material, order)
    if options.sheet:
        write_sheet(options.sheet, made, material, options.clips)


def measured_clips(size: ModelSize, clips: int, folder: Path | None, seed: int) -> Material:
    """Clips of the test split."""
    shots, kinds, views = [], [], []
    for kind in KINDS:
        walkers = WalkerShots(
            "test", size.resolution, size.frames, seed, folder=folder, kinds={kind: 1.0},
            inputs=FIELDS,
        )  # fmt: skip
        for index in range(clips):
            shots.append(walkers[index])
            kinds.append(kind)
            views.append(walkers.true_views(index, tried_shares()))
    return Material(collate(shots), np.array(kinds), [shot.place for shot in shots], views)


def other_clips(count: int, seed: int) -> list[int]:
    """The clip whose poses each clip gets: a random cycle, so that none keeps its own."""
    cycle = np.random.default_rng(seed).permutation(count)
    order = np.empty(count, dtype=int)
    order[cycle] = np.roll(cycle, 1)
    return order.tolist()


def mean_of(values: np.ndarray, chosen: np.ndarray, places: list[str]) -> Estimate:
    """The mean of the chosen clips."""
    own = [place for place, there in zip(places, chosen, strict=True) if there]
    return mean_estimate(values[chosen], own)


def print_table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    print(f"**{title}**\n\n| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print(flush=True)


@torch.no_grad()
def print_flows(
    name: str, pipeline: DynaScenePipeline, material: Material, order: list[int]
) -> None:
    """End-point errors, and direction and size of the mean motion, by kind."""
    clip = material.batch.pixels
    flow, truth = predicted_flow(pipeline, clip), true_flow(pipeline, clip)
    shuffled = predicted_flow(pipeline, with_poses_of(clip, order))
    errors = flow_errors(flow, shuffled, truth)
    motion, true_motion, wrong = mean_motion(flow), mean_motion(truth), mean_motion(shuffled)
    right = np.where(abs(true_motion) > MOVES, motion * true_motion > 0, np.nan)
    right_shuffled = np.where(abs(true_motion) > MOVES, wrong * true_motion > 0, np.nan)
    rows = []
    for kind in ("all", *KINDS):
        chosen = (material.kinds == kind) | (kind == "all")
        columns = [errors.network, errors.zero, errors.mean, errors.shuffled]
        columns += [errors.network - errors.zero, errors.network - errors.mean]
        columns += [errors.network - errors.shuffled]
        texts = [text_of(mean_of(c, chosen, material.places), 2) for c in columns]
        signs = [text_of(mean_of(c, chosen, material.places), 2) for c in (right, right_shuffled)]
        moved = (true_motion[chosen] ** 2).sum()
        slope = (motion * true_motion)[chosen].sum() / moved if moved > 1e-6 else float("nan")
        rows.append([kind, *texts, *signs, f"{slope:.2f}", f"{abs(motion[chosen]).mean():.2f}"])
    print_table(
        f"{name}: end-point error of the flow, pixels of {clip.size.width} a frame",
        ["clips", "network", "no flow", "mean flow", "poses of another clip",
         "network − no flow", "network − mean flow", "network − another's poses",
         "right direction", "with another's poses", "slope", "mean way across"],
        rows,
    )  # fmt: skip


@torch.no_grad()
def print_attention(
    name: str, pipeline: DynaScenePipeline, material: Material, order: list[int], width: float
) -> None:
    """Attention outside the bands where the camera travels."""
    rows = []
    along = material.kinds == "along"
    batch = material.batch
    others = replace(batch, clip=with_poses_of(batch.pixels, order))
    for step in NOISINESS:
        shares = attention_outside(pipeline, material.batch, step, width, seed=step)
        shuffled = attention_outside(pipeline, others, step, width, seed=step)
        in_place = attention_in_place(pipeline, material.batch, step, seed=step)
        values = [*shares, shuffled.all, in_place]
        texts = [text_of(mean_of(v, along, material.places), 3) for v in values]
        rows.append([str(step), *texts])
    columns = ["step", "share", "of that weaker than even", "even attention",
               "with another's poses", "in place in other frames"]  # fmt: skip
    print_table(f"{name}: attention outside the bands", columns, rows)


def print_videos(
    made: dict[str, tuple[Tensor, Tensor]], material: Material, order: list[int]
) -> None:
    """How far the background of what is made has moved, and how true it is."""
    clip = material.batch.pixels
    truth = material.batch.target("background") / 2 + 0.5
    judged = ((clip.matte == 0) & (clip.matte[order] == 0)).float()
    still = (clip.scene_image / 2 + 0.5)[:, None].expand_as(truth)
    everything = {"truth": (truth, truth), "still picture": (still, still), **made}
    rows = []
    for name, (own, other) in everything.items():
        shares = [fitting_shares(frames, judged, material.views) for frames in (own, other)]
        psnrs = [clip_psnrs(frames, truth, judged).double().numpy() for frames in (own, other)]
        for kind in KINDS:
            chosen = material.kinds == kind
            texts = [text_of(mean_of(v, chosen, material.places), 2) for v in
                     (shares[0], shares[1], psnrs[0], psnrs[0] - psnrs[1])]  # fmt: skip
            rows.append([name, kind, *texts])
    print_table(
        "Background of the videos, without the person",
        ["of", "clips", "fitting share of the way", "with another's poses", "PSNR, dB",
         "minus with another's poses, dB"],
        rows,
    )  # fmt: skip
    print_differences(made, truth, judged, material)


def print_differences(
    made: dict[str, tuple[Tensor, Tensor]], truth: Tensor, judged: Tensor, material: Material
) -> None:
    """The first weights minus each of the others, clip by clip."""
    psnrs = {
        name: [clip_psnrs(frames, truth, judged).double().numpy() for frames in pair]
        for name, pair in made.items()
    }
    (first, (own, other)), *rest = psnrs.items()
    everywhere = np.ones(len(own), dtype=bool)
    rows = []
    for name, (psnr, shuffled) in rest:
        pairs = (own - psnr, (own - other) - (psnr - shuffled))
        texts = [text_of(mean_of(v, everywhere, material.places), 2, signed=True) for v in pairs]
        rows.append([f"{first} − {name}", *texts])
    if rows:
        print_table("All kinds", ["pair", "PSNR, dB", "gap to another's poses, dB"], rows)


def write_sheet(
    path: Path, made: dict[str, tuple[Tensor, Tensor]], material: Material, clips: int
) -> None:
    """The frames of two clips of each kind: as filmed, as made, and with another clip's poses."""
    shown = [clips * kind + clip for kind in range(len(KINDS)) for clip in (0, 1)]
    video = material.batch.target("video") / 2 + 0.5
    rows = [video, *(frames for pair in made.values() for frames in pair)]
    pixels = bytes_from_tensor(clip_grid([row[shown] for row in rows]))
    write_png(path, pixels.repeat(ENLARGED, 0).repeat(ENLARGED, 1))


if __name__ == "__main__":
    main()
