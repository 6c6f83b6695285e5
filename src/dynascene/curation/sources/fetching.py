"""Fetching the bytes of a source: local files stay in place, others are cached by checksum."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec

from dynascene.curation.clip import Source
from dynascene.curation.sources.location import ending_of, is_remote
from dynascene.errors import InputError, one_line
from dynascene.io.atomic import write_text
from dynascene.io.checksums import CHUNK, is_sha256
from dynascene.io.text import parse_json

SILENCE = 30  # seconds without a byte
FINAL = (FileNotFoundError, PermissionError, NotADirectoryError)  # another attempt would fail too


@dataclass(frozen=True)
class Fetcher:
    """Returns the local file of a source; an ``Opener``.

    A fetched file lies in ``cache`` as ``AB/SHA256.mp4`` and is never fetched or checked again, so
    that a resumed run sees the same bytes. Sources with checksums that are cached need no network.

    Attributes:
        cache: the folder.
        attempts: how often a URL is tried.
        pause: seconds before the second attempt, doubled after each.
    """

    cache: Path
    attempts: int = 3
    pause: float = 1.0

    def __call__(self, source: Source) -> Path:
        """Fetch a source.

        Raises:
            InputError: the source is missing or cannot be read.
        """
        location = source.location
        if not is_remote(location) or location.startswith("file://"):
            path = Path(location.removeprefix("file://"))
            if not path.is_file():
                raise InputError(f"{location}: no such file")
            return path
        sha256 = source.sha256 or self._recorded_checksum(location)
        path = self._place(sha256, location) if sha256 else None
        return path if path is not None and path.is_file() else self._fetch(location)

    def _place(self, sha256: str, location: str) -> Path:
        return self.cache / sha256[:2] / f"{sha256}{ending_of(location)}"

    def _note(self, location: str) -> Path:
        return self.cache / "urls" / f"{hashlib.sha256(location.encode()).hexdigest()}.json"

    def _recorded_checksum(self, location: str) -> str | None:
        """The checksum under which the bytes of a URL are cached."""
        try:
            sha256 = parse_json(self._note(location).read_bytes())["sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return sha256 if is_sha256(sha256) else None

    def _fetch(self, location: str) -> Path:
        for attempt in range(1, self.attempts + 1):
            try:
                return self._download(location)
            except Exception as error:  # each storage raises its own classes
                if attempt == self.attempts or isinstance(error, FINAL):
                    raise InputError(f"{location}: cannot be fetched: {one_line(error)}") from error
                time.sleep(self.pause * 2 ** (attempt - 1))
        raise ValueError(f"attempts is {self.attempts}; it has to be 1 or more")

    def _download(self, location: str) -> Path:
        digest = hashlib.sha256()
        (self.cache / "urls").mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self.cache, prefix=".", suffix=".part")
        try:
            with (
                os.fdopen(descriptor, "wb") as file,
                fsspec.open(location, "rb", **_patience(location)) as remote,
            ):
                while chunk := remote.read(CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
            path = self._place(digest.hexdigest(), location)
            path.parent.mkdir(exist_ok=True)
            os.replace(name, path)
        finally:
            Path(name).unlink(missing_ok=True)
        note = {"url": location, "sha256": digest.hexdigest()}
        write_text(self._note(location), json.dumps(note))
        return path


def _patience(location: str) -> dict[str, Any]:
    """Options of fsspec: no limit on the whole transfer, one on silence."""
    if not location.startswith(("http://", "https://")):
        return {}
    import aiohttp

    limits = aiohttp.ClientTimeout(total=None, sock_connect=SILENCE, sock_read=SILENCE)
    return {"client_kwargs": {"timeout": limits}}
