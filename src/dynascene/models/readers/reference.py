"""Reference attention: keys and values are [own ; reference].

Legend: B clips, F frames.
"""

import torch
from torch import Tensor

from dynascene.models.attention import AttentionState, GateOwner, Reader, attend
from dynascene.models.call import Call


class ReferenceReader(Reader):
    """Spatial self-attention that also reads its conditioner's reference.

    With s = self-attention and j = attention over [own ; reference] it adds g·(j − s). The gate g
    is learnt: 0 is silent, 1 is the plain reference attention of the paper. Clips without a
    reference get s. Several references each have a softmax of their own: two give
    s + g₁·(j₁ − s) + g₂·(j₂ − s), at gates of 1 j₁ + j₂ − s.

    name: the conditioner's, under which the injection holds its reference.
    block: which of the reference's blocks, and which of the owner's gates.
    """

    def __init__(self, name: str, block: int, owner: GateOwner) -> None:
        self.name = name
        self.block = block
        self.owner = owner

    def attended_change(self, state: AttentionState, call: Call) -> Tensor | None:
        reference = call.injection.reference.get(self.name)
        if reference is None:
            return None
        # projected once per clip, then shared by its frames
        key, value = (
            t.repeat_interleave(call.frames, dim=0)
            for t in state.keys_and_values(reference.blocks[self.block])
        )
        joint = attend(
            state.query, torch.cat([state.key, key], 2), torch.cat([state.value, value], 2)
        )
        present = reference.present.repeat_interleave(call.frames)
        gate = self.owner.gates[self.block].to(joint.dtype) * present.view(-1, 1, 1, 1)
        return gate * (joint - state.attended)
