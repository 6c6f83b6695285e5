"""Reference attention: keys and values are [own ; reference].

Legend: B clips, F frames, n tokens of one frame, N tokens of the reference, C channels.
"""

import torch
from torch import Tensor

from dynascene.models.attention import AttentionState, Reader, attend
from dynascene.models.call import Call
from dynascene.models.readers.gates import GateOwner


class ReferenceReader(Reader):
    """Spatial self-attention that also reads its conditioner's reference.

    With s = self-attention and j = attention over [own ; reference] it adds g·(j − s). The gate g
    is learnt: 0 is silent, 1 is the plain reference attention of the paper. Clips without a
    reference (all its tokens zero) get s.

    name: the conditioner's, under which the injection holds its reference.
    block: which of the reference's blocks, and which of the owner's gates.
    """

    def __init__(self, name: str, block: int, owner: GateOwner) -> None:
        self.name = name
        self.block = block
        self.owner = owner

    def attended_change(self, state: AttentionState, call: Call) -> Tensor | None:
        blocks = call.injection.reference.get(self.name)
        if not blocks:
            return None
        reference = blocks[self.block]
        # projected once per clip, then shared by its frames
        key, value = (
            t.repeat_interleave(call.frames, dim=0) for t in state.keys_and_values(reference)
        )
        joint = attend(
            state.query, torch.cat([state.key, key], 2), torch.cat([state.value, value], 2)
        )
        has_reference = (reference.detach() != 0).flatten(1).any(1).repeat_interleave(call.frames)
        gate = self.owner.gates[self.block].to(joint.dtype) * has_reference.view(-1, 1, 1, 1)
        return gate * (joint - state.attended)
