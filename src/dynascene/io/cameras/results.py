"""Cameras in a folder of results, whose report tells what the camera file does not store."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from dynascene.io.cameras.defaults import CameraDefaults
from dynascene.io.text import parse_json
from dynascene.types import Size

CAMERAS, REPORT = "cameras.txt", "report.json"


def camera_file(path: Path) -> Path:
    """The camera file of a folder of results; any other path as it is."""
    is_result = (path / CAMERAS).is_file() and (path / REPORT).is_file()
    return path / CAMERAS if is_result else path


def with_report(path: Path, defaults: CameraDefaults, *, has_size: bool) -> CameraDefaults:
    """Defaults with the frame size and the frame rate that the report beside a result's file tells.

    Args:
        path: of a camera file.
        defaults: a frame rate that they have is kept.
        has_size: whether their size was asked for, and is kept.
    """
    size, rate = _size_and_rate(path)
    if size is not None and not has_size:
        defaults = replace(defaults, size=size)
    if rate is not None and defaults.frame_rate is None:
        defaults = replace(defaults, frame_rate=rate)
    return defaults


def _size_and_rate(path: Path) -> tuple[Size | None, float | None]:
    if path.name != CAMERAS:
        return None, None
    try:
        report = parse_json((path.parent / REPORT).read_text(encoding="utf-8"))
        size = re.fullmatch(r"(\d{1,6})x(\d{1,6})", report["background_size"])
        rate = float(report["frame_rate"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, None  # of another program, or none
    return size and Size(int(size[1]), int(size[2])), rate if 0.01 <= rate <= 100_000 else None
