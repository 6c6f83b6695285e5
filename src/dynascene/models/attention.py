"""Attention processors: how references and cameras enter the layers of a diffusers U-Net.

Legend: B clips, F frames, n tokens of one frame, N tokens of the reference, C channels.
"""

from typing import Any

import torch
from torch import Tensor, nn

from dynascene.models.call import current_call

Attention = Any  # diffusers' Attention, whose projections are typed as optional


class PlainAttention:
    """Attention as in diffusers' transformer blocks, over ``_attend``."""

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        *_,
        **__,
    ) -> Tensor:
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query = _heads(attn, attn.to_q(hidden_states))
        return _output(attn, _attend(query, *_keys_and_values(attn, context)))


class ReferenceAttention:
    """Spatial self-attention that also reads a reference: keys and values are [own ; reference].

    With s = self-attention and j = attention over [own ; reference] the output is s + g·(j − s).
    The gate g is learnt: 0 is silent, 1 is the plain reference attention of the paper. Clips
    without a reference (all its tokens zero) get s.

    owner: the module whose parameter ``gates`` holds one gate per block. It is asked for it at each
    call, since loading and sharding replace parameters.
    """

    def __init__(self, block: int, owner: Any) -> None:
        self.block = block
        self.owner = owner

    def __call__(self, attn: Attention, hidden_states: Tensor, *_, **__) -> Tensor:
        references = current_call().injection.reference
        query = _heads(attn, attn.to_q(hidden_states))
        key, value = _keys_and_values(attn, hidden_states)
        attended = _attend(query, key, value)
        if references:
            reference = references[self.block]
            frames = len(hidden_states) // len(reference)
            # projected once per clip, then shared by its frames
            key_r, value_r = (
                t.repeat_interleave(frames, dim=0) for t in _keys_and_values(attn, reference)
            )
            joint = _attend(query, torch.cat([key, key_r], 2), torch.cat([value, value_r], 2))
            given = (reference.detach() != 0).flatten(1).any(1).repeat_interleave(frames)
            gate = self.owner.gates[self.block].to(joint.dtype) * given.view(-1, 1, 1, 1)
            attended = attended + gate * (joint - attended)
        return _output(attn, attended)


class CameraAttention(PlainAttention):
    """Temporal self-attention whose input has been merged with the camera features.

    z ← z + adaptor([z ; camera]), once per pixel and frame (the Camera Adaptor).
    """

    def __init__(self, level: int, adaptor: nn.Module) -> None:
        self.level = level
        self.adaptor = adaptor

    def __call__(self, attn: Attention, hidden_states: Tensor, *_, **__) -> Tensor:
        levels = current_call().injection.camera
        if levels:
            # motion modules see [B·h·w, F, C]: the pixels of a clip in the batch, frames in a row
            camera = levels[self.level].permute(0, 3, 4, 1, 2).flatten(0, 2)
            camera = camera.to(hidden_states.dtype)
            hidden_states = hidden_states + self.adaptor(torch.cat([hidden_states, camera], -1))
        return super().__call__(attn, hidden_states)


def _heads(attn: Attention, states: Tensor) -> Tensor:
    """[*, n, C] → [*, heads, n, C / heads]."""
    return states.unflatten(-1, (attn.heads, -1)).transpose(1, 2)


def _keys_and_values(attn: Attention, context: Tensor) -> tuple[Tensor, Tensor]:
    return _heads(attn, attn.to_k(context)), _heads(attn, attn.to_v(context))


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    attend = nn.functional.scaled_dot_product_attention
    if query.device.type != "cpu" or query.dtype == torch.float32:
        return attend(query, key, value)
    # on CPUs torch's own is up to five times slower in half precision than in float32
    with torch.autocast("cpu", enabled=False):
        return attend(query.float(), key.float(), value.float()).to(query.dtype)


def _output(attn: Attention, attended: Tensor) -> Tensor:
    merged = attended.transpose(1, 2).flatten(2)
    for layer in attn.to_out:
        merged = layer(merged)
    return merged
