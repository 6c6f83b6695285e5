"""Results of single clips as files: numbers alone, so that reading one runs nothing."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dynascene.evaluation.camera_error import CameraError
from dynascene.evaluation.clip_results import ClipResult
from dynascene.evaluation.distribution import CellSums
from dynascene.evaluation.field_scores import Measured
from dynascene.evaluation.obedience import PanFlow
from dynascene.evaluation.scores import Score
from dynascene.io.atomic import replacing
from dynascene.io.text import parse_json

PLAIN = "plain"  # the name of the JSON among the arrays


def write_clip_result(path: Path, result: ClipResult) -> None:
    """Write a result in one step.

    Raises:
        InputError: it cannot be written.
    """
    arrays: dict[str, np.ndarray] = {}

    def store(array: np.ndarray) -> str:
        arrays[name := f"a{len(arrays)}"] = array
        return name

    values = {
        "name": result.name,
        "place": result.place,
        "has_person": result.has_person,
        "scores": _of_rows(result.scores, list),
        "cells": _of_rows(result.cells, lambda c: [c.count, *map(store, c[1:])]),
        "measured": _of_rows(result.measured, lambda m: [m.values, _each(m.samples, store)]),
        "flows": {row: list(flow) for row, flow in result.flows.items()},
        "cameras": {row: list(error) for row, error in result.cameras.items()},
        "sheet": None if result.sheet is None else store(result.sheet),
        "external": dict(result.external),
        "video": None if result.video is None else store(result.video),
    }
    arrays[PLAIN] = np.frombuffer(json.dumps(values).encode(), np.uint8)
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    with replacing(path) as temporary:
        temporary.write_bytes(content.getvalue())


def read_clip_result(path: Path) -> ClipResult | None:
    """A result; None where there is none that can be read."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            return _result(parse_json(arrays[PLAIN].tobytes()), arrays)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None


def _result(values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> ClipResult:
    return ClipResult(
        name=values["name"],
        place=values["place"],
        has_person=values["has_person"],
        scores=_of_rows(values["scores"], lambda v: Score(*v)),
        cells=_of_rows(values["cells"], lambda v: CellSums(v[0], *(arrays[n] for n in v[1:]))),
        measured=_of_rows(
            values["measured"], lambda v: Measured(v[0], _each(v[1], arrays.__getitem__))
        ),
        flows={row: PanFlow(*v) for row, v in values["flows"].items()},
        cameras={row: CameraError(*v) for row, v in values["cameras"].items()},
        sheet=None if values["sheet"] is None else arrays[values["sheet"]],
        external=values["external"],
        video=None if values["video"] is None else arrays[values["video"]],
    )


def _of_rows(
    rows: Mapping[str, Mapping[str, Any]], convert: Callable[[Any], Any]
) -> dict[str, dict[str, Any]]:
    """The values of every row and region or view, each converted."""
    return {row: {key: convert(v) for key, v in each.items()} for row, each in rows.items()}


def _each(values: Mapping[str, Any], convert: Callable[[Any], Any]) -> dict[str, Any]:
    """Each value converted, where there is one."""
    return {key: None if v is None else convert(v) for key, v in values.items()}
