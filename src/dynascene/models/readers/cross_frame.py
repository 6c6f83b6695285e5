"""Cross-frame (3-D) attention: a frame's tokens look at those of all frames of the clip.

AnimateAnywhere attends so, and its epipolar loss reads the probe (docs/paper.md).

Legend: B clips, F frames, n tokens of one frame, d channels of one head.
"""

import torch
from torch import Tensor

from dynascene.models.attention import (
    AttentionState,
    Reader,
    attend,
    attention_weights,
)
from dynascene.models.call import Call


class CrossFrameReader(Reader):
    """Spatial self-attention over the tokens of all frames.

    With s = self-attention within the frame and j = attention over the clip's F·n tokens it adds
    g·(j − s). The gate g is learnt: 0 is silent, 1 is 3-D attention in its place. Its cost grows
    with (F·n)²: attach it at coarse levels alone.

    name: the conditioner's, under which the injection holds its gates; without them it is silent.
    index: which of the gates.
    probe: the name under which it leaves the attention weights [B, heads, F·n, F·n] (query, key;
        frame by frame, in each row by row), when they are asked for.
    """

    def __init__(self, name: str, index: int, probe: str) -> None:
        self.name = name
        self.index = index
        self.probes = (probe,)

    def attended_change(self, state: AttentionState, call: Call) -> Tensor | None:
        query, key, value = (
            _across_frames(t, call.frames) for t in (state.query, state.key, state.value)
        )
        for probe in self.probes:
            if call.wants(probe):
                call.record(probe, attention_weights(query, key))
        gates = call.injection.gates.get(self.name)
        if gates is None:
            return None
        joint = _by_frame(attend(query, key, value), call.frames)
        return gates[self.index].to(joint.dtype) * (joint - state.attended)


class QueryKeyReader(Reader):
    """Changes nothing, and leaves the queries and keys of which cross-frame attention is made.

    A loss that needs the attention block by block makes it of them, so that it never stands in
    memory as a whole.

    probe: the name under which it leaves them, [2, B, heads, F·n, d], when they are asked for.
    """

    def __init__(self, probe: str) -> None:
        self.probes = (probe,)

    def attended_change(self, state: AttentionState, call: Call) -> None:
        for probe in self.probes:
            if call.wants(probe):
                pair = (_across_frames(t, call.frames) for t in (state.query, state.key))
                call.record(probe, torch.stack(list(pair)))


def _across_frames(states: Tensor, frames: int) -> Tensor:
    """[B·F, heads, n, d] → [B, heads, F·n, d]."""
    return states.unflatten(0, (-1, frames)).transpose(1, 2).flatten(2, 3)


def _by_frame(states: Tensor, frames: int) -> Tensor:
    """[B, heads, F·n, d] → [B·F, heads, n, d]."""
    return states.unflatten(2, (frames, -1)).transpose(1, 2).flatten(0, 1)
