"""What a conditioner hands to the denoiser, and how several of them are merged.

Legend: B batch, F frames, C channels, h w latent grid, N tokens, D token width.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Injection(NamedTuple):
    """Everything through which information enters the denoiser; a conditioner fills its part.

    channels: [B, F, C, h, w] joined to the noisy latent, in the declared order of conditioners.
    added: [B, F, C0, h, w] summed after the first convolution.
    tokens: [B, F or 1, N, D] cross-attention context; one frame stands for all.
    reference: per spatial transformer block [B, N, C], read by its self-attention. A clip whose
        tokens are exactly zero has no reference there.
    camera: per U-Net level [B, F, C, h, w], read inside the motion modules.
    frame_codes: [B, F, C] numbers per frame.
    anchor: [B, F, 4, h, w] the latent on which a ``guide_residual`` denoiser builds.
    """

    channels: Tensor | None = None
    added: Tensor | None = None
    tokens: Tensor | None = None
    reference: tuple[Tensor, ...] = ()
    camera: tuple[Tensor, ...] = ()
    frame_codes: Tensor | None = None
    anchor: Tensor | None = None


def merge_injections(injections: Sequence[Injection]) -> Injection:
    """One injection from several.

    Channels, tokens, references and frame codes are concatenated in the given order, additions are
    summed. A clip has one camera and one anchor: a second one raises ValueError.
    """
    return Injection(
        channels=_concatenate([i.channels for i in injections], dim=2),
        added=_sum([i.added for i in injections]),
        tokens=_concatenate_tokens([i.tokens for i in injections]),
        reference=_concatenate_levels([i.reference for i in injections]),
        camera=_only("camera", [i.camera for i in injections if i.camera]) or (),
        frame_codes=_concatenate([i.frame_codes for i in injections], dim=2),
        anchor=_only("anchor", [i.anchor for i in injections if i.anchor is not None]),
    )


def _concatenate(tensors: Sequence[Tensor | None], dim: int) -> Tensor | None:
    given = [t for t in tensors if t is not None]
    return torch.cat(given, dim=dim) if given else None


def _sum(tensors: Sequence[Tensor | None]) -> Tensor | None:
    given = [t for t in tensors if t is not None]
    return torch.stack(given).sum(0) if given else None


def _concatenate_tokens(tensors: Sequence[Tensor | None]) -> Tensor | None:
    given = [t for t in tensors if t is not None]
    frames = max((t.shape[1] for t in given), default=1)
    return _concatenate([t.expand(-1, frames, -1, -1) for t in given], dim=2)


def _concatenate_levels(references: Sequence[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    given = [r for r in references if r]
    if len({len(r) for r in given}) > 1:
        raise ValueError(f"references are for {[len(r) for r in given]} blocks: they must agree")
    return tuple(torch.cat(block, dim=1) for block in zip(*given, strict=True))


def _only(name: str, given: list):
    if len(given) > 1:
        raise ValueError(f"{len(given)} conditioners give a {name}: a clip has one")
    return given[0] if given else None
