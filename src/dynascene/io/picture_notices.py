"""Notices about pictures, once for each folder."""

from __future__ import annotations

import logging
from pathlib import Path

log = logging.getLogger(__name__)

WARNINGS: set[tuple[str, Path]] = set()


def warn_once(text: str, path: Path) -> None:
    """Say it of one picture of a folder: the frames of a clip are alike."""
    if (text, path.parent) not in WARNINGS:
        WARNINGS.add((text, path.parent))
        log.warning("%s: %s", path, text)
