"""A release: a data set without its media, as one Parquet table.

A row for each clip, kept or not, holds its source, its frames, its camera and its verdict. Whoever
has the sources can rebuild the same clips with the recorded cameras.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dynascene.curation.clip import Source
from dynascene.curation.sources.location import is_remote
from dynascene.curation.votes.verdict_rule import OUTCOME, RULE, VOTE_COLUMNS
from dynascene.errors import InputError
from dynascene.io.atomic import replacing
from dynascene.io.parquet_tables import read_table

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
        ("stage", pa.string()),  # that dropped the clip, or people
        ("code", pa.string()),
        ("reason", pa.string()),
        ("values", pa.string()),  # JSON of what was measured
        ("cameras", pa.string()),  # as RealEstate10K writes them
    ]
)
PEOPLE = "people"
CAMERAS_FILE = "cameras.txt"


def check_release_path(path: Path, dataset: Path) -> None:
    """Check, before hours of work, that a release can be written.

    Args:
        path: of the release.
        dataset: a folder that may not be there yet.

    Raises:
        InputError: ``path`` is a folder, or its folder does not exist.
    """
    if path.is_dir():
        raise InputError(f"`release` {path}: is a folder; name a file in it")
    if not path.parent.is_dir() and path.parent.resolve() != dataset.resolve():
        raise InputError(f"`release` {path}: the folder {path.parent} does not exist")


def write_release(table: pa.Table, dataset: Path, path: Path) -> None:
    """Write the release of a data set, in one step.

    Local sources are named by their path below the folder that they share. Where people were asked,
    the release has their votes and verdicts as the manifest has them (``VOTE_COLUMNS``), and the
    rule in the schema's metadata; a clip that lost its split by them is not kept.

    Args:
        table: the manifest, as ``write_dataset`` or ``read_manifest`` return it.
        dataset: its folder, for the cameras.
        path: of the release.

    Raises:
        InputError: a camera is missing, or ``path`` cannot be written.
    """
    naming = _Naming.of(table.column("source").unique().to_pylist())
    rows = [_row(row, naming, dataset) for row in table.to_pylist()]
    schema = _schema([name for name in VOTE_COLUMNS.names if name in table.column_names])
    rule = (table.schema.metadata or {}).get(RULE)
    schema = schema.with_metadata({RULE: rule} if rule else None)
    with replacing(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema), temporary)


def _schema(vote_columns: Sequence[str]) -> pa.Schema:
    """The columns of a release, with those of ``VOTE_COLUMNS`` that are present."""
    return pa.schema([*COLUMNS, *(VOTE_COLUMNS.field(name) for name in vote_columns)])


@dataclass(frozen=True)
class _Naming:
    """Names of local sources in a release: their paths below the folder that all of them share.

    folders: that folder, in every spelling that the sources use.
    """

    names: Mapping[str, str]
    folders: tuple[str, ...]

    @staticmethod
    def of(locations: Iterable[str]) -> _Naming:
        local = [location for location in locations if not is_remote(location)]
        parents = [os.path.dirname(os.path.abspath(location)) for location in local]
        root = os.path.commonpath(parents) if parents else ""
        names = {location: os.path.relpath(location, root) for location in local}
        folders = {location.removesuffix(name) for location, name in names.items()}
        return _Naming(names, tuple(sorted(folders - {"", os.sep}, key=len, reverse=True)))

    def of_location(self, location: str) -> str:
        return self.names.get(location, location)

    def in_text(self, text: str) -> str:
        """A reason without local folders; it may name this source or another one."""
        for folder in self.folders:
            text = text.replace(folder, "")
        return text


def _row(row: Mapping[str, Any], naming: _Naming, dataset: Path) -> dict[str, Any]:
    in_use = row["split"] is not None
    by_people = row["verdict"] == "kept" and not in_use
    same = {name: row.get(name) for name in (*COLUMNS.names, *VOTE_COLUMNS.names)}
    # only columns of measured values have a dot in their names
    values = {name: value for name, value in row.items() if "." in name and value is not None}
    return same | {
        "location": naming.of_location(row["source"]),
        "kept": in_use,
        "stage": PEOPLE if by_people else row["stage"],
        "code": row.get(OUTCOME) if by_people else row["code"],
        "reason": row["reason"] and naming.in_text(row["reason"]),
        "values": json.dumps(values, sort_keys=True),
        "cameras": _cameras(row, dataset),
    }


def _cameras(row: Mapping[str, Any], dataset: Path) -> str | None:
    if row["path"] is None or not row["has_camera"]:
        return None
    path = dataset / row["path"] / CAMERAS_FILE
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); curate the sources again") from None


def read_release(path: Path) -> pa.Table:
    """The table of a release, with the columns of ``COLUMNS`` and the votes that it has.

    Raises:
        InputError: the file is missing or is no release.
    """
    try:
        table = read_table(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: is no release that can be read ({error})") from None
    missing = [name for name in COLUMNS.names if name not in table.column_names]
    if missing:
        raise InputError(f"{path}: is no release: it has no column {missing[0]!r}")
    schema = _schema([name for name in VOTE_COLUMNS.names if name in table.column_names])
    try:
        cast = table.select(schema.names).cast(schema)
    except pa.ArrowException as error:
        raise InputError(f"{path}: is no release that can be read ({error})") from None
    return cast.replace_schema_metadata(table.schema.metadata)


def sources_of_release(path: Path, folders: Sequence[Path] = ()) -> list[Source]:
    """The sources that kept clips were cut from, each once, with the bytes that they must have.

    Args:
        path: of the release.
        folders: where sources that are no URLs are looked for, in this order.

    Raises:
        InputError: the release cannot be read, or keeps no clip.
    """
    rows = [row for row in read_release(path).to_pylist() if row["kept"]]
    if not rows:
        raise InputError(f"{path}: the release keeps no clip")
    named = {(row["location"], row["licence"], row["sha256"]) for row in rows}
    return [_locate(Source(*name), folders) for name in sorted(named, key=lambda n: n[0])]


def _locate(source: Source, folders: Sequence[Path]) -> Source:
    if is_remote(source.location):
        return source
    places = (folder / source.location for folder in folders)
    path = next((str(place) for place in places if place.is_file()), source.location)
    return replace(source, location=path)
