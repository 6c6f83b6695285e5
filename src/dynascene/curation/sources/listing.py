"""Listing videos: files, folders, and lists with licences."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
from pyarrow import csv

from dynascene.curation.clip import Source
from dynascene.curation.sources.containers import CONTAINERS
from dynascene.curation.sources.location import ending_of, is_remote
from dynascene.errors import InputError, one_line, some_of
from dynascene.io.parquet_tables import read_table

log = logging.getLogger(__name__)
LIST_ENDINGS = (".csv", ".parquet")
LOCATION_COLUMNS = ("url", "path")
NAMED = 3  # repeated sources that a message names


def find_sources(named: Iterable[str | Path], exclude: Path | None = None) -> list[Source]:
    """List videos, each once, sorted by location.

    Web pages are not searched for videos. A repeated source is listed once, with a warning.

    Args:
        named: files; folders, with all videos at any depth; lists (``.csv``, ``.parquet``) with a
            column ``url`` or ``path`` and optionally ``licence`` and ``sha256``, whose relative
            paths start at the list. Each local, or any URL that fsspec reads.
        exclude: a folder to skip, such as that of the data set.

    Raises:
        InputError: there is no video, a list cannot be read, or two lists contradict each other.
    """
    sources: dict[str, Source] = {}
    repeated: list[str] = []
    for name in named:
        for source in _sources_of(str(name), exclude):
            first = sources.setdefault(source.location, source)
            if first is not source:
                sources[source.location] = _merge(first, source)
                repeated.append(source.location)
    if repeated:
        names = sorted(set(repeated))
        log.warning("named more than once, taken once: %s", some_of(names, NAMED))
    return [sources[location] for location in sorted(sources)]


def _sources_of(name: str, exclude: Path | None) -> list[Source]:
    if is_remote(name):
        return _remote_sources(name)
    path = Path(os.path.normpath(name))
    if path.is_dir():
        return _videos_below(name, map(str, _files_below(path, exclude)), path)
    if not path.exists():
        raise InputError(f"{name}: no such file or folder")
    return _read_list(str(path)) if ending_of(name) in LIST_ENDINGS else [Source(str(path))]


def _files_below(folder: Path, exclude: Path | None) -> Iterator[Path]:
    files = (file for file in folder.rglob("*") if file.is_file())
    if exclude is None or not exclude.resolve().is_relative_to(folder.resolve()):
        return files
    return (file for file in files if not file.resolve().is_relative_to(exclude.resolve()))


def _remote_sources(url: str) -> list[Source]:
    """A video, a list, or all videos below a folder of a storage that has folders (not the web)."""
    _check_known(url)
    if ending_of(url) in LIST_ENDINGS:
        return _read_list(url)
    if url.startswith(("http://", "https://")) or ending_of(url) in CONTAINERS:
        return [Source(url)]
    try:
        system, path = fsspec.url_to_fs(url)
        if not system.isdir(path):
            return [Source(url)]
        files = [system.unstrip_protocol(file) for file in system.find(path)]
    except Exception as error:  # each storage raises its own classes
        raise InputError(f"{url}: cannot be listed: {one_line(error)}") from error
    return _videos_below(url, files, system.unstrip_protocol(path))


def _videos_below(name: str, files: Iterable[str], folder: str | Path) -> list[Source]:
    """Without hidden files and folders: some systems keep notes under a video's name."""
    prefix = str(folder).rstrip("/") + "/"
    videos = [
        file
        for file in files
        if ending_of(file) in CONTAINERS
        and not any(part.startswith(".") for part in file.removeprefix(prefix).split("/"))
    ]
    if not videos:
        raise InputError(f"{name}: the folder holds no video ({', '.join(sorted(CONTAINERS))})")
    return [Source(video) for video in videos]


def _read_list(location: str) -> list[Source]:
    rows = _table(location).to_pylist()
    if not rows:
        raise InputError(f"{location}: the list is empty")
    columns = [column for column in LOCATION_COLUMNS if column in rows[0]]
    if not columns:
        raise InputError(f"{location}: has no column 'url' or 'path'; it has {', '.join(rows[0])}")
    return [_source_of_row(location, line, row, columns) for line, row in enumerate(rows, 1)]


def _table(location: str) -> pa.Table:
    try:
        with fsspec.open(location, "rb") as file:
            if ending_of(location) == ".parquet":
                return read_table(file, location)
            # all columns as text: a checksum of digits only would become a number
            names = csv.open_csv(file).schema.names
        with fsspec.open(location, "rb") as file:
            text = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
            return csv.read_csv(file, convert_options=text)
    except InputError:
        raise
    except Exception as error:  # each storage raises its own classes
        raise InputError(f"{location}: the list cannot be read: {one_line(error)}") from error


def _source_of_row(place: str, line: int, row: Mapping[str, Any], columns: Sequence[str]) -> Source:
    fields = {key: str(value).strip() or None for key, value in row.items() if value is not None}
    location = next((fields[column] for column in columns if fields.get(column)), None)
    if location is None:
        raise InputError(f"{place}: entry {line} has no {' or '.join(columns)}")
    if is_remote(location):
        _check_known(location)
    elif is_remote(place):
        location = f"{place.rpartition('/')[0]}/{location}"
    else:
        location = os.path.normpath(Path(place).parent / location)
    sha256 = fields.get("sha256")
    if sha256 is not None and not _is_checksum(sha256):
        raise InputError(f"{place}: entry {line}: sha256 {sha256!r} is not 64 hexadecimal digits")
    return Source(location, fields.get("licence"), sha256 and sha256.lower())


def _is_checksum(text: str) -> bool:
    return len(text) == 64 and set(text.lower()) <= set("0123456789abcdef")


def _merge(one: Source, other: Source) -> Source:
    """One source from two mentions; InputError where they contradict each other."""
    for column in ("licence", "sha256"):
        first, second = getattr(one, column), getattr(other, column)
        if first and second and first != second:
            raise InputError(
                f"{one.location}: is listed twice, with {column} {first!r} and {second!r}; keep one"
            )
    return Source(one.location, one.licence or other.licence, one.sha256 or other.sha256)


def _check_known(url: str) -> None:
    """Raise InputError where no installed driver reads this kind of URL."""
    try:
        fsspec.get_filesystem_class(url.partition("://")[0])
    except (ImportError, ValueError) as error:
        raise InputError(f"{url}: {one_line(error)}") from error
