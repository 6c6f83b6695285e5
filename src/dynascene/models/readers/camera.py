"""The Camera Adaptor: camera features merged into the input of temporal self-attention.

Legend: B clips, F frames, C channels, h w latent grid.
"""

import torch
from torch import Tensor, nn

from dynascene.models.attention import Reader
from dynascene.models.call import Call


class CameraReader(Reader):
    """z ← z + adaptor([z ; camera]), once per pixel and frame."""

    def __init__(self, level: int, adaptor: nn.Module) -> None:
        self.level = level
        self.adaptor = adaptor

    def merge_input(self, states: Tensor, call: Call) -> Tensor:
        levels = call.injection.camera
        if not levels:
            return states
        # motion modules see [B·h·w, F, C]: the pixels of a clip in the batch, frames in a row
        camera = levels[self.level].permute(0, 3, 4, 1, 2).flatten(0, 2).to(states.dtype)
        return states + self.adaptor(torch.cat([states, camera], -1))
