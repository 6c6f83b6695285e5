"""What belongs to one call of the denoiser, where attention readers can see it.

diffusers hands its motion modules the number of frames and nothing else, so whatever readers are to
see travels beside the call. Under gradient checkpointing a module runs again during the backward
pass, after the call has ended, perhaps after the next call has begun and in another thread: the
checkpoint keeps the call it was made in.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from dynascene.models.injection import Injection


@dataclass
class Call:
    """One call of the denoiser.

    motion: whether motion modules run.
    clips, frames: B and F of the noisy latent.
    probes: names of the probes that are asked for.
    probe_values: what readers have left, by name.
    """

    injection: Injection = field(default_factory=Injection)
    motion: bool = True
    clips: int = 1
    frames: int = 1
    probes: frozenset[str] = frozenset()
    probe_values: dict[str, Tensor] = field(default_factory=dict)

    def wants(self, probe: str) -> bool:
        """Whether a probe is asked for."""
        return probe in self.probes

    def record(self, probe: str, value: Tensor) -> None:
        """Leave the value of a probe, with its gradient. A second value raises ValueError."""
        if probe in self.probe_values:
            raise ValueError(f"the probe {probe!r} is recorded twice in one call")
        self.probe_values[probe] = value


_CURRENT: ContextVar[Call | None] = ContextVar("dynascene_call", default=None)


def current_call() -> Call:
    """The call in progress; an empty one outside of the denoiser."""
    return _CURRENT.get() or Call()


@contextmanager
def calling(call: Call) -> Generator[Call]:
    """Make ``call`` the one in progress."""
    token = _CURRENT.set(call)
    try:
        yield call
    finally:
        _CURRENT.reset(token)


def checkpoint_in_call(module: nn.Module, *inputs):
    """Gradient checkpointing whose recomputation sees the call of the first computation.

    The probes of the first computation are outputs of the checkpoint, so that gradients flow
    through them; those of the recomputation, which has a call of its own, are dropped.
    """
    call = current_call()

    def run(*inputs):
        with calling(replace(call, probe_values={})) as own:
            output = module(*inputs)
        return output, own.probe_values

    output, probe_values = checkpoint(run, *inputs, use_reentrant=False)
    for probe, value in probe_values.items():
        call.record(probe, value)
    return output
