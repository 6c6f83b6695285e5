"""Where in the scene picture something lies, as features: one code for the picture and the frames.

Legend: C channels, h w latent grid.
"""

from collections.abc import Mapping

import torch
from diffusers.models.modeling_utils import get_parameter_dtype
from torch import Tensor, nn

from dynascene.errors import InputError
from dynascene.geometry.point_rendering import grid_places
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.conditioners.plucker_camera import with_octaves

OCTAVES = 3  # the finest wave is 2/5 of the picture long


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
        channels = torch.cat([presence, waves * presence], dim=-3).to(get_parameter_dtype(self))
        features = self.second(nn.functional.silu(self.first(channels.flatten(0, -4))))
        return features.unflatten(0, places.shape[:-3])

    def of_picture(self, picture: Tensor) -> Tensor:
        """Features of the own cells of a picture [B, c, h, w]: [1, C, h, w]."""
        return self(with_presence(grid_places(*picture.shape[-2:], like=picture.float())[None]))


def with_presence(places: Tensor) -> Tensor:
    """[..., 2, h, w] → [..., 3, h, w]: 1, x, y, and zeros farther than a frame from the picture."""
    presence = ((places > -1) & (places < 2)).all(dim=-3, keepdim=True).to(places)
    return torch.cat([presence, places * presence], dim=-3)


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
