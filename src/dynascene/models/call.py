"""What belongs to one call of the denoiser, where attention processors can read it.

diffusers hands its motion modules the number of frames and nothing else, so whatever they are to
see travels beside the call. Under gradient checkpointing a module runs again during the backward
pass, after the call has ended, perhaps after the next call has begun and in another thread: the
checkpoint keeps the call it was made in.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from dynascene.models.injection import Injection


@dataclass
class Call:
    """One call: its injection, whether motion modules run, and what processors leave for losses."""

    injection: Injection = field(default_factory=Injection)
    motion: bool = True
    probes: dict[str, Tensor] = field(default_factory=dict)


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
    """Gradient checkpointing whose recomputation sees the call of the first computation."""
    call = current_call()

    def run(*inputs):
        with calling(call):
            return module(*inputs)

    return checkpoint(run, *inputs, use_reentrant=False)
