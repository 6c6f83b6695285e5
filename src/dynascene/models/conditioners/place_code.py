"""Where in the scene picture something lies, as features: one code for the picture and the frames.

Legend: C channels, h w latent grid.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from dynascene.errors import InputError
from dynascene.geometry.point_rendering import grid_places
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.conditioners.plucker_camera import with_octaves

OCTAVES = 3  # the finest wave is 4/5 of the picture long


class PlaceCode(nn.Module):
    """[..., 3, h, w] (known, x, y in shares of the picture) → features [..., C, h, w].

    Each cell is encoded by itself, so that a cell of a frame has the features of the cell of the
    picture that it shows, and attention finds one by the other (ours).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(1 + 2 * (1 + 2 * OCTAVES), width, 1)
        self.second = nn.Conv2d(width, width, 1)

    def forward(self, places: Tensor) -> Tensor:
        presence = places[..., :1, :, :]
        waves = with_octaves(2 * places[..., 1:, :, :].float() - 1, OCTAVES)
        drawn = torch.cat([presence, waves * presence], dim=-3).to(self.first.weight.dtype)
        features = self.second(nn.functional.silu(self.first(drawn.flatten(0, -4))))
        return features.unflatten(0, places.shape[:-3])

    def of_picture(self, height: int, width: int) -> Tensor:
        """Features of the picture's own cells: [1, C, h, w]."""
        own = grid_places(height, width, like=self.first.weight.float())
        return self(torch.cat([torch.ones_like(own[:1]), own])[None])


def shared_places(others: Mapping[str, Conditioner], giver: str, reader: str) -> PlaceCode:
    """The code of the conditioner that tells where in the picture the frames look.

    Args:
        others: that ``reader`` uses.
        giver: the conditioner's name.
        reader: who sends the picture's own places through its code.

    Raises:
        InputError: it has none.
    """
    code = getattr(others[giver], "places", None)
    if not isinstance(code, PlaceCode):
        raise InputError(
            f"conditioner {reader}: {giver} tells no places in the picture; give it the option "
            "places true"
        )
    return code
