"""What can be said of weights that were saved and loaded."""

import torch
from torch import nn

# Of the same weights at another place in memory. Loaded tensors are mapped from a file and lie at
# other alignments, so vector kernels add in another order: each sum is off by some float32
# roundings (6e-8 of a number near 1), which a network and its sampling enlarge to about 5e-7.
LOADED_TOLERANCE = 2e-5


def assert_same_weights(loaded: nn.Module, saved: nn.Module) -> None:
    """Equal to the bit, by name."""
    weights, expected = loaded.state_dict(), saved.state_dict()
    assert weights.keys() == expected.keys()
    for name, tensor in expected.items():
        assert weights[name].dtype == tensor.dtype, name
        assert torch.equal(weights[name], tensor), name
