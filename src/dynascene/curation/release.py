"""A data set without its media: what to fetch, where to cut, which camera, and every verdict.

A Parquet table with a row for each clip, kept or not. Whoever has it, and can still read the
sources, makes the same clips again with the recorded cameras.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dynascene.curation.clip import Clip, Source
from dynascene.curation.sources import is_remote
from dynascene.errors import InputError
from dynascene.io.atomic import replacing, write_text
from dynascene.io.checksums import sha256_of

COLUMNS = pa.schema(
    [
        ("location", pa.string()),  # a URL, or a path below a folder that is named when rebuilding
        ("licence", pa.string()),
        ("sha256", pa.string()),  # of the source's bytes
        ("start_frame", pa.int64()),
        ("stop_frame", pa.int64()),  # the first that is left out
        ("start", pa.float64()),  # seconds
        ("end", pa.float64()),
        ("kept", pa.bool_()),
        ("stage", pa.string()),  # that dropped it
        ("code", pa.string()),
        ("reason", pa.string()),
        ("values", pa.string()),  # JSON of what was measured
        ("cameras", pa.string()),  # as RealEstate10K writes them
    ]
)
RATE = "probe.fps"
CAMERAS = "cameras"
LINKS = "links.csv"


def write_release(clips: Sequence[Clip], path: Path) -> None:
    """Write the release of a run's clips, in one step.

    clips: from ``run_plan``, their files as absolute paths. Local sources are named by their path
    below the folder that they share. Raises InputError where the place cannot be written.
    """
    local = [clip.source.location for clip in clips if not is_remote(clip.source.location)]
    folders = [os.path.dirname(os.path.abspath(location)) for location in local]
    root = os.path.commonpath(folders) if folders else ""
    table = pa.Table.from_pylist([_row(clip, root) for clip in clips], COLUMNS)
    with replacing(path) as temporary:
        pq.write_table(table, temporary)


def _row(clip: Clip, root: str) -> dict[str, Any]:
    source, rejection = clip.source, clip.rejection
    remote = is_remote(source.location)
    rate = float(clip.values.get(RATE) or 0.0)
    cameras = clip.files.get(CAMERAS)
    return {
        "location": source.location if remote else os.path.relpath(source.location, root),
        "licence": source.licence,
        "sha256": source.sha256,
        "start_frame": clip.start,
        "stop_frame": clip.stop,
        "start": clip.start / rate if rate else None,
        "end": clip.stop / rate if rate else None,
        "kept": clip.kept,
        "stage": rejection.stage if rejection else None,
        "code": rejection.code if rejection else None,
        "reason": rejection.reason if rejection else None,
        "values": json.dumps(dict(clip.values), sort_keys=True),
        "cameras": Path(cameras).read_text(encoding="utf-8") if cameras else None,
    }


def read_release(path: Path) -> pa.Table:
    """Raises InputError where the file is missing or is no release."""
    try:
        table = pq.read_table(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: is no release that can be read ({error})") from None
    missing = [name for name in COLUMNS.names if name not in table.column_names]
    if missing:
        raise InputError(f"{path}: is no release: it has no column {missing[0]!r}")
    return table.select(COLUMNS.names).cast(COLUMNS)


def sources_of_release(path: Path, folders: Sequence[Path] = ()) -> list[Source]:
    """The sources that kept clips were cut from, each once, with the bytes that they must have.

    folders: where sources that are no URLs are looked for, in this order.
    """
    rows = [row for row in read_release(path).to_pylist() if row["kept"]]
    if not rows:
        raise InputError(f"{path}: the release keeps no clip")
    named = {(row["location"], row["licence"], row["sha256"]) for row in rows}
    return [_located(Source(*name), folders) for name in sorted(named, key=lambda n: n[0])]


def _located(source: Source, folders: Sequence[Path]) -> Source:
    if is_remote(source.location):
        return source
    places = (folder / source.location for folder in folders)
    found = next((str(place) for place in places if place.is_file()), source.location)
    return replace(source, location=found)


@dataclass(frozen=True)
class RecordedConfig:
    """release: SHA-256 of the release."""

    release: str


@dataclass(frozen=True)
class Recorded:
    """The stage that stands for all those that judge: the clips of a source as they were kept."""

    path: Path
    config: RecordedConfig
    name: str = "recorded"
    version: int = 1
    processors: float = 1.0
    accelerators: float = 0.0

    @staticmethod
    def of(path: Path) -> Recorded:
        """The stage for the release at ``path``, which every worker must be able to read."""
        read_release(path)
        return Recorded(path, RecordedConfig(sha256_of(path)))

    def __call__(self, clip: Clip, folder: Path) -> list[Clip]:
        """See ``Stage``. The cameras are written for each clip."""
        wanted = [("sha256", "=", clip.source.sha256), ("kept", "=", True)]
        rows = pq.read_table(self.path, filters=wanted).to_pylist()
        clips = []
        for number, row in enumerate(rows):
            values = {**clip.values, **json.loads(row["values"])}
            part = replace(clip, start=row["start_frame"], stop=row["stop_frame"], values=values)
            if row["cameras"] is not None:
                name = f"cameras-{number}.txt"
                (folder / name).write_text(row["cameras"], encoding="utf-8")
                part = part.with_files(**{CAMERAS: name})
            clips.append(part)
        return clips or [clip.rejected(self.name, "unlisted", "the release keeps no clip of it")]


def link_states(clips: Sequence[Clip]) -> dict[str, str]:
    """What became of each source's location: ``readable``, ``missing`` or ``changed``."""
    codes = {"unreadable": "missing", "changed": "changed"}
    return {
        clip.source.location: codes.get(clip.rejection.code, "readable")
        if clip.rejection and clip.rejection.stage == "source"
        else "readable"
        for clip in clips
    }


def write_links(clips: Sequence[Clip], folder: Path) -> Counter[str]:
    """Write ``links.csv``, a line for each source with its state and why; returns the counts."""
    states = link_states(clips)
    reasons = {clip.source.location: clip.rejection for clip in clips}
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("location", "state", "reason"))
    for location, state in sorted(states.items()):
        why = reasons[location]
        lines.writerow((location, state, why.reason if why and state != "readable" else ""))
    write_text(folder / LINKS, text.getvalue())
    return Counter(states.values())
