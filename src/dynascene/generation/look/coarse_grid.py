"""From rays on a coarse grid, up to a frame's border, to all of its pixels."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.geometry.rays import pixel_centres
from dynascene.types import Size

GRID = Size(81, 46)  # of the rays


def pixels_from_grid(values: Tensor, size: Size) -> np.ndarray:
    """Values of a grid whose outer points lie on the frame's border, mixed linearly between them.

    Args:
        values: float32 [rows, columns].
        size: of the frame.

    Returns:
        Float32 [H, W], at the pixels' centres.
    """
    u, v = (
        centres / side * 2 - 1
        for centres, side in zip(pixel_centres(size, like=values), size, strict=True)
    )
    places = torch.stack(torch.meshgrid(u, v, indexing="xy"), dim=-1)
    return F.grid_sample(
        values[None, None], places[None], padding_mode="border", align_corners=True
    )[0, 0].numpy()
