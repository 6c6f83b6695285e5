"""Where a source lies: a path or a URL."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import urlsplit


def is_remote(location: str) -> bool:
    """Whether a location is a URL, not a path; ``file://`` is one too."""
    return "://" in location


def ending_of(location: str) -> str:
    """The ending of a path or URL in small letters, without a query: ``.mp4``, or nothing."""
    path = urlsplit(location).path if is_remote(location) else location
    return PurePosixPath(path).suffix.lower()
