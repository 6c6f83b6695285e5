"""MotionCtrl's camera motion control: each frame's camera matrix in the stream of motion modules.

Legend: B clips, F frames, C channels, h w latent grid.
"""

from typing import Any

import torch
from torch import Tensor, nn

from dynascene.models.call import current_call


class MatrixMerge:
    """x ← P [x ; c] for the residual stream x between the two self-attentions of a motion module.

    c: the frame's 12 numbers, the same at every pixel. The block adds what its first attention says
    to the stream h, so that attention says P [x ; c] − h, x = h + attention.
    """

    def __init__(self, projection: nn.Module) -> None:
        self.projection = projection
        self.stream: Tensor | None = None

    def attach(self, block: Any) -> None:
        """Act on a temporal transformer block from now on."""
        block.norm1.register_forward_pre_hook(self._enter)
        block.attn1.register_forward_hook(self._merge)

    def _enter(self, _: nn.Module, inputs: tuple[Tensor]) -> None:
        self.stream = inputs[0]

    def _merge(self, _: nn.Module, __: tuple, attended: Tensor) -> Tensor | None:
        stream, self.stream = self.stream, None
        matrix = current_call().injection.camera_matrix
        if matrix is None:
            return None
        assert stream is not None  # norm1 has run before
        states = stream + attended
        codes = matrix.repeat_interleave(len(states) // len(matrix), dim=0).to(states.dtype)
        return self.projection(torch.cat([states, codes], -1)) - stream


def matrix_projection(width: int, numbers: int) -> nn.Linear:
    """[x ; c] → x: a linear layer that starts as the identity on x and does not read c (silent)."""
    projection = nn.Linear(width + numbers, width)
    nn.init.eye_(projection.weight)  # ones on the diagonal of the left square, zeros elsewhere
    nn.init.zeros_(projection.bias)
    return projection
