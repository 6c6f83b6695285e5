"""Does a sequence of poses tell how the background moves? Clips of walkers, in numbers.

Legend: B clips, F frames, H W pixels, h w latent grid, n cells of the attention's grid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from dynascene.errors import InputError
from dynascene.evaluation.camera_fit import best_views
from dynascene.models.attention import attention_weights
from dynascene.models.conditioners.background_flow import FLOW
from dynascene.models.conditioners.background_motion import QUERIES_AND_KEYS
from dynascene.models.diffusion.epipolar_loss import epipolar_loss, grid_of_tokens
from dynascene.models.latents import encode_images
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.synthetic.shots.moved_shots import TrueViews
from dynascene.training_batch import TrainingBatch
from dynascene.types import Batch, Size

POSES = ("skeleton",)


class OutsideShares(NamedTuple):
    """Of the attention across frames of each clip, [B] each, what lies outside the epipolar bands.

    all, weak: the share outside, and of that what is weaker than even attention, which alone the
    epipolar loss with δ = 1 sees. even: what even attention would have there.
    """

    all: np.ndarray
    weak: np.ndarray
    even: np.ndarray


class CrossFrames(NamedTuple):
    """Queries and keys of attention across frames, [B, heads, F·n, d], frame by frame.

    grid: the cells of a frame.
    """

    queries: Tensor
    keys: Tensor
    grid: Size


class FlowErrors(NamedTuple):
    """End-point errors of each clip in pixels, [B] each.

    network: of the flow that is read off the clip's own poses. shuffled: off those of another clip.
    zero: of no flow at all. mean: of the mean flow of all clips, the best that says the same of
    each.
    """

    network: np.ndarray
    shuffled: np.ndarray
    zero: np.ndarray
    mean: np.ndarray


def with_poses_of(clip: Batch, order: Sequence[int]) -> Batch:
    """The clips with the skeletons of others.

    order: [B], the number of the clip that each gets them of.
    """
    return clip.replace(**{name: clip[name][list(order)] for name in POSES})


def predicted_flow(pipeline: DynaScenePipeline, clip: Batch) -> Tensor:
    """The background's flow that a network reads off poses: [B, F, 2, h, w], in pixels.

    Raises:
        InputError: the network has no such flow.
    """
    denoiser = pipeline.denoiser
    if FLOW not in denoiser.probe_names:
        raise InputError("weights: they predict no flow of the background")
    dropped = torch.zeros(len(clip), dtype=torch.bool, device=denoiser.device)
    flow = denoiser.inject(pipeline.encode(clip), dropped).probes[FLOW]
    return in_pixels(flow.float().cpu(), clip.size)


def true_flow(pipeline: DynaScenePipeline, clip: Batch) -> Tensor:
    """The true flow on the same grid, [B, F, 2, h, w] in pixels."""
    return in_pixels(pipeline.encode(clip)["background_flow"].float().cpu(), clip.size)


def in_pixels(flow: Tensor, size: Size) -> Tensor:
    """Flow in shares of the frame, [..., 2, h, w], in its pixels."""
    return flow * flow.new_tensor([size.width, size.height])[:, None, None]


def end_point_errors(flow: Tensor, truth: Tensor) -> np.ndarray:
    """Mean length of the difference over the frames after the first, [B]; both [B, F, 2, h, w]."""
    distance = (flow - truth)[:, 1:].square().sum(dim=2).sqrt()
    return distance.flatten(1).mean(dim=1).double().numpy()


def flow_errors(network: Tensor, shuffled: Tensor, truth: Tensor) -> FlowErrors:
    """The errors of flows [B, F, 2, h, w]."""
    mean = truth.mean(dim=0, keepdim=True)
    flows = (network, shuffled, torch.zeros_like(truth), mean.expand_as(truth))
    return FlowErrors(*(end_point_errors(flow, truth) for flow in flows))


def mean_motion(flow: Tensor) -> np.ndarray:
    """How far the background goes to the right from frame to frame, [B], of [B, F, 2, h, w]."""
    return flow[:, 1:, 0].flatten(1).mean(dim=1).double().numpy()


def fitting_shares(frames: Tensor, judged: Tensor, views: Sequence[TrueViews]) -> np.ndarray:
    """How far the camera that fits the last frame best has gone, as a share of its way, [B].

    Args:
        frames, judged: [B, F, 3, H, W] in 0 … 1 and [B, F, 1, H, W], 1 where a pixel counts.
        views: of each clip's place along the way.
    """
    return np.array(
        [
            float(each.shares[best_views(clip[-1:], counts[-1:], each.colours)[0]])
            for clip, counts, each in zip(frames, judged, views, strict=True)
        ]
    )


def attention_outside(
    pipeline: DynaScenePipeline, batch: TrainingBatch, timestep: int, width: float, seed: int
) -> OutsideShares:
    """How much of the attention across frames goes where the cameras exclude it.

    Args:
        pipeline: with a network that attends so.
        batch: clips with the video to be made noisy.
        timestep: how noisy.
        width: half of a band's, in cells, as in training.
        seed: of the noise.

    Raises:
        InputError: the network does not attend across frames.
    """
    queries, keys, grid = cross_frames(pipeline, batch, timestep, seed)
    clip = batch.pixels
    scale = clip.intrinsics.new_tensor(
        [grid.width / clip.size.width, grid.height / clip.size.height, 1.0]
    )

    def outside(queries: Tensor, threshold: float) -> np.ndarray:
        values = [
            epipolar_loss(query, key, poses, scale[:, None] * lenses, grid, width, threshold)
            for query, key, poses, lenses in zip(
                queries, keys, clip.cam_from_world, clip.intrinsics, strict=True
            )
        ]
        return torch.stack(values).double().cpu().numpy()

    even = torch.zeros_like(queries)
    return OutsideShares(outside(queries, math.inf), outside(queries, 1.0), outside(even, math.inf))


def attention_in_place(
    pipeline: DynaScenePipeline, batch: TrainingBatch, timestep: int, seed: int
) -> np.ndarray:
    """How much of the attention goes to the same place in other frames: its cell and those around.

    A camera that only travels allows that everywhere, for a cell's epipolar line goes through the
    same cell.

    Args:
        pipeline, batch, timestep, seed: as ``attention_outside``.

    Returns:
        Shares [B] of all attention.
    """
    queries, keys, grid = cross_frames(pipeline, batch, timestep, seed)
    numbers = torch.arange(grid.width * grid.height, device=queries.device)
    row, column = numbers // grid.width, numbers % grid.width
    around = torch.maximum((row[:, None] - row).abs(), (column[:, None] - column).abs()) <= 1
    is_other = ~torch.eye(batch.pixels.frames, dtype=torch.bool, device=queries.device)
    counted = (is_other[:, None, :, None] & around[:, None]).flatten(2).flatten(0, 1)
    shares = [
        (attention_weights(query, key) * counted).sum(dim=-1).mean()
        for query, key in zip(queries, keys, strict=True)
    ]
    return torch.stack(shares).double().cpu().numpy()


def cross_frames(
    pipeline: DynaScenePipeline, batch: TrainingBatch, timestep: int, seed: int
) -> CrossFrames:
    """What attends to what; arguments as ``attention_outside``."""
    denoiser = pipeline.denoiser
    encoded = pipeline.encode(batch.pixels)
    clean = encode_images(pipeline.vae, batch.target("video")).to(denoiser.device)
    noise = torch.randn(clean.shape, generator=Generator().manual_seed(seed)).to(clean)
    alpha_bar = denoiser.alpha_bars[timestep]
    noisy = alpha_bar.sqrt() * clean + (1 - alpha_bar).sqrt() * noise
    steps = torch.full((len(clean),), timestep, device=clean.device)
    probes = denoiser(noisy, steps, encoded, probes=(QUERIES_AND_KEYS,)).probes
    queries, keys = probes[QUERIES_AND_KEYS].float()
    frames, (height, across) = clean.shape[1], clean.shape[-2:]
    grid = grid_of_tokens(Size(across, height), queries.shape[2] // frames)
    return CrossFrames(queries, keys, grid)
