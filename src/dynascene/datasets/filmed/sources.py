"""Several sources of clips as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch.utils.data import Dataset

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.errors import InputError


class MixedSources(Dataset[FilmedClip]):
    """Draws each sample from one of several data sets: the same seed and number, the same sample.

    Args:
        weights: how often each is drawn, in any unit.
        run: how many samples in a row come from one source, from numbers that it divides on.

    Raises:
        InputError: there is not one positive weight for each source.
    """

    def __init__(
        self,
        sources: Sequence[Dataset[FilmedClip]],
        weights: Sequence[float],
        seed: int = 0,
        *,
        run: int = 1,
    ) -> None:
        if not sources or len(sources) != len(weights):
            raise InputError(f"{len(sources)} sources of clips and {len(weights)} weights")
        if not all(0 < weight < float("inf") for weight in weights):
            raise InputError(
                f"weights of the sources of clips: {list(weights)}: give positive ones"
            )
        self.sources, self.seed, self.run = tuple(sources), seed, run
        self.shares = np.array(weights, dtype=float) / sum(weights)

    def __len__(self) -> int:
        return 2**31  # drawn, not enumerated

    def __getitem__(self, index: int) -> FilmedClip:
        if not 0 <= index < len(self):
            raise IndexError(index)
        # sources may be mixed themselves, and then draw by themselves
        numbers = [self.seed, index] if self.run == 1 else [self.seed, index // self.run, self.run]
        rng = np.random.default_rng(numbers)
        return self.sources[int(rng.choice(len(self.sources), p=self.shares))][index]
