"""A low-rank branch beside one projection of an attention layer.

AnimateAnywhere's Background Motion Learner has such branches (docs/paper.md).
"""

from torch import Tensor, nn

from dynascene.models.attention import GateOwner, Projection, Reader
from dynascene.models.call import Call


class LowRankReader(Reader):
    """y ← y + g·up(down(x)) for y = the projection of x: LoRA with a learnt gate g.

    projection: which one: ``to_q``, ``to_k``, ``to_v`` or ``to_out``.
    down, up: [*, C] → [*, rank] → [*, width of the projection].
    index: which of the owner's gates.
    """

    def __init__(
        self, projection: Projection, down: nn.Module, up: nn.Module, index: int, owner: GateOwner
    ) -> None:
        self.projection = projection
        self.down = down
        self.up = up
        self.index = index
        self.owner = owner

    def projection_change(
        self, projection: Projection, states: Tensor, call: Call
    ) -> Tensor | None:
        if projection != self.projection:
            return None
        branch = self.up(self.down(states))
        return self.owner.gates[self.index].to(branch.dtype) * branch
