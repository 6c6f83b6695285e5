"""Where networks calculate: on the CPU, or on a GPU."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, get_args

from dynascene.errors import InputError

if TYPE_CHECKING:  # --help must not wait for torch
    import torch

DeviceName = Literal["cpu", "cuda", "mps"]
VARIABLE = "DYNASCENE_DEVICE"  # processes that this one starts inherit it


def default_device() -> torch.device:
    """The chosen device, else a CUDA GPU where there is one, else the CPU.

    Raises:
        InputError: the chosen one is not there.
    """
    import torch

    name = chosen_device()
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def chosen_device() -> DeviceName | None:
    """What was chosen by ``choose_device`` or ``$DYNASCENE_DEVICE``; None: nothing.

    Raises:
        InputError: it is no device, or this machine or this build of torch does not have it.
    """
    name = os.environ.get(VARIABLE) or None
    return None if name is None else _check(name)


def choose_device(name: str | None) -> None:
    """Choose for this process and those that it starts; None leaves the choice as it is.

    Raises:
        InputError: it is no device, or this machine or this build of torch does not have it.
    """
    if name is not None:
        _check(name)
        os.environ[VARIABLE] = name


@contextmanager
def restored_choice() -> Generator[None]:
    """What is chosen in a ``with`` block holds to its end."""
    before = os.environ.get(VARIABLE)
    try:
        yield
    finally:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before


def _check(name: str) -> DeviceName:
    """The device of a name; InputError where there is none."""
    device = next((device for device in get_args(DeviceName) if device == name), None)
    if device is None:
        names = ", ".join(get_args(DeviceName))
        raise InputError(f"`device` {name}: is none; give one of {names}")
    if device == "cpu":
        return device
    import torch

    if name == "cuda" and not torch.cuda.is_available():
        built = torch.backends.cuda.is_built()
        reason = "finds no GPU that it can use" if built else "is a build without CUDA"
        raise InputError(f"`device` cuda: torch {torch.__version__} {reason}; take cpu")
    if name == "mps" and not torch.backends.mps.is_available():
        raise InputError(f"`device` mps: torch {torch.__version__} has no Metal here; take cpu")
    return device
