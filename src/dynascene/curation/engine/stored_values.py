"""Whether a stored result holds values that a stage can have measured, or damaged ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

MOST_FRAMES = 10**9  # of a video: a year of it
LARGEST = 1e15  # of a measured value, which counts pixels, frames, degrees, seconds or depths


def check_document(document: Mapping[str, Any]) -> None:
    """Check a clip as ``document_of_clip`` writes it.

    Raises:
        KeyError, TypeError, AttributeError: a field is missing or of another kind.
        ValueError: a number is out of range.
    """
    start, stop = document["start"], document["stop"]
    if not type(start) is type(stop) is int:
        raise TypeError("start and stop")
    if not 0 <= start <= stop <= MOST_FRAMES:
        raise ValueError("start and stop")
    for name, value in document["values"].items():
        _check_value(name, value)
    if any(not isinstance(name, str) for name in document["files"].values()):
        raise TypeError("files")
    rejection = document["rejection"]
    if rejection is not None:
        if any(not isinstance(rejection[name], str) for name in ("stage", "code", "reason")):
            raise TypeError("rejection")
        _check_value("rejection", rejection["measured"])


def _check_value(name: str, value: object) -> None:
    """nan stands for what could not be measured."""
    if not isinstance(value, float | int | str | None):
        raise TypeError(name)
    if isinstance(value, float | int) and not (math.isnan(value) or abs(value) <= LARGEST):
        raise ValueError(name)
