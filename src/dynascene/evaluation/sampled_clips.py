"""What a network makes of clips, batch by batch.

Legend: N clips, B of them at once, F frames, H W pixels.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from dynascene.models.pipeline import DynaScenePipeline
from dynascene.types import Batch

AT_ONCE = 16


def sampled(pipeline: DynaScenePipeline, clip: Batch, seed: int) -> Tensor:
    """A pipeline's own samples, [N, F, 3, H, W] in 0 … 1 on the CPU.

    Args:
        pipeline: with the steps and the guidance that its weights recommend.
        clip: N clips that fit into memory, if not at once.
        seed: the same noise for the same seed, whatever conditions.
    """
    parts = []
    for start in range(0, len(clip), AT_ONCE):
        part = clips_from(clip, slice(start, start + AT_ONCE))
        generator = Generator().manual_seed(seed + start)
        parts.append(pipeline(part, generator=generator).frames.float().cpu())
    return torch.cat(parts)


def clips_from(clip: Batch, chosen: slice) -> Batch:
    """Some of the clips."""
    return clip.replace(**{name: tensor[chosen] for name, tensor in clip.items()})
