"""AnimateAnywhere's epipolar constraint on cross-frame attention.

Legend: B clips, F frames, n cells of a frame, d channels of one head.
"""

import math
from functools import partial

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from dynascene.geometry.epipolar_bands import epipolar_band
from dynascene.models.attention import attention_weights
from dynascene.models.diffusion.terms import DenoisingStep, LossTerm
from dynascene.types import Size


def epipolar_term(
    probe: str, *, weight: float, width: float = 1.0, threshold: float = 1.0
) -> LossTerm:
    """Attention that is weak and against the geometry: Σ Ω · A, Ω = (1 − M) ∩ (A < δ).

    The paper publishes neither the band's width nor δ; both are ours. Clips without a camera have
    no loss.

    Args:
        probe: where a reader leaves the queries and keys of cross-frame attention, as
            ``QueryKeyReader`` does.
        weight: of the term.
        width: half of a band's width, in cells.
        threshold: δ in shares of even attention, 1 / (F·n).
    """
    return LossTerm(
        name="epipolar",
        losses=partial(_losses, probe, width, threshold),
        weight=weight,
        reads=("cam_from_world", "intrinsics", "has_camera"),
        probes=(probe,),
    )


def epipolar_loss(
    query: Tensor,
    key: Tensor,
    cam_from_world: Tensor,
    intrinsics: Tensor,
    grid: Size,
    width: float,
    threshold: float,
) -> Tensor:
    """Mean over heads and queries of Σ_keys Ω · A, one number.

    It goes through the frames of the queries and computes each one's attention again for the
    gradient, so that no more than [heads, n, F·n] numbers stand in memory at once.

    Args:
        query, key: [heads, F·n, d], frame by frame.
        cam_from_world, intrinsics: [F, 4, 4], [F, 3, 3] in cells of the grid.
        grid, width, threshold: see ``epipolar_band`` and ``epipolar_term``.
    """
    frames, delta = len(cam_from_world), threshold / key.shape[1]
    total = query.new_zeros(())
    for frame, part in enumerate(query.chunk(frames, dim=1)):
        band = epipolar_band(cam_from_world, intrinsics, grid, frame, width)
        forbidden = ~band.flatten(1)
        total = total + checkpoint(_outside, part, key, forbidden, delta, use_reentrant=False)
    return total / (query.shape[0] * query.shape[1])


def _outside(query: Tensor, key: Tensor, forbidden: Tensor, delta: float) -> Tensor:
    """Σ Ω · A of the queries [heads, n, d] of one frame, forbidden: bool [n, F·n]."""
    attention = attention_weights(query, key)
    omega = forbidden & (attention.detach() < delta)
    return (attention * omega).sum()


def _losses(probe: str, width: float, threshold: float, step: DenoisingStep) -> Tensor:
    queries, keys = step.prediction.probes[probe]
    clip, (height, across) = step.clip, step.clean.shape[-2:]
    grid = grid_of_tokens(Size(across, height), queries.shape[2] // step.clean.shape[1])
    scale = clip.intrinsics.new_tensor(
        [grid.width / clip.size.width, grid.height / clip.size.height, 1.0]
    )
    lenses = scale[:, None] * clip.intrinsics
    losses = [
        epipolar_loss(query, key, poses, lens, grid, width, threshold)
        if has_camera
        else query.new_zeros(())
        for query, key, poses, lens, has_camera in zip(
            queries, keys, clip.cam_from_world, lenses, clip.has_camera, strict=True
        )
    ]
    return torch.stack(losses)


def grid_of_tokens(latent: Size, tokens: int) -> Size:
    """The grid of a U-Net level with so many tokens: the latent grid, halved and rounded up."""
    width, height = latent
    while width * height > tokens:
        width, height = math.ceil(width / 2), math.ceil(height / 2)
    return Size(width, height)
