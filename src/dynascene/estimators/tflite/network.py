"""A TFLite network run by torch.

Pictures are [N, C, H, W] here and [N, H, W, C] in the file. Tensors of fewer than four dimensions
are as in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from dynascene.errors import InputError
from dynascene.estimators.tflite.flatbuffer import BufferTable
from dynascene.estimators.tflite.graph import Graph, Operation, read_graph
from dynascene.parallel import one_torch_thread

TO_CHANNELS_FIRST = (0, 3, 1, 2)
ACTIVATIONS: dict[int, Callable[[Tensor], Tensor]] = {
    0: lambda x: x,
    1: torch.relu_,
    3: lambda x: x.clamp_(0, 6),
}
SAME = 0  # padding: the output has ceil(input / stride) pixels

Run = Callable[..., Tensor]  # of an operation's inputs


class NetworkStep(NamedTuple):
    """An operation with its settings read.

    Attributes:
        run: the operation.
        inputs, output: numbers of its tensors.
        done: tensors that no later operation reads.
    """

    run: Run
    inputs: tuple[int, ...]
    output: int
    done: tuple[int, ...]


class TfliteNetwork:
    """A network of convolutions.

    Args:
        path: the file.

    Raises:
        InputError: the file is no such network, or it has an operation that is not known here.
    """

    def __init__(self, path: Path) -> None:
        graph = read_graph(path)
        unknown = {operation.code for operation in graph.operations} - OPERATIONS.keys()
        if unknown:
            raise InputError(f"{path}: has the TFLite operation {min(unknown)}, not known here")
        self._graph = graph
        self._constants = {number: torch.tensor(v) for number, v in graph.constants.items()}
        for operation in graph.operations:
            if operation.code in (CONV, DEPTHWISE):
                weight = self._constants[operation.inputs[1]]
                axes = TO_CHANNELS_FIRST if operation.code == CONV else (3, 0, 1, 2)
                self._constants[operation.inputs[1]] = weight.permute(axes).contiguous(
                    memory_format=torch.channels_last
                )
        self._steps = {graph.outputs: _steps(graph, graph.outputs)}  # by what they make

    @torch.inference_mode()
    def __call__(self, pictures: Tensor, outputs: Sequence[int] | None = None) -> list[Tensor]:
        """Run the network, with one thread: for such small layers several mostly wait for each
        other, and keep their cores busy with it.

        Args:
            pictures: [N, C, H, W] float32, in the network's own size and range.
            outputs: the places of the wanted ones in the file's order; what leads to others is not
                computed. None: all.

        Returns:
            Those outputs, the first dimension N.
        """
        graph = self._graph
        wanted = graph.outputs if outputs is None else tuple(graph.outputs[n] for n in outputs)
        if wanted not in self._steps:
            self._steps[wanted] = _steps(graph, wanted)
        values = self._constants.copy()
        values[graph.inputs[0]] = pictures.contiguous(memory_format=torch.channels_last)
        with one_torch_thread():
            for step in self._steps[wanted]:
                values[step.output] = step.run(*[values[number] for number in step.inputs])
                for number in step.done:
                    del values[number]
        return [values[number] for number in wanted]


def _steps(graph: Graph, outputs: Sequence[int]) -> list[NetworkStep]:
    """The operations that lead to some outputs, in the file's order."""
    needed, operations = set(outputs), []
    for operation in reversed(graph.operations):
        if not needed.isdisjoint(operation.outputs):
            needed.update(operation.inputs)
            operations.append(operation)
    operations.reverse()
    last_read = {number: index for index, step in enumerate(operations) for number in step.inputs}
    steps = []
    for index, operation in enumerate(operations):
        inputs = tuple(number for number in operation.inputs if number >= 0)
        done = {number for number in inputs if last_read[number] == index}
        done -= {*outputs, *graph.constants}
        run = OPERATIONS[operation.code](operation)
        steps.append(NetworkStep(run, inputs, operation.outputs[0], tuple(done)))
    return steps


