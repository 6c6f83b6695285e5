"""A low-rank branch beside one projection of an attention layer.

AnimateAnywhere's Background Motion Learner has such branches (docs/paper.md).
"""

from collections.abc import Callable

from torch import Tensor

from dynascene.models.attention import Projection, Reader
from dynascene.models.call import Call

Layer = Callable[[Tensor], Tensor]


class LowRankReader(Reader):
    """y ← y + g·up(down(x)) for y = the projection of x: LoRA with a learnt gate g.

    projection: which one: ``to_q``, ``to_k``, ``to_v`` or ``to_out``.
    down, up: [*, C] → [*, rank] → [*, width of the projection].
    name: the conditioner's, under which the injection holds its gates; without them it is silent.
    index: which of the gates.
    """

    def __init__(
        self, projection: Projection, down: Layer, up: Layer, name: str, index: int
    ) -> None:
        self.projection = projection
        self.down = down
        self.up = up
        self.name = name
        self.index = index

    def projection_change(
        self, projection: Projection, states: Tensor, call: Call
    ) -> Tensor | None:
        gates = call.injection.gates.get(self.name)
        if projection != self.projection or gates is None:
            return None
        branch = self.up(self.down(states))
        return gates[self.index].to(branch.dtype) * branch
