"""Reference attention: keys and values are [own ; reference].

Legend: B clips, F frames.
"""

import torch
from torch import Tensor

from dynascene.models.attention import AttentionState, Reader, attend
from dynascene.models.call import Call
from dynascene.models.injection import Reference


class ReferenceReader(Reader):
    """Spatial self-attention that also reads its conditioner's reference.

    With s = self-attention and j = attention over [own ; reference] it adds g·(j − s). The gate g
    is learnt: 0 is silent, 1 is the plain reference attention of the paper, j, for which s is not
    computed where all gates stay at 1 and all clips have a reference. Clips without one get s.
    Several references each have a softmax of their own: two give s + g₁·(j₁ − s) + g₂·(j₂ − s), at
    gates of 1 j₁ + j₂ − s.

    name: the conditioner's, under which the injection holds its reference and its gates.
    block: which of the reference's blocks, and which of the gates.
    """

    def __init__(self, name: str, block: int) -> None:
        self.name = name
        self.block = block

    def attended_change(self, state: AttentionState, call: Call) -> Tensor | None:
        reference = call.injection.reference.get(self.name)
        if reference is None:
            return None
        joint = self._joint(state, call, reference)
        present = reference.present.repeat_interleave(call.frames)
        gate = call.injection.gates[self.name][self.block]
        gate = gate.to(joint.dtype) * present.view(-1, 1, 1, 1)
        return gate * (joint - state.attended)

    def attended_instead(self, state: AttentionState, call: Call) -> Tensor | None:
        reference = call.injection.reference.get(self.name)
        if reference is None or not reference.everywhere:
            return None
        return self._joint(state, call, reference)

    def _joint(self, state: AttentionState, call: Call, reference: Reference) -> Tensor:
        """j = softmax(q [k ; k_r]ᵀ / √d) [v ; v_r], of own and reference keys and values."""
        # projected once per clip, then shared by its frames
        key, value = (
            t.repeat_interleave(call.frames, dim=0)
            for t in state.keys_and_values(reference.blocks[self.block])
        )
        return attend(
            state.query, torch.cat([state.key, key], 2), torch.cat([state.value, value], 2)
        )
