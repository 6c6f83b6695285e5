"""Frozen means frozen: checksums of what a run must not change."""

import hashlib

from torch import Tensor, uint8

from dynascene.training.run import Objective
from dynascene.training.sharding import whole


def frozen_names(objective: Objective) -> set[str]:
    """The parameters in the state dict that are not trained.

    Buffers are not among them: a network may change them while it trains.
    """
    trained = {id(parameter) for parameter in objective.trainable_parameters().values()}
    named = objective.named_parameters(remove_duplicate=False)
    return {name for name, parameter in named if id(parameter) not in trained}


def frozen_checksums(objective: Objective) -> dict[str, str]:
    """SHA-256 by name of every parameter and buffer in the state dict that is not trained."""
    trainable = objective.trainable_parameters().keys()
    state = objective.state_dict()
    return {name: _checksum(tensor) for name, tensor in state.items() if name not in trainable}


def trained_checksums(objective: Objective) -> dict[str, str]:
    """SHA-256 by name of every parameter that is trained."""
    return {
        name: _checksum(parameter) for name, parameter in objective.trainable_parameters().items()
    }


def _checksum(tensor: Tensor) -> str:
    numbers = whole(tensor.detach()).cpu().contiguous().flatten()
    return hashlib.sha256(numbers.view(uint8).numpy()).hexdigest()
