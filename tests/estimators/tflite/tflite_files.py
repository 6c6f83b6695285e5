"""Small TFLite files, written field by field."""

import struct
from pathlib import Path

import numpy as np

Fields = dict[int, object]  # numbers of fields → int, ("b", int), array, list of tables, or table
CODES = {np.dtype("f4"): 0, np.dtype("f2"): 1, np.dtype("i4"): 2}


def write_network(
    path: Path,
    constants: dict[int, np.ndarray],
    steps: list[tuple[int, list[int], list[int], Fields]],
    tensors: int,
    sparse: dict[int, tuple[tuple[int, ...], Fields]] | None = None,
    outputs: tuple[int, ...] | None = None,
) -> Path:
    """Write a network from tensor 0 to its last tensor.

    Args:
        path: of the file.
        constants: by number of tensor.
        steps: operation, inputs, outputs, options.
        tensors: how many there are.
        sparse: shape and sparsity of constants that hold their non-zero values only.
        outputs: numbers of tensors; None: the last one.
    """
    numbers, sparse = sorted(constants), sparse or {}
    buffers: list[object] = [{}]
    buffers += [{0: np.frombuffer(constants[n].tobytes(), np.uint8)} for n in numbers]
    entries: list[object] = []
    for number in range(tensors):
        entry: Fields = {}
        if number in constants:
            shape, sparsity = sparse.get(number, (constants[number].shape, None))
            entry = {
                0: np.array(shape, np.int32),
                1: ("b", CODES[constants[number].dtype]),
                2: numbers.index(number) + 1,
            }
            if sparsity is not None:
                entry[6] = sparsity
        entries.append(entry)
    codes = sorted({code for code, *_ in steps})
    operators: list[object] = [
        {
            0: codes.index(code),
            1: np.array(inputs, np.int32),
            2: np.array(outputs, np.int32),
            4: options,
        }
        for code, inputs, outputs, options in steps
    ]
    ends = np.array([0], np.int32), np.array(outputs or [tensors - 1], np.int32)
    graph: Fields = {0: entries, 1: ends[0], 2: ends[1], 3: operators}
    model: Fields = {1: [{3: code} for code in codes], 2: [graph], 4: buffers}
    data = bytearray(struct.pack("<I4s", 0, b"TFL3"))
    struct.pack_into("<I", data, 0, _table(data, model))
    path.write_bytes(data)
    return path


def _table(data: bytearray, fields: Fields) -> int:
    """Append a table and what it holds; where it begins."""
    count = max(fields, default=-1) + 1
    offsets = [4 * (1 + sorted(fields).index(n)) if n in fields else 0 for n in range(count)]
    list_at = len(data)
    data += struct.pack(f"<HH{count}H", 4 + 2 * count, 4 + 4 * len(fields), *offsets)
    data += b"\0" * (-len(data) % 4)
    at = len(data)
    data += struct.pack("<i", at - list_at) + b"\0" * (4 * len(fields))
    for number, value in fields.items():
        place = at + offsets[number]
        if isinstance(value, int):
            struct.pack_into("<i", data, place, value)
        elif isinstance(value, tuple):
            struct.pack_into("<b", data, place, value[1])
        else:
            target = _table(data, value) if isinstance(value, dict) else _vector(data, value)
            struct.pack_into("<I", data, place, target - place)
    return at


def _vector(data: bytearray, values: object) -> int:
    data += b"\0" * (-len(data) % 4)
    at = len(data)
    if isinstance(values, np.ndarray):
        data += struct.pack("<I", len(values)) + values.tobytes()
        return at
    assert isinstance(values, list)
    data += struct.pack("<I", len(values)) + b"\0" * (4 * len(values))
    for index, fields in enumerate(values):
        place = at + 4 + 4 * index
        struct.pack_into("<I", data, place, _table(data, fields) - place)
    return at
