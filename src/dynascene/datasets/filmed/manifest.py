"""The manifest of a data set of clips, checked and read row by row.

Columns are as in ``io.manifests``; any others are kept and not looked at.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import PureWindowsPath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dynascene.datasets.filmed.storage import Storage
from dynascene.datasets.imagery import SPLITS, check_split
from dynascene.errors import InputError
from dynascene.io.manifests import COLUMNS, MANIFEST, OPTIONAL_COLUMNS
from dynascene.io.parquet_tables import read_table


@dataclass(frozen=True, slots=True)
class ClipRecord:
    """A row of the manifest.

    Args:
        clip: its name, unique.
        path: the clip's folder, its shard (.tar), or a video with its cameras beside it;
            relative to the manifest.
        source: the video that it was cut from.
        split: None when the clip is not used; ``reason`` then says why.
    """

    clip: str
    path: str = ""
    source: str = ""
    split: str | None = None
    frames: int = 0
    frame_rate: float = 0.0
    width: int = 0
    height: int = 0
    has_person: bool = False
    has_camera: bool = True
    reason: str | None = None


@dataclass(frozen=True)
class ClipManifest:
    """Clips and the place that their paths are relative to.

    Raises:
        InputError: a column is missing or of another type, a split is unknown, or two clips have
            one name.
    """

    table: pa.Table
    storage: Storage

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "table", _check_columns(self.table, f"{self.storage.root}/{MANIFEST}")
        )

    @staticmethod
    def of(records: Sequence[ClipRecord], storage: Storage) -> ClipManifest:
        """A manifest of these clips."""
        schema = pa.unify_schemas([COLUMNS, OPTIONAL_COLUMNS])
        return ClipManifest(pa.Table.from_pylist([asdict(r) for r in records], schema), storage)

    def __len__(self) -> int:
        return self.table.num_rows

    def __getitem__(self, number: int) -> ClipRecord:
        row = self._records.slice(number, 1).to_pylist()[0]
        return ClipRecord(**_without_nulls(row))

    @cached_property
    def _records(self) -> pa.Table:
        names = [f.name for f in (*COLUMNS, *OPTIONAL_COLUMNS) if f.name in self.table.column_names]
        return self.table.select(names)

    @property
    def names(self) -> list[str]:
        """The clips' names, in order."""
        return self.table.column("clip").to_pylist()

    def has_split(self, split: str, frames: int = 1) -> bool:
        """Whether the split has a clip of at least so many frames."""
        chosen = (pc.field("split") == split) & (pc.field("frames") >= frames)
        return self.table.filter(chosen).num_rows > 0

    def of_split(self, split: str, frames: int = 1) -> ClipManifest:
        """The clips of a split that have at least so many frames.

        Raises:
            InputError: the split is unknown, or nothing is left.
        """
        check_split(split)
        clips = self.table.filter(pc.field("split") == split)
        enough = clips.filter(pc.field("frames") >= frames)
        if not enough.num_rows:
            why = f"of them has {frames} frames" if clips.num_rows else "is listed for it"
            raise InputError(
                f"{self.storage.root}: split {split} has {clips.num_rows} clips, and none {why}"
            )
        return ClipManifest(enough, self.storage)

    def of_orientation(self, *, upright: bool) -> ClipManifest:
        """The clips that are higher than wide, or all others; perhaps none."""
        heights, widths = (self.table.column(name).to_pylist() for name in ("height", "width"))
        sides = zip(heights, widths, strict=True)
        chosen = [((height or 0) > (width or 0)) == upright for height, width in sides]
        return ClipManifest(self.table.filter(pa.array(chosen, pa.bool_())), self.storage)

    @property
    def person_share(self) -> float:
        """The share of the clips that show a person, 0 … 1."""
        with_person = self.table.column("has_person").to_pylist()
        return sum(map(bool, with_person)) / max(1, len(with_person))

    def save(self) -> None:
        """Write ``manifest.parquet`` into the folder of the clips, in one step."""
        content = io.BytesIO()
        pq.write_table(self.table, content)
        self.storage.write(MANIFEST, content.getvalue())


def read_manifest(storage: Storage) -> ClipManifest:
    """The manifest of a folder.

    Raises:
        InputError: there is none, or none that can be used.
    """
    path = storage.local(MANIFEST)
    try:
        table = read_table(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; write_manifest makes one") from None
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: is no Parquet file that can be read ({error})") from None
    return ClipManifest(table, storage)


def _check_columns(table: pa.Table, where: str) -> pa.Table:
    for field in COLUMNS:
        if field.name not in table.column_names:
            raise InputError(f"{where}: has no column {field.name!r}")
    for field in (*COLUMNS, *OPTIONAL_COLUMNS):
        if field.name in table.column_names:
            table = _with_type(table, field, where)
    unknown = set(table.column("split").unique().to_pylist()) - {None, *SPLITS}
    if unknown:
        raise InputError(
            f"{where}: split {sorted(unknown)[0]!r} is unknown; known: {', '.join(SPLITS)}"
        )
    rows = table.filter(pc.field("split").is_valid())
    for name in ("clip", "path", "source"):
        if rows.column(name).null_count:
            raise InputError(f"{where}: a clip with a split has no {name}")
    # those of Windows, which part names at / as well as at \
    paths = ((path, PureWindowsPath(path)) for path in rows.column("path").to_pylist())
    outside = next((path for path, p in paths if p.anchor or ".." in p.parts), None)
    if outside is not None:
        raise InputError(f"{where}: path '{outside}' leads out of the data set")
    counts = rows.column("clip").value_counts().to_pylist()
    twice = next((entry["values"] for entry in counts if entry["counts"] > 1), None)
    if twice is not None:
        raise InputError(f"{where}: clip {twice!r} is listed twice; names must be unique")
    return table


def _without_nulls(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _with_type(table: pa.Table, field: pa.Field, where: str) -> pa.Table:
    try:
        column = table.column(field.name).cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InputError(f"{where}: column {field.name!r} is not of type {field.type}") from None
    return table.set_column(table.column_names.index(field.name), field, column)
