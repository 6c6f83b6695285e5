"""Random numbers of a run: functions of its seed and of sample numbers, of nothing else."""

from collections.abc import Iterable

import numpy as np
import torch

DRAWS, NETWORKS = 0, 1  # two streams per sample, so that noise and dropout never share numbers


def sample_generator(seed: int, number: int) -> torch.Generator:
    """What sample ``number`` draws its noise from, whichever process and batch it falls into.

    It is of the CPU, because the generators of other devices give other numbers.
    """
    return torch.Generator().manual_seed(_mix_seed(seed, number, DRAWS))


def sample_generators(seed: int, numbers: Iterable[int]) -> list[torch.Generator]:
    """One for each sample."""
    return [sample_generator(seed, number) for number in numbers]


def seed_networks(seed: int, number: int) -> None:
    """Seed torch's own generators, which dropout inside of networks draws from.

    Dropout draws for a batch as a whole: the same after a resumption, not on another layout.
    """
    torch.manual_seed(_mix_seed(seed, number, NETWORKS))


def _mix_seed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)
