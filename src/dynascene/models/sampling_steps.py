"""What happens around each step of sampling: the progress bar, the caller's callback."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from diffusers.callbacks import MultiPipelineCallbacks, PipelineCallback
from torch import Tensor

from dynascene.errors import InputError

StepCallback = Callable[..., Mapping[str, Any] | None]


def callback_tensors(
    callback: StepCallback | None, names: Sequence[str], available: Sequence[str]
) -> tuple[str, ...]:
    """The names of the tensors that a callback gets.

    Args:
        callback: a ``PipelineCallback`` of diffusers names its own.
        names: those that were asked for, else.
        available: those that there are.

    Raises:
        InputError: one of them is not there.
    """
    if isinstance(callback, PipelineCallback | MultiPipelineCallbacks):
        names = callback.tensor_inputs
    for name in names:
        if name not in available:
            raise InputError(
                f"callback_on_step_end_tensor_inputs: there is no {name}; "
                f"there are {', '.join(available)}"
            )
    return tuple(names)


class StepEnd:
    """(timestep, latents after it) → latents to go on with; steps are counted from 0.

    update: what is called for each step, such as that of a progress bar.
    """

    def __init__(
        self,
        pipeline: Any,
        callback: StepCallback | None,
        tensors: Sequence[str],
        update: Callable[[], object],
    ) -> None:
        self.pipeline = pipeline
        self.callback = callback
        self.tensors = tensors
        self.update = update
        self.numbers = count()

    def __call__(self, timestep: Tensor, latents: Tensor) -> Tensor:
        number = next(self.numbers)
        self.update()
        if self.callback is None:
            return latents
        values = {"latents": latents}
        tensors = {name: values[name] for name in self.tensors}
        returned = self.callback(self.pipeline, number, timestep, tensors) or {}
        return returned.get("latents", latents)
