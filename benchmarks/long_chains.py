"""Do long clips keep their colours and their contrast, made clip by clip?

    python benchmarks/long_chains.py WEIGHTS --out docs/images/long_chains.png [--frames 300]

Slow pans in unseen places with a person in each, who walks. As the system makes them: the last
frame of a clip goes into the next one's starting noise, and the first picture is the reference of
all. Beside it naive chaining: each clip's last frame is the next one's reference. Drift is what
frames have more or less than the true frames have, minus the same in the first clip, so that what
the camera brings into view does not count.

Legend: B clips, F frames, H W pixels.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from torch import Generator, Tensor

from dynascene.datasets.imagery import training_folder
from dynascene.evaluation.bootstrap import mean_estimate
from dynascene.evaluation.sampled_clips import sampled
from dynascene.evaluation.table import text_of
from dynascene.generation.weights import load_weights
from dynascene.geometry.point_rendering import NOWHERE
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.synthetic.shots.moved_clips import moved_clips
from dynascene.synthetic.shots.moved_shots import MovedShots
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.types import Batch

mpl.use("Agg")
import matplotlib.pyplot as plt

FIELDS = frozenset({"skeleton", "character", "points"})
COLOURS = {"chained": "#1f6f8b", "naive": "#c1553b"}
SHOWN = 5  # frames of the picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights")
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--imagery", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    pipeline = load_weights(options.weights).pipeline
    pipeline.set_progress_bar_config(disable=True)
    size = pipeline.denoiser.size
    shots = ShortShots(
        "test", size.resolution, options.frames, folder=training_folder(options.imagery),
        own_view_share=1.0, person_share=1.0, inputs=FIELDS,
    )  # fmt: skip
    moves = MovedShots(shots)
    pans = [moves[4 * index] for index in range(options.clips)]  # of four moves pans are the first
    moved, places = moved_clips(pans), [pan.shot.place for pan in pans]
    made = {
        "chained": sampled(pipeline, moved.clip, 0),
        "naive": naively_chained(pipeline, moved.clip, size.frames),
    }
    print("| | mean colour off by, grey levels | contrast, grey levels |\n| --- | --- | --- |")
    drifts = {name: drift(frames, moved.truth, moved.judged) for name, frames in made.items()}
    for name, (colour, contrast) in drifts.items():
        last = [mean_estimate(values[:, -30:].mean(axis=1), places) for values in
                (colour, abs(contrast))]  # fmt: skip
        print(f"| {name}, last 30 frames | {text_of(last[0], 1)} | {text_of(last[1], 1)} |")
    differences = [
        mean_estimate((naive - ours)[:, -30:].mean(axis=1), places)
        for ours, naive in (
            (drifts["chained"][0], drifts["naive"][0]),
            (abs(drifts["chained"][1]), abs(drifts["naive"][1])),
        )
    ]
    print("| naive − chained |", " | ".join(text_of(each, 1) for each in differences), "|")
    draw(options.out, drifts, {"truth": moved.truth, **made})


@torch.no_grad()
def naively_chained(pipeline: DynaScenePipeline, clip: Batch, length: int) -> Tensor:
    """The same network, each of whose clips starts afresh from a picture: the last frame made."""
    done: list[Tensor] = []
    scene, generator = clip.scene_image, Generator().manual_seed(0)
    for start in range(0, clip.frames, length):
        part = clip.window(start, min(start + length, clip.frames))
        if start:
            part = part.replace(points=_from_before(part.points, clip.points[:, start - 1]))
        frames = pipeline(part.replace(scene_image=scene), generator=generator).frames.cpu()
        done.append(frames)
        scene = frames[:, -1] * 2 - 1
    return torch.cat(done, dim=1)


def _from_before(points: Tensor, before: Tensor) -> Tensor:
    """Points [B, F, N, 5] that come from where they are in the frame before [B, N, 5], the picture
    now; what it does not show comes from nowhere."""
    origin = before[..., :2].where(before[..., 2:3] > 0, NOWHERE)
    return torch.cat([points[..., :3], origin[:, None].expand_as(points[..., 3:])], dim=-1)


def drift(frames: Tensor, truth: Tensor, judged: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """How far colour and contrast have gone from those of the first clip, [B, F] in grey levels.

    Colour: the length of the change of the mean colour, root mean square over the channels.
    Contrast: the change of the standard deviation of the brightness.
    """
    weight = judged / judged.sum(dim=(-2, -1), keepdim=True).clamp_min(1)

    def means(images: Tensor) -> Tensor:
        return (images * weight).sum(dim=(-2, -1))

    def spread(images: Tensor) -> Tensor:
        grey = images.mean(dim=2, keepdim=True)
        mean = means(grey)[..., None, None]
        return ((grey - mean).square() * weight).sum(dim=(-3, -2, -1)).sqrt()

    colour, contrast = means(frames) - means(truth), spread(frames) - spread(truth)
    colour = colour - colour[:, :3].mean(dim=1, keepdim=True)
    contrast = contrast - contrast[:, :3].mean(dim=1, keepdim=True)
    lengths = colour.square().mean(dim=2).sqrt()
    return 255 * lengths.double().numpy(), 255 * contrast.double().numpy()


def draw(
    path: Path, drifts: dict[str, tuple[np.ndarray, np.ndarray]], clips: dict[str, Tensor]
) -> None:
    """Curves of the mean drift, and below them some frames of the first clip."""
    figure = plt.figure(figsize=(9, 5.2), layout="constrained")
    curves, pictures = figure.subfigures(2, 1, height_ratios=(3, 2))
    axes = curves.subplots(1, 2)
    for axis, number, title in zip(
        axes, (0, 1), ("mean colour, grey levels off", "contrast, grey levels more"), strict=True
    ):
        for name, values in drifts.items():
            axis.plot(values[number].mean(axis=0), color=COLOURS[name], lw=1.2, label=name)
        axis.set_title(title, fontsize=9)
        axis.set_xlabel("frame", fontsize=9)
        axis.tick_params(labelsize=8)
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].legend(fontsize=8, frameon=False)
    cells = pictures.subplots(len(clips), SHOWN, squeeze=False)
    numbers = np.linspace(0, clips["truth"].shape[1] - 1, SHOWN).round().astype(int)
    for row, (name, frames) in zip(cells, clips.items(), strict=True):
        for cell, frame in zip(row, numbers, strict=True):
            cell.imshow(frames[0, frame].permute(1, 2, 0).clamp(0, 1), interpolation="nearest")
            cell.set_xticks([])
            cell.set_yticks([])
            if row is cells[-1]:
                cell.set_xlabel(f"frame {frame}", fontsize=7)
        row[0].set_ylabel(name, fontsize=7)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
