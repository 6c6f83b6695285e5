"""The output of a conditioner, and how several of them are merged.

Legend: B batch, F frames, C channels, h w latent grid, N tokens, D token width.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")
NO_CHANNELS: Mapping[str, Tensor] = MappingProxyType({})
NO_STATES: Mapping[str, tuple[Tensor, ...]] = MappingProxyType({})


class Reference(NamedTuple):
    """What attention layers read beside their own tokens.

    blocks: per spatial transformer block [B, N, C].
    present: [B] bool, False where a clip has no reference.
    everywhere: True if every clip has one and every gate is fixed at 1, so that the layer's own
        attention need not be computed.
    """

    blocks: tuple[Tensor, ...]
    present: Tensor
    everywhere: bool = False


NO_REFERENCE: Mapping[str, Reference] = MappingProxyType({})


class Injection(NamedTuple):
    """Everything through which information enters the denoiser; a conditioner fills its part.

    channels: meaning → [B, F or 1, C, h, w], joined to the noisy latent as the denoiser's input
        layout says; one frame stands for all.
    added: [B, F or 1, C0, h, w] summed after the first convolution; one frame stands for all.
    tokens: [B, F or 1, N, D] cross-attention context; one frame stands for all.
    reference: conditioner → its reference, read by the readers that it has in self-attention.
    camera: per U-Net level [B, F, C, h, w], read inside the motion modules.
    camera_matrix: [B, F, 12] numbers of each frame's camera, read inside the motion modules.
    states: conditioner → per layer [B, F, n, C], added to the input of attention layers by the
        readers that it has there.
    gates: conditioner → [readers] the gates of its readers, copies of its parameter.
    probes: name → what a conditioner leaves for losses.
    anchor: [B, F, C, h, w] the latent on which a ``guide_residual`` denoiser builds.
    """

    channels: Mapping[str, Tensor] = NO_CHANNELS
    added: Tensor | None = None
    tokens: Tensor | None = None
    reference: Mapping[str, Reference] = NO_REFERENCE
    camera: tuple[Tensor, ...] = ()
    anchor: Tensor | None = None
    camera_matrix: Tensor | None = None
    states: Mapping[str, tuple[Tensor, ...]] = NO_STATES
    probes: Mapping[str, Tensor] = NO_CHANNELS
    gates: Mapping[str, Tensor] = NO_CHANNELS

    def window(self, start: int, stop: int) -> "Injection":
        """A range of the frames.

        Raises:
            ValueError: it has more than ``added`` and ``probes``.
        """
        others = self._replace(added=None, probes=NO_CHANNELS)
        if any(part is not None and len(part) for part in others):
            raise ValueError("of an injection only additions and probes can be cut into windows")
        added = None if self.added is None else self.added[:, start:stop]
        probes = {name: values[:, start:stop] for name, values in self.probes.items()}
        return Injection(added=added, probes=probes)


def merge_injections(injections: Sequence[Injection]) -> Injection:
    """One injection from several.

    Tokens are concatenated in the order of ``injections``, additions are summed; channels and
    references keep their names.

    Raises:
        ValueError: a second camera, camera matrix or anchor, of which a clip has one; two groups of
            channels or two references of one name.
    """
    return Injection(
        channels=_union("input channels", [i.channels for i in injections]),
        added=_sum([i.added for i in injections]),
        tokens=_concatenate_tokens([i.tokens for i in injections]),
        reference=_union("references", [i.reference for i in injections]),
        camera=_only("camera", [i.camera for i in injections if i.camera]) or (),
        anchor=_only("anchor", [i.anchor for i in injections if i.anchor is not None]),
        camera_matrix=_only(
            "camera matrix", [i.camera_matrix for i in injections if i.camera_matrix is not None]
        ),
        states=_union("states", [i.states for i in injections]),
        probes=_union("probes", [i.probes for i in injections]),
        gates=_union("gates", [i.gates for i in injections]),
    )


def _sum(tensors: Sequence[Tensor | None]) -> Tensor | None:
    present = [t for t in tensors if t is not None]
    return reduce(torch.add, present) if present else None


def _concatenate_tokens(tensors: Sequence[Tensor | None]) -> Tensor | None:
    present = [t for t in tensors if t is not None]
    if not present:
        return None
    frames = max(t.shape[1] for t in present)
    return torch.cat([t.expand(-1, frames, -1, -1) for t in present], dim=2)


def _union(what: str, parts: Sequence[Mapping[str, T]]) -> Mapping[str, T]:
    union: dict[str, T] = {}
    for part in parts:
        if repeated := sorted(union.keys() & part.keys()):
            raise ValueError(f"several {what} have the name {repeated[0]!r}: names must differ")
        union |= part
    return union


def _only(name: str, values: Sequence[T]) -> T | None:
    if len(values) > 1:
        raise ValueError(f"{len(values)} conditioners give a {name}: a clip has one")
    return values[0] if values else None
