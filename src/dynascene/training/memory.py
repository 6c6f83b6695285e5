"""What a run keeps in memory, in bytes, for one process without sharding."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dynascene.training.randomness import sample_generators, seed_networks
from dynascene.training.run import Objective, Precision

FLOAT32 = 4  # bytes; weights and all that follows them stay in it, whatever the precision
MOMENTS = 2  # of Adam
AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


def fixed_memory(objective: Objective) -> dict[str, int]:
    """Weights, gradients, Adam's moments and averages by name: known before anything runs."""
    trainable = sum(parameter.numel() for parameter in objective.trainable_parameters().values())
    weights = sum(parameter.numel() for parameter in objective.parameters())
    return {
        "weights": FLOAT32 * weights,
        "gradients": FLOAT32 * trainable,
        "optimiser": FLOAT32 * MOMENTS * trainable,
        "averages": FLOAT32 * trainable,
    }


def saved_activations(
    objective: Objective, batch: Any, precision: Precision, seed: int, numbers: range
) -> tuple[int, dict[str, float]]:
    """Compute a loss and count what is kept for its gradient; also gives the figures.

    Every tensor that autograd saves counts once, parameters not: activations, and under mixed
    precision the half-precision copies of weights. What is free again after the forward pass, and
    what the backward pass needs on top, is not in it.
    """
    weight_storages = {
        parameter.untyped_storage().data_ptr() for parameter in objective.parameters()
    }
    sizes: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weight_storages:
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    device = next(objective.parameters()).device.type
    dtype = AUTOCAST.get(precision, torch.bfloat16)
    seed_networks(seed, numbers[0])
    with (
        torch.autocast(device, dtype, enabled=precision != "no"),
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
    ):
        losses = objective(batch, sample_generators(seed, numbers))
    return sum(sizes.values()), {name: float(value.detach()) for name, value in losses.items()}
