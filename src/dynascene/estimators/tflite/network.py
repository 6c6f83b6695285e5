"""A TFLite network run by torch.

Pictures are [N, C, H, W] here and [N, H, W, C] in the file. Tensors of fewer than four dimensions
are as in the file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from dynascene.errors import InputError
from dynascene.estimators.tflite.flatbuffer import BufferTable
from dynascene.estimators.tflite.graph import Operation, read_graph

TO_CHANNELS_FIRST = (0, 3, 1, 2)
ACTIVATIONS: dict[int, Callable[[Tensor], Tensor]] = {
    0: lambda x: x,
    1: torch.relu_,
    3: lambda x: x.clamp_(0, 6),
}
SAME = 0  # padding: the output has ceil(input / stride) pixels


class TfliteNetwork:
    """A network of convolutions.

    Args:
        path: the file.

    Raises:
        InputError: the file is no such network, or it has an operation that is not known here.
    """

    def __init__(self, path: Path) -> None:
        graph = read_graph(path)
        unknown = {step.code for step in graph.operations} - STEPS.keys()
        if unknown:
            raise InputError(f"{path}: has the TFLite operation {min(unknown)}, not known here")
        self._graph = graph
        self._constants = {number: torch.tensor(v) for number, v in graph.constants.items()}
        for step in graph.operations:
            if step.code in (CONV, DEPTHWISE):
                weight = self._constants[step.inputs[1]]
                axes = TO_CHANNELS_FIRST if step.code == CONV else (3, 0, 1, 2)
                self._constants[step.inputs[1]] = weight.permute(axes).contiguous(
                    memory_format=torch.channels_last
                )

    @torch.inference_mode()
    def __call__(self, pictures: Tensor) -> list[Tensor]:
        """Run the network.

        Args:
            pictures: [N, C, H, W] float32, in the network's own size and range.

        Returns:
            Its outputs in the file's order, the first dimension N.
        """
        values = self._constants.copy()
        values[self._graph.inputs[0]] = pictures.contiguous(memory_format=torch.channels_last)
        for step in self._graph.operations:
            tensors = [values[number] for number in step.inputs if number >= 0]
            values[step.outputs[0]] = STEPS[step.code](step, *tensors)
        return [values[number] for number in self._graph.outputs]


def _conv(step: Operation, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """2-D convolution, with all channels or with each channel of its own."""
    options = _options(step)
    depthwise = step.code == DEPTHWISE
    stride = options.integer(2, 1), options.integer(1, 1)
    activation, dilation = (4, 5) if depthwise else (3, 4)
    spread = options.integer(dilation + 1, 1), options.integer(dilation, 1)
    kernel = tuple((k - 1) * d + 1 for k, d in zip(weight.shape[2:], spread, strict=True))
    even = 0, 0
    if options.integer(0, kind="b") == SAME:
        if stride == (1, 1) and all(extent % 2 for extent in kernel):
            even = kernel[0] // 2, kernel[1] // 2  # alike on both sides: no copy is needed
        else:
            x = _padded(x, kernel, stride)
    if kernel == stride == (1, 1) and not depthwise:  # torch's own convolution is slower here
        out = F.linear(x.permute(0, 2, 3, 1), weight[:, :, 0, 0], bias).permute(0, 3, 1, 2)
    else:
        out = F.conv2d(x, weight, bias, stride, even, spread, x.shape[1] if depthwise else 1)
    return ACTIVATIONS[options.integer(activation, kind="b")](out)


def _padded(
    x: Tensor, kernel: tuple[int, ...], stride: tuple[int, int], value: float = 0.0
) -> Tensor:
    """Pad as SAME does: an odd pixel goes to the right and to the bottom."""
    pads: list[int] = []
    for size, extent, step in reversed(list(zip(x.shape[2:], kernel, stride, strict=True))):
        total = max((-(-size // step) - 1) * step + extent - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value) if any(pads) else x


def _max_pool(step: Operation, x: Tensor) -> Tensor:
    options = _options(step)
    stride = options.integer(2, 1), options.integer(1, 1)
    kernel = options.integer(4, 1), options.integer(3, 1)
    if options.integer(0, kind="b") == SAME:
        x = _padded(x, kernel, stride, -torch.inf)
    return F.max_pool2d(x, kernel, stride)


def _add(step: Operation, x: Tensor, y: Tensor) -> Tensor:
    activation = step.options.integer(0, kind="b") if step.options else 0
    return ACTIVATIONS[activation](x + y)


def _pad(_: Operation, x: Tensor, amounts: Tensor) -> Tensor:
    rows = amounts[list(TO_CHANNELS_FIRST)] if x.ndim == 4 else amounts
    return F.pad(x, [int(n) for row in reversed(rows.tolist()) for n in row])


def _reshape(_: Operation, x: Tensor, shape: Tensor) -> Tensor:
    stored = x.permute(0, 2, 3, 1) if x.ndim == 4 else x
    return stored.reshape(len(x), *shape.tolist()[1:])


def _depth_to_space(step: Operation, x: Tensor) -> Tensor:
    """Channels are (row, column, channel) of a block, where torch has the channel first."""
    block = _options(step).integer(0, 1)
    count, channels, height, width = x.shape
    parts = x.reshape(count, block, block, channels // block**2, height, width)
    shape = count, channels // block**2, height * block, width * block
    return parts.permute(0, 3, 4, 1, 5, 2).reshape(shape)


def _resize(step: Operation, x: Tensor, size: Tensor) -> Tensor:
    aligned, half_pixels = (bool(_options(step).integer(field, kind="b")) for field in (2, 3))
    if not (aligned or half_pixels):
        raise InputError("a TFLite network resizes from corners of pixels, not supported here")
    return F.interpolate(x, tuple(size.tolist()), mode="bilinear", align_corners=aligned)


def _concatenate(step: Operation, *parts: Tensor) -> Tensor:
    axis = _options(step).integer(0)
    return torch.cat(parts, (0, 2, 3, 1)[axis] if parts[0].ndim == 4 else axis)


def _logistic(_: Operation, x: Tensor) -> Tensor:
    return torch.sigmoid(x)


def _options(step: Operation) -> BufferTable:
    if step.options is None:
        raise InputError(f"a TFLite network has an operation {step.code} without settings")
    return step.options


CONV, DEPTHWISE = 3, 4
STEPS: dict[int, Callable[..., Tensor]] = {
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
