from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from dynascene.geometry.rigid import rigid

RandomPoses = Callable[..., Tensor]


@pytest.fixture
def random_poses() -> RandomPoses:
    """random_poses(*batch, seed=0, spread=1.0): rigid transforms [*batch, 4, 4], any rotation."""

    def make(*batch: int, seed: int = 0, spread: float = 1.0) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        normal = torch.randn(*batch, 3, 3, dtype=torch.float64, generator=generator)
        rotation, _ = torch.linalg.qr(normal)
        rotation = rotation * torch.linalg.det(rotation)[..., None, None]
        translation = torch.randn(*batch, 3, dtype=torch.float64, generator=generator)
        return rigid(rotation, spread * translation)

    return make
