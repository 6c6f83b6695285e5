"""The memory and the arithmetic of a training step, counted without numbers and without a GPU.

The step runs on fake tensors, which have shapes and no data, so that a network of any size is
counted within a minute of one CPU core, in little memory.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import torch
import torch.nn.functional as nnf
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only
from torch.utils.flop_counter import flop_registry, sdpa_backward_flop_count, sdpa_flop_count

from dynascene.training.memory import AUTOCAST
from dynascene.training.randomness import sample_generators
from dynascene.training.run import Objective, Precision

aten = torch.ops.aten


@dataclass(frozen=True)
class StepCount:
    """What a step of one process takes besides weights, their gradients, moments and averages.

    Attributes:
        activations: bytes that are in use between the forward and the backward pass.
        peak: the most bytes that are in use at one moment of the two passes.
        flop: floating-point operations of matrices, convolutions and attention: forward, backward,
            and what is computed again. A multiplication and an addition are two.
    """

    activations: int
    peak: int
    flop: int


def fake_objective(build: Callable[[], Objective]) -> Objective:
    """An objective without numbers: of any size, in no memory."""
    with FakeTensorMode(allow_non_fake_inputs=True):
        return build()


def count_step(objective: Objective, batch: Any, samples: int, precision: Precision) -> StepCount:
    """Take a step as a GPU would, up to the gradients, and count. The batch is in the count.

    What the step asks of numbers is answered with zero: every sample has all its conditions.

    Args:
        objective: of ``fake_objective``.
        batch: of one process; its tensors may be real.
        samples: how many it holds.
        precision: of the activations.
    """
    parameters = list(objective.parameters())
    assert isinstance(parameters[0], FakeTensor)
    counter = _Counter(parameters[0].fake_mode)
    for tensor in (*parameters, *objective.buffers()):
        counter.leave_out(tensor)
    hooks = [
        parameter.register_post_accumulate_grad_hook(lambda p: counter.leave_out(p.grad))
        for parameter in objective.trainable_parameters().values()
    ]
    autocast = torch.autocast("cpu", AUTOCAST.get(precision), enabled=precision != "no")
    with counter.fake, _norms_as_on_gpus(), counter:
        with autocast:
            loss = objective(batch, sample_generators(0, range(samples)))["loss"]
        activations = counter.bytes
        loss.backward()
    for hook in hooks:
        hook.remove()
    objective.zero_grad()
    return StepCount(activations, counter.peak, counter.flop)


class _Counter(TorchDispatchMode):
    """Bytes of the storages that are in use, and floating-point operations.

    torch's ``FlopCounterMode`` is not used: its cycles of references keep activations.
    """

    def __init__(self, fake: FakeTensorMode) -> None:
        super().__init__()
        self.fake = fake
        self.bytes = self.peak = self.flop = 0
        self.sizes: dict[int, int] = {}  # by the storage's identity
        self.inputs: list[Tensor] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func is aten._local_scalar_dense.default:
            return 0
        kwargs = kwargs or {}
        for tensor in _tensors((*args, *kwargs.values())):
            self._read(tensor)
        output = func(*args, **kwargs)
        for tensor in _tensors(output if isinstance(output, tuple | list) else (output,)):
            self._add(tensor)
        formula = FLOP.get(func._overloadpacket)
        if formula is not None:
            self.flop += formula(*args, **kwargs, out_val=output)
        return output

    def leave_out(self, tensor: Tensor | None) -> None:
        """Its bytes are counted elsewhere."""
        if tensor is not None:
            self._remove(id(tensor.untyped_storage()))
            self.sizes[id(tensor.untyped_storage())] = 0

    def _read(self, tensor: Tensor) -> None:
        """Count what an operation reads and none has made: it belongs to the batch."""
        if not isinstance(tensor, FakeTensor):
            tensor = self.fake.from_tensor(tensor)  # the same one each time
        if id(tensor.untyped_storage()) not in self.sizes:
            self.inputs.append(tensor)
            self._add(tensor)

    def _add(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if id(storage) not in self.sizes:
            self.sizes[id(storage)] = storage.nbytes()
            weakref.finalize(storage, self._remove, id(storage))
            self.bytes += storage.nbytes()
            self.peak = max(self.peak, self.bytes)

    def _remove(self, identity: int) -> None:
        self.bytes -= self.sizes.pop(identity, 0)


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    """The tensors among some arguments or results, those of lists included."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple | list):
            yield from _tensors(value)


def _attention_flop(query: Tensor, key: Tensor, value: Tensor, *_: Any, **__: Any) -> int:
    return sdpa_flop_count(query.shape, key.shape, value.shape)


def _attention_backward_flop(
    slope: Tensor, query: Tensor, key: Tensor, value: Tensor, *_: Any, **__: Any
) -> int:
    return sdpa_backward_flop_count(slope.shape, query.shape, key.shape, value.shape)


FLOP: dict[Any, Callable[..., int]] = {
    **flop_registry,
    aten._scaled_dot_product_flash_attention_for_cpu: _attention_flop,
    aten._scaled_dot_product_flash_attention_for_cpu_backward: _attention_backward_flop,
}


@contextmanager
def _norms_as_on_gpus() -> Generator[None]:
    """Under autocast a GPU normalises in float32, but a CPU in the precision of the input."""

    def in_float32(norm: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def call(*args: Any, **kwargs: Any) -> Tensor:
            if torch.is_autocast_enabled("cpu"):
                args, kwargs = tree_map_only(Tensor, Tensor.float, (args, kwargs))
            return norm(*args, **kwargs)

        return call

    with (
        patch.object(nnf, "group_norm", in_float32(nnf.group_norm)),
        patch.object(nnf, "layer_norm", in_float32(nnf.layer_norm)),
    ):
        yield
