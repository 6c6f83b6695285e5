"""Averaged weights, which give better pictures than the last ones."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Ema:
    """Exponential moving average of named parameters, in float32.

    The decay starts low, min(decay, (1 + n) / (10 + n)) after n updates, so that the first weights
    are soon forgotten.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter], decay: float) -> None:
        self.parameters = dict(parameters)
        self.decay = decay
        self.average = {name: p.detach().float().clone() for name, p in self.parameters.items()}

    @torch.no_grad()
    def update(self, updates: int) -> None:
        """Take the present weights in; ``updates`` is how many were taken before."""
        decay = min(self.decay, (1 + updates) / (10 + updates))
        for name, parameter in self.parameters.items():
            self.average[name].lerp_(parameter.detach().float(), 1 - decay)

    @contextmanager
    def apply(self) -> Generator[None]:
        """The averaged weights in place of the present ones, for the time of the context."""
        present = {name: p.detach().clone() for name, p in self.parameters.items()}
        self._put(self.average)
        try:
            yield
        finally:
            self._put(present)

    @torch.no_grad()
    def _put(self, values: Mapping[str, Tensor]) -> None:
        for name, parameter in self.parameters.items():
            parameter.copy_(values[name])
