"""The location of a source: a path or a URL."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import urlsplit


def is_remote(location: str) -> bool:
    """Whether a location is a URL; ``file://`` counts as one."""
    return "://" in location


def ending_of(location: str) -> str:
    """The ending of a path or URL in lower case and without a query: ``.mp4``, or nothing."""
    path = urlsplit(location).path if is_remote(location) else location
    return PurePosixPath(path).suffix.lower()
