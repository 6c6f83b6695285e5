"""The first step: fetch a source and compute its checksum."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from dynascene.curation.clip import Clip, Source
from dynascene.curation.engine.progress import Tick
from dynascene.curation.engine.step import StepResult
from dynascene.curation.engine.store import Item, Store, first_key
from dynascene.curation.faults import stop_if_full
from dynascene.errors import InputError, one_line
from dynascene.io.atomic import write_text
from dynascene.io.checksums import is_sha256, sha256_of
from dynascene.io.text import parse_json

# The local file of a source; InputError where it cannot be had.
Opener = Callable[[Source], Path]


@dataclass(frozen=True)
class OpeningStep:
    """Fetches a source and computes the checksum of its bytes, the first part of every later key.

    A failure is not stored, since the network may be back in the next run. The checksum of a local
    file is stored and reused until the file's size or time of change differs.
    """

    opener: Opener
    store: Store
    name: str = "source"
    processors: float = 1.0
    accelerators: float = 0.0

    def __call__(self, item: Item) -> StepResult:
        begin, clip = time.perf_counter(), item.clip
        key, reused = "", False
        try:
            video = self.opener(clip.source)
            sha256, reused = self._checksum(video)
        except (InputError, OSError) as error:
            stop_if_full(error, self.store.root)
            clip = clip.rejected(self.name, "unreadable", one_line(error))
        else:
            clip, key = _with_checksum(clip, video, sha256), first_key(sha256, video.suffix)
        seconds = time.perf_counter() - begin
        tick = Tick(self.name, int(clip.is_kept), int(not clip.is_kept), seconds, reused)
        return StepResult([Item(key, clip)], tick)

    def _checksum(self, video: Path) -> tuple[str, bool]:
        """SHA-256 of the bytes, and whether it was already in the store."""
        video, state = video.resolve(), video.stat()
        place = hashlib.sha256(str(video).encode()).hexdigest()
        note, file_state = (
            self.store.root / "sources" / f"{place}.json",
            [state.st_size, state.st_mtime_ns],
        )
        try:
            entry = parse_json(note.read_bytes())
            if entry["seen"] == file_state and is_sha256(entry["sha256"]):
                return entry["sha256"], True
        except (OSError, ValueError, KeyError, TypeError):
            pass
        sha256 = sha256_of(video)
        note.parent.mkdir(parents=True, exist_ok=True)
        write_text(note, json.dumps({"video": str(video), "seen": file_state, "sha256": sha256}))
        return sha256, False


def _with_checksum(clip: Clip, video: Path, sha256: str) -> Clip:
    """The clip with its file and checksum; dropped where the source names another checksum."""
    expected = clip.source.sha256
    if expected is not None and expected.lower() != sha256:
        reason = f"its bytes are not those that were listed (sha256 {expected[:12]}…)"
        return replace(clip, video=video).rejected(OpeningStep.name, "changed", reason, sha256)
    return replace(clip, video=video, source=replace(clip.source, sha256=sha256))
