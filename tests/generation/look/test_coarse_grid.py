"""A coarse grid reaches from border to border, and pixels lie within it."""

import numpy as np
import pytest
import torch

from dynascene.generation.look.coarse_grid import pixels_from_grid
from dynascene.geometry.rays import border_to_border, pixel_centres
from dynascene.types import Size


@pytest.mark.parametrize("size", [Size(33, 27), Size(321, 243), Size(3, 3)])
@pytest.mark.parametrize("grid", [Size(3, 3), Size(81, 46)])
def test_what_is_linear_is_met_exactly(size: Size, grid: Size) -> None:
    def plane(u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return 2 + 0.3 * u - 0.7 * v[:, None]

    like = torch.zeros(3)
    values = plane(*border_to_border(size, grid, like))
    expected = plane(*pixel_centres(size, like))
    np.testing.assert_allclose(pixels_from_grid(values, size), expected, atol=2e-4)
