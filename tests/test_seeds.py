"""Seeds that every random generator takes."""

import pytest
import torch

from dynascene.errors import InputError
from dynascene.seeds import LARGEST_SEED, check_seed


@pytest.mark.parametrize("seed", [0, 3, LARGEST_SEED])
def test_a_seed_that_passes_starts_a_generator(seed: int) -> None:
    check_seed(seed)
    torch.Generator().manual_seed(seed + 100_000)  # a frame's number is added


@pytest.mark.parametrize("seed", [-1, LARGEST_SEED + 1, 10**400])
def test_another_is_one_line(seed: int) -> None:
    with pytest.raises(InputError, match=r"^`seed` -?\d{1,20}: give a whole number") as refusal:
        check_seed(seed)
    assert len(str(refusal.value)) < 100
