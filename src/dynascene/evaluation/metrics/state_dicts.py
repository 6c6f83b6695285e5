"""Published weights, read as plain numbers and checked key by key."""

import pickle
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from dynascene.errors import InputError, one_line

COUNTERS = "num_batches_tracked"  # of batch norms: training's, absent from older files
MOST_NAMES = 3  # in a message


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Tensors by key, without running code from the file.

    The wrappers that trainers leave are taken off: a ``state_dict`` entry, and ``module.`` before
    every key.

    Args:
        path: .safetensors, or a torch checkpoint (.pth, .pt).

    Raises:
        InputError: the file cannot be read, or holds more than tensors.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, SafetensorError, pickle.UnpicklingError, EOFError) as error:
        raise InputError(f"{path}: cannot be read as weights: {one_line(error)[:120]}") from error
    state = content.get("state_dict", content) if isinstance(content, Mapping) else content
    if not isinstance(state, Mapping) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in state.items()
    ):
        raise InputError(f"{path}: holds no tensors by name (a state dict)")
    return {key.removeprefix("module."): value for key, value in state.items()}


def load_exactly(
    network: nn.Module, state: Mapping[str, Tensor], source: str, unused: tuple[str, ...] = ()
) -> None:
    """Load weights into a network, every key accounted for.

    Args:
        network: takes the weights.
        state: tensors by key.
        source: the file, for messages.
        unused: prefixes of keys that a published file has and the network does not need.

    Raises:
        InputError: a key is missing or unknown, or a shape is another.
    """
    own = {k: v for k, v in network.state_dict().items() if not k.endswith(COUNTERS)}
    given = {
        k: v for k, v in state.items() if not k.startswith(unused) and not k.endswith(COUNTERS)
    }
    for problem, keys in (
        ("lacks", own.keys() - given.keys()),
        ("has unknown", given.keys() - own.keys()),
        ("has in another shape", {k for k in own.keys() & given if own[k].shape != given[k].shape}),
    ):
        if keys:
            names = ", ".join(sorted(keys)[:MOST_NAMES])
            more = f" and {len(keys) - MOST_NAMES} more" if len(keys) > MOST_NAMES else ""
            raise InputError(f"{source}: is not this network's file: it {problem} {names}{more}")
    network.load_state_dict(given, strict=False)  # all but the counters, which files may lack
    network.eval().requires_grad_(False)


class NumbersOnly(pickle.Unpickler):
    """Reads a pickle of dictionaries and numpy arrays; anything else could run code."""

    def find_class(self, module: str, name: str) -> object:
        if name == "_reconstruct" and module.endswith("core.multiarray"):
            return _array
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(np, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no number")


def read_flax(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a pickled flax checkpoint, their keys joined by ``/``.

    Raises:
        InputError: the file cannot be read, or holds more than numbers.
    """
    try:
        with path.open("rb") as file:
            content = NumbersOnly(file).load()
    except (OSError, pickle.UnpicklingError, EOFError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as weights: {one_line(error)[:120]}") from error
    arrays: dict[str, np.ndarray] = {}
    _flatten(content, "", arrays)
    return arrays


def _array(_: type, shape: tuple[int, ...], code: bytes) -> np.ndarray:
    """An empty array, which its own state then fills."""
    return np.ndarray(shape, np.dtype(code.decode()))


def _flatten(content: object, prefix: str, into: dict[str, np.ndarray]) -> None:
    if isinstance(content, Mapping):
        for key, value in content.items():
            _flatten(value, f"{prefix}/{key}" if prefix else str(key), into)
    elif isinstance(content, np.ndarray):
        into[prefix] = content
