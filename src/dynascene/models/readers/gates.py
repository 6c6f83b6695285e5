"""The learnt gates through which readers speak."""

from typing import Protocol

from torch import nn


class GateOwner(Protocol):
    """A conditioner whose parameter ``gates`` [readers] holds one gate per reader."""

    gates: nn.Parameter