def _conv(operation: Operation) -> Run:
    """2-D convolution, with all channels or with each channel of its own."""
    options = _options(operation)
    depthwise = operation.code == DEPTHWISE
    stride = options.integer(2, 1), options.integer(1, 1)
    field, dilation = (4, 5) if depthwise else (3, 4)
    activation = ACTIVATIONS[options.integer(field, kind="b")]
    spread = options.integer(dilation + 1, 1), options.integer(dilation, 1)
    is_padded = options.integer(0, kind="b") == SAME

    def run(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        if weight.shape[2:] == stride == (1, 1) and not depthwise:  # torch's convolution is slower
            pixels = F.linear(x.permute(0, 2, 3, 1), weight[:, :, 0, 0], bias)
            return activation(pixels.permute(0, 3, 1, 2))
        kernel = tuple((k - 1) * d + 1 for k, d in zip(weight.shape[2:], spread, strict=True))
        even = 0, 0
        if is_padded and stride == (1, 1) and all(extent % 2 for extent in kernel):
            even = kernel[0] // 2, kernel[1] // 2  # alike on both sides: no copy is needed
        elif is_padded:
            x = _padded(x, kernel, stride)
        groups = x.shape[1] if depthwise else 1
        return activation(F.conv2d(x, weight, bias, stride, even, spread, groups))

    return run


def _padded(
    x: Tensor, kernel: tuple[int, ...], stride: tuple[int, int], value: float = 0.0
) -> Tensor:
    """Pad as SAME does: an odd pixel goes to the right and to the bottom."""
    pads: list[int] = []
    for size, extent, step in reversed(list(zip(x.shape[2:], kernel, stride, strict=True))):
        total = max((-(-size // step) - 1) * step + extent - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value) if any(pads) else x


def _max_pool(operation: Operation) -> Run:
    options = _options(operation)
    stride = options.integer(2, 1), options.integer(1, 1)
    kernel = options.integer(4, 1), options.integer(3, 1)
    is_padded = options.integer(0, kind="b") == SAME

    def run(x: Tensor) -> Tensor:
        x = _padded(x, kernel, stride, -torch.inf) if is_padded else x
        return F.max_pool2d(x, kernel, stride)

    return run


def _add(operation: Operation) -> Run:
    number = operation.options.integer(0, kind="b") if operation.options else 0
    activation = ACTIVATIONS[number]
    return lambda x, y: activation(x + y)


def _pad(_: Operation) -> Run:
    def run(x: Tensor, amounts: Tensor) -> Tensor:
        rows = amounts[list(TO_CHANNELS_FIRST)] if x.ndim == 4 else amounts
        return F.pad(x, [int(n) for row in reversed(rows.tolist()) for n in row])

    return run


def _reshape(_: Operation) -> Run:
    def run(x: Tensor, shape: Tensor) -> Tensor:
        stored = x.permute(0, 2, 3, 1) if x.ndim == 4 else x
        return stored.reshape(len(x), *shape.tolist()[1:])

    return run


def _depth_to_space(operation: Operation) -> Run:
    """Channels are (row, column, channel) of a block, where torch has the channel first."""
    block = _options(operation).integer(0, 1)

    def run(x: Tensor) -> Tensor:
        count, channels, height, width = x.shape
        parts = x.reshape(count, block, block, channels // block**2, height, width)
        shape = count, channels // block**2, height * block, width * block
        return parts.permute(0, 3, 4, 1, 5, 2).reshape(shape)

    return run


def _resize(operation: Operation) -> Run:
    options = _options(operation)
    aligned, half_pixels = (bool(options.integer(field, kind="b")) for field in (2, 3))
    if not (aligned or half_pixels):
        raise InputError("a TFLite network resizes from corners of pixels, not supported here")

    def run(x: Tensor, size: Tensor) -> Tensor:
        extent = tuple(size.tolist())
        return F.interpolate(x, extent, mode="bilinear", align_corners=aligned)

    return run


def _concatenate(operation: Operation) -> Run:
    axis = _options(operation).integer(0)

    def run(*parts: Tensor) -> Tensor:
        return torch.cat(parts, (0, 2, 3, 1)[axis] if parts[0].ndim == 4 else axis)

    return run


def _logistic(_: Operation) -> Run:
    return torch.sigmoid


def _options(operation: Operation) -> BufferTable:
    if operation.options is None:
        raise InputError(f"a TFLite network has an operation {operation.code} without settings")
    return operation.options


CONV, DEPTHWISE = 3, 4
OPERATIONS: dict[int, Callable[[Operation], Run]] = {
    0: _add,
    2: _concatenate,
    CONV: _conv,
    DEPTHWISE: _conv,
    5: _depth_to_space,
    14: _logistic,
    17: _max_pool,
    22: _reshape,
    23: _resize,
    34: _pad,
}
