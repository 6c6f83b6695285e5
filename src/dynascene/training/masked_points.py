"""Rendered clips with fewer points than there are, as a network without any must manage too."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch
from torch.utils.data import Dataset

FEWEST = 5


class MaskedPoints(Dataset[SimpleNamespace]):
    """Short clips with 5 to 50 of their points, some with none; the same for one seed and index.

    Args:
        samples: clips with their tensors as attributes, ``points`` among them.
        without: share of the clips that have no points.
        seed: of the draws.
    """

    def __init__(self, samples: Dataset[SimpleNamespace], without: float, seed: int) -> None:
        self.samples, self.without, self.seed = samples, without, seed

    def __len__(self) -> int:
        return 2**31  # drawn, not enumerated

    def __getitem__(self, index: int) -> SimpleNamespace:
        """A clip for ``training_batch.collate``."""
        rng = np.random.default_rng([self.seed, index, 7])
        clip = vars(self.samples[index])
        total = clip["points"].shape[1]
        count = 0 if rng.random() < self.without else int(rng.integers(FEWEST, total + 1))
        chosen = torch.zeros(total)
        chosen[torch.from_numpy(rng.permutation(total)[:count])] = 1
        points = clip["points"].clone()
        points[..., 2] = points[..., 2] * chosen
        return SimpleNamespace(**(clip | {"points": points}))
