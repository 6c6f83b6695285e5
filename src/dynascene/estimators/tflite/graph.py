"""The graph of a TFLite file: constants as dense float32 or integer arrays, and the operations.

Field numbers are those of the public schema. Half-precision and sparse constants are unpacked here,
so that the operations that would do so (DEQUANTIZE, DENSIFY) are gone.
"""

from __future__ import annotations

from pathlib import Path
from struct import error as StructError
from typing import NamedTuple

import numpy as np

from dynascene.errors import InputError
from dynascene.estimators.tflite.flatbuffer import BufferTable, root_table

IDENTIFIER = b"TFL3"  # bytes 4 to 8 of every file
DTYPES = {0: "<f4", 1: "<f2", 2: "<i4", 3: "u1", 4: "<i8"}
DEQUANTIZE, DENSIFY = 6, 124
INDEX_DTYPES = {1: "<i4", 2: "<u2", 3: "u1"}  # of sparse indices, by the kind of their vector


class Operation(NamedTuple):
    """One step.

    Attributes:
        code: number of the built-in operation.
        inputs, outputs: numbers of tensors; -1: left out.
        options: its settings, empty where there are none.
    """

    code: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: BufferTable | None


class Graph(NamedTuple):
    """A network.

    Attributes:
        constants: by number of tensor.
        operations: in order.
        inputs, outputs: numbers of tensors.
    """

    constants: dict[int, np.ndarray]
    operations: tuple[Operation, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_graph(path: Path) -> Graph:
    """Read a TFLite file with one graph.

    Raises:
        InputError: it is none, or it is damaged.
    """
    data = path.read_bytes()
    if data[4:8] != IDENTIFIER:
        raise InputError(f"{path}: is no TFLite network")
    try:
        return _read(root_table(data))
    except (StructError, ValueError, IndexError, KeyError) as error:
        raise InputError(f"{path}: is a damaged TFLite network, or one of another kind") from error


def _read(model: BufferTable) -> Graph:
    codes = [max(c.integer(0, kind="b"), c.integer(3)) for c in model.tables(1)]
    (graph,), buffers = model.tables(2), model.tables(4)
    tensors = graph.tables(0)
    constants = {}
    for number, tensor in enumerate(tensors):
        content = buffers[tensor.integer(2, kind="I")].array(0, "u1")
        if content.size:
            constants[number] = _constant(tensor, content)
    operations = []
    for step in graph.tables(3):
        code = codes[step.integer(0, kind="I")]
        inputs, outputs = (tuple(step.array(field, "<i4").tolist()) for field in (1, 2))
        if code in (DEQUANTIZE, DENSIFY) and inputs[0] in constants:
            constants[outputs[0]] = constants.pop(inputs[0])
        else:
            operations.append(Operation(code, inputs, outputs, step.table(4)))
    ends = (tuple(graph.array(field, "<i4").tolist()) for field in (1, 2))
    return Graph(constants, tuple(operations), *ends)


def _constant(tensor: BufferTable, content: np.ndarray) -> np.ndarray:
    """The values of a constant tensor, with its shape; halves become float32."""
    values = content.view(DTYPES[tensor.integer(1, kind="b")])
    if values.dtype == np.float16:
        values = values.astype(np.float32)
    shape = tuple(tensor.array(0, "<i4").tolist())
    sparsity = tensor.table(6)
    return values.reshape(shape) if sparsity is None else _dense(values, shape, sparsity)


def _dense(values: np.ndarray, shape: tuple[int, ...], sparsity: BufferTable) -> np.ndarray:
    """Fill in the zeros that a sparse constant leaves out.

    Dimensions are walked in their stored order. A dense one holds every index; a compressed one
    holds, for each position reached before, a segment of indices. Dimensions after the array's own
    are those inside blocks.
    """
    order, blocks = (sparsity.array(field, "<i4").tolist() for field in (0, 1))
    rank = len(shape)
    positions = np.zeros((1, 0), np.int64)  # [reached so far, dimensions]
    sizes = {}
    for dimension, metadata in zip(order, sparsity.tables(2), strict=True):
        if metadata.integer(0, kind="b") == 0:
            sizes[dimension] = size = metadata.integer(1)
            owners = np.repeat(np.arange(len(positions)), size)
            indices = np.tile(np.arange(size), len(positions))
        else:
            segments, indices = (_indices(metadata, field) for field in (2, 4))
            owners = np.repeat(np.arange(len(positions)), np.diff(segments))
        positions = np.concatenate([positions[owners], indices[:, None]], axis=1)
    by_dimension = dict(zip(order, positions.T, strict=True))
    places = [by_dimension[axis] for axis in range(rank)]
    for number, axis in enumerate(blocks):
        places[axis] = places[axis] * sizes[rank + number] + by_dimension[rank + number]
    dense = np.zeros(shape, values.dtype)
    dense[tuple(places)] = values
    return dense


def _indices(metadata: BufferTable, field: int) -> np.ndarray:
    """A vector of sparse indices, whose kind stands in the field before it."""
    vector = metadata.table(field + 1)
    assert vector is not None  # the format has one for each compressed dimension
    return vector.array(0, INDEX_DTYPES[metadata.integer(field, kind="b")]).astype(np.int64)
