"""States that are added to the input of an attention layer."""

from torch import Tensor

from dynascene.models.attention import Reader
from dynascene.models.call import Call


class AddedStates(Reader):
    """z ← z + h, with h of the injection's ``states``.

    name: the conditioner's, under which the injection holds them.
    layer: which of its layers.
    """

    def __init__(self, name: str, layer: int) -> None:
        self.name = name
        self.layer = layer

    def merge_input(self, states: Tensor, call: Call) -> Tensor:
        own = call.injection.states.get(self.name)
        if own is None:
            return states
        return states + own[self.layer].flatten(0, 1).to(states.dtype)
