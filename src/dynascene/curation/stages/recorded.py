"""The recorded stage: the clips that a release keeps of a source, with their cameras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dynascene.curation.clip import Clip
from dynascene.curation.output.release import CAMERAS_FILE, read_release
from dynascene.curation.votes.verdict_rule import VOTE_COLUMNS
from dynascene.io.checksums import sha256_of
from dynascene.io.text import parse_json

CAMERAS = "cameras"


@dataclass(frozen=True)
class RecordedConfig:
    """release: SHA-256 of the release."""

    release: str


@dataclass(frozen=True)
class RecordedStage:
    """Stands in for all stages that judge: returns the clips that a release keeps of a source.

    Files: ``cameras``. Codes: unlisted. Values: all that the release holds, with people_verdict,
    votes_good, votes_bad and votes_unsure where people were asked.
    """

    path: Path
    config: RecordedConfig
    name: str = "recorded"
    version: int = 2
    processors: float = 1.0
    accelerators: float = 0.0

    @staticmethod
    def of(path: Path) -> RecordedStage:
        """The stage for the release at ``path``, which every worker must be able to read."""
        read_release(path)
        return RecordedStage(path, RecordedConfig(sha256_of(path)))

    def __call__(self, clip: Clip, folder: Path) -> list[Clip]:
        """See ``Stage``."""
        released = [("sha256", "=", clip.source.sha256), ("kept", "=", True)]
        rows = pq.read_table(self.path, filters=released).to_pylist()
        clips = [self._clip(clip, row, folder, f"{n}/{CAMERAS_FILE}") for n, row in enumerate(rows)]
        return clips or [clip.rejected(self.name, "unlisted", "the release keeps no clip of it")]

    def _clip(self, clip: Clip, row: Mapping[str, Any], folder: Path, cameras: str) -> Clip:
        """cameras: name of the camera file, in a folder of its own."""
        values = {**clip.values, **parse_json(row["values"])}
        clip = replace(clip, start=row["start_frame"], stop=row["stop_frame"], values=values)
        votes = {name: row[name] for name in VOTE_COLUMNS.names if row.get(name) is not None}
        clip = clip.with_values(self.name, **votes)
        if row["cameras"] is None:
            return clip
        (folder / cameras).parent.mkdir()
        (folder / cameras).write_text(row["cameras"], encoding="utf-8")
        return clip.with_files(**{CAMERAS: cameras})
