"""JSON files of cameras."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynascene.errors import InputError, some_of
from dynascene.io.atomic import write_text
from dynascene.io.cameras.defaults import LONGEST_SIDE, Notice
from dynascene.io.cameras.rows import LARGEST
from dynascene.io.text import is_finite_number

LENS_KEY = re.compile(
    r"fov|focal|^fl|^f[xy]$|^c[xy]$|angle|intrinsic|^k$|^[kpbs]\d|dist|fisheye|ftheta|lens|"
    r"sensor|film|aperture|aspect|shift|principal|projection|ortho|panoram|equirect|spherical|"
    r"camera_(?:model|type)|crop|rolling|zoom|shutter|skew|convergence"
)


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


def check_keys(
    sources: Iterable[dict],
    used: Collection[str],
    path: Path,
    notice: Notice,
    idle: Collection[str] = (),
) -> None:
    """Refuse keys that speak of the lens and are not read; say once which others are not.

    Args:
        sources: objects of a file.
        used: the keys that are read.
        path: of the file.
        notice: gets the other keys that are not read.
        idle: keys that do not matter to a camera track.

    Raises:
        InputError: a key of a lens that is not read has a value other than 0, false or none.
    """
    others: dict[str, None] = {}
    for source in sources:
        for key in source.keys() - {*used, *idle}:
            if not LENS_KEY.search(key.lower()):
                others[key] = None
            elif source[key] not in (0, False, None, "", [], {}):
                raise InputError(
                    f'{path}: "{key[:60]}" describes the lens and is not read; undistort the '
                    "pictures, or give the lens by keys that are read (docs/cameras.md)"
                )
    if others:
        notice(f"{path}: does not read {some_of(sorted(key[:60] for key in others))}")


def number_at(source: dict, key: str, place: str, default: float | None = None) -> float:
    """The finite number under ``key``, or the default; InputError where there is neither."""
    value = source.get(key, default)
    if value is None:
        raise InputError(f'{place}: has no "{key}"')
    if not is_finite_number(value):
        raise InputError(f'{place}: "{key}" is {brief(value)}, expected a finite number')
    if abs(value) > LARGEST:
        raise InputError(f'{place}: "{key}" is {float(value):g}, too large for any camera')
    return float(value)


def brief(value: object, longest: int = 60) -> str:
    """A value for a message, cut off where it is long."""
    text = repr(value) if not isinstance(value, dict | list) else f"{str(value)[:longest]} …"
    return text if len(text) <= longest else f"{text[:longest]} …"


def pixels_at(source: dict, key: str, place: str) -> int:
    value = number_at(source, key, place)
    if not 1 <= value <= LONGEST_SIDE or value != round(value):
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
