"""Tensors that FSDP has spread over processes, whole again for checkpoints, and back.

A tensor that is not spread passes through, so callers need not ask. All processes must call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor


def whole(tensor: Tensor) -> Tensor:
    """The full tensor, gathered from all processes."""
    gather = getattr(tensor, "full_tensor", None)
    return tensor if gather is None else gather()


def spread(tensor: Tensor, like: Tensor) -> Tensor:
    """The full tensor spread as ``like`` is."""
    mesh = getattr(like, "device_mesh", None)
    if mesh is None:
        return tensor
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(tensor.to(like.device), mesh, like.placements)  # ty: ignore


def whole_optimiser(state: Mapping[str, Any]) -> dict[str, Any]:
    """An optimiser's state dict with full tensors: the same on every layout."""
    moments = {
        index: {name: whole(v) if isinstance(v, Tensor) else v for name, v in values.items()}
        for index, values in state["state"].items()
    }
    return {**state, "state": moments}


def spread_optimiser(state: Mapping[str, Any], parameters: Sequence[Tensor]) -> dict[str, Any]:
    """The inverse; ``parameters`` in the optimiser's order."""
    moments = {
        index: {
            # besides its moments, Adam counts steps in a tensor without axes
            name: spread(v, parameters[index]) if isinstance(v, Tensor) and v.ndim else v
            for name, v in values.items()
        }
        for index, values in state["state"].items()
    }
    return {**state, "state": moments}
