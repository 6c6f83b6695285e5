"""JSON files of cameras."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.io.atomic import write_text
from dynascene.io.text import is_finite_number


def write_json(path: Path, content: Any) -> None:
    write_text(path, json.dumps(content, indent=1) + "\n")


def frames_of(document: Any, key: str, path: Path) -> list[dict]:
    """The list under "frames", whose entries are objects with ``key``.

    Raises:
        InputError: the document has another form.
    """
    frames = document.get("frames") if isinstance(document, dict) else None
    if not isinstance(frames, list) or not frames:
        raise InputError(f'{path}: holds no camera poses under "frames"')
    for index, frame in enumerate(frames):
        if not isinstance(frame, dict) or key not in frame:
            raise InputError(f'{path}: frame {index}: has no "{key}"')
    return frames


def number_at(source: dict, key: str, place: str, default: float | None = None) -> float:
    """The finite number under ``key``, or the default; InputError where there is neither."""
    value = source.get(key, default)
    if value is None:
        raise InputError(f'{place}: has no "{key}"')
    if not is_finite_number(value):
        raise InputError(f'{place}: "{key}" is {value!r}, expected a finite number')
    return float(value)


def pixels_at(source: dict, key: str, place: str) -> int:
    value = number_at(source, key, place)
    if value < 1 or value != round(value):
        raise InputError(f'{place}: "{key}" is {value:g}, expected a whole number of pixels')
    return int(value)


def matrix_at(value: Any, rows: tuple[int, ...], columns: int, place: str) -> Tensor:
    """Nested lists of numbers as float64 [rows, columns]; ``rows``: the allowed numbers of rows."""
    try:
        matrix = torch.tensor(value, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        matrix = torch.empty(0)
    if matrix.ndim != 2 or matrix.shape[0] not in rows or matrix.shape[1] != columns:
        shape = " or ".join(f"{n}x{columns}" for n in rows)
        raise InputError(f"{place}: expected a {shape} matrix of numbers")
    return matrix
