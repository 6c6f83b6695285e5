"""The current call of the denoiser, which attention readers look up.

diffusers passes only the number of frames to its motion modules, so what readers need travels
beside the call. Under gradient checkpointing a module runs again during the backward pass, after
the call has ended, perhaps after the next call has begun and in another thread. So each checkpoint
keeps the call in which it was made.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from dynascene.models.injection import Injection


@dataclass
class Call:
    """One call of the denoiser.

    Attributes:
        injection: what the conditioners provide.
        motion: whether motion modules run.
        frames: F of the noisy latent.
        probes: names of the requested probes.
        probe_values: values that readers have recorded, by name.
        checkpointed: whether it is inside a checkpoint.
    """

    injection: Injection = field(default_factory=Injection)
    motion: bool = True
    frames: int = 1
    probes: frozenset[str] = frozenset()
    probe_values: dict[str, Tensor] = field(default_factory=dict)
    checkpointed: bool = False

    def wants(self, probe: str) -> bool:
        """Whether a probe is requested."""
        return probe in self.probes

    def record(self, probe: str, value: Tensor) -> None:
        """Record the value of a probe, with its gradient.

        Raises:
            ValueError: the probe has a value already.
        """
        if probe in self.probe_values:
            raise ValueError(f"the probe {probe!r} is recorded twice in one call")
        self.probe_values[probe] = value


_CURRENT = threading.local()  # one per thread; torch.compile follows it, but no ContextVar


def current_call() -> Call:
    """The current call.

    Outside of the denoiser (other networks share its attention layers) an empty one: no conditions,
    no probes, and motion modules that run on single frames.
    """
    return getattr(_CURRENT, "call", None) or Call()


@contextmanager
def calling(call: Call) -> Generator[Call]:
    """Make ``call`` the current one for the length of a ``with`` block."""
    outer = getattr(_CURRENT, "call", None)
    _CURRENT.call = call
    try:
        yield call
    finally:
        _CURRENT.call = outer


class CheckpointedBlock(nn.Module):
    """A block whose activations are computed again where gradient checkpointing is on.

    compute: what the block makes of its inputs.
    """

    gradient_checkpointing = False  # set by diffusers, with the function that does it
    _gradient_checkpointing_func: Callable[..., Tensor]
    compute: Callable[..., Tensor]

    def forward(self, *inputs: Any) -> Tensor:
        if self.gradient_checkpointing and torch.is_grad_enabled():
            return self._gradient_checkpointing_func(self.compute, *inputs)
        return self.compute(*inputs)


def checkpoint_in_call(module: Callable[..., Tensor], *inputs):
    """Gradient checkpointing whose recomputation sees the call of the first computation.

    The probes of the first computation are outputs of the checkpoint, so that gradients flow
    through them. The recomputation has a call of its own, and its probes are dropped. A checkpoint
    inside another one would be computed three times, so it is none.
    """
    call = current_call()
    if call.checkpointed:
        return module(*inputs)
    # what is kept for the recomputation must not hold the probes: they hold the graph that holds it
    inside = replace(call, probe_values={}, checkpointed=True)

    def run(*inputs):
        with calling(replace(inside, probe_values={})) as own:
            output = module(*inputs)
        return output, own.probe_values

    output, probe_values = checkpoint(run, *inputs, use_reentrant=False)
    for probe, value in probe_values.items():
        call.record(probe, value)
    return output
