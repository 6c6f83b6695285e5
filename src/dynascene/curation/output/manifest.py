"""The manifest of a data set: one row for each clip, kept or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from dynascene.curation.clip import Clip, Value
from dynascene.curation.output.clip_folders import clip_path, clip_seconds, delivered_files
from dynascene.errors import InputError
from dynascene.io.manifests import COLUMNS, MANIFEST, OPTIONAL_COLUMNS, splits_of
from dynascene.io.parquet_tables import read_table

# of the source videos; the paper splits clips
PAPER_SHARES: Mapping[str, float] = MappingProxyType(
    {"train": 200_000, "val": 3_957, "test": 1_000}
)
VERDICT_COLUMNS = pa.schema(
    [
        ("licence", pa.string()),
        ("sha256", pa.string()),
        ("start", pa.float64()),
        ("end", pa.float64()),
        ("start_frame", pa.int64()),
        ("stop_frame", pa.int64()),
        ("verdict", pa.string()),
        ("stage", pa.string()),
        ("code", pa.string()),
        ("measured", pa.string()),
        ("files", pa.list_(pa.string())),
    ]
)
MANIFEST_COLUMNS = pa.unify_schemas([COLUMNS, OPTIONAL_COLUMNS, VERDICT_COLUMNS])


def manifest_table(clips: Sequence[Clip], shares: Mapping[str, float], seed: int = 0) -> pa.Table:
    """A row for each clip, kept or not, in their order.

    The columns are those of ``MANIFEST_COLUMNS``, then ``stage.value`` for whatever was measured.
    A clip that was dropped has no path and no split; verdict, stage, code and reason say where and
    why.

    Args:
        clips: as ``run_plan`` returns them.
        shares: of the source videos in each split.
        seed: of the splits.

    Returns:
        The table, a row for each clip.
    """
    splits = splits_of({_identity(clip) for clip in clips if clip.is_kept}, shares, seed)
    rows = [_row(clip, splits.get(_identity(clip))) for clip in clips]
    table = pa.Table.from_pylist(rows, MANIFEST_COLUMNS)
    for name in sorted({name for clip in clips for name in clip.values}):
        table = table.append_column(name, _column([clip.values.get(name) for clip in clips]))
    return table


def _identity(clip: Clip) -> str:
    """The checksum, or the location before opening: equal bytes under two names share a split."""
    return clip.source.sha256 or clip.source.location


def _row(clip: Clip, split: str | None) -> dict[str, Any]:
    values, rejection, source = clip.values, clip.rejection, clip.source
    rate = values.get("write.frame_rate", values.get("probe.fps"))
    begin, end = clip_seconds(clip, rate)
    return {
        "clip": clip_path(clip),
        "path": clip_path(clip) if clip.is_kept else None,
        "source": source.location,
        "split": split if clip.is_kept else None,
        "frames": clip.stop - clip.start if clip.stop else None,
        "frame_rate": rate,
        "width": values.get("write.width", values.get("probe.width")),
        "height": values.get("write.height", values.get("probe.height")),
        "has_person": "matte" in clip.files,
        "has_camera": "cameras" in clip.files,
        "reason": rejection and rejection.reason,
        "licence": source.licence,
        "sha256": source.sha256,
        "start": begin,
        "end": end,
        "start_frame": clip.start,
        "stop_frame": clip.stop,
        "verdict": "dropped" if rejection else "kept",
        "stage": rejection and rejection.stage,
        "code": rejection and rejection.code,
        "measured": _measured_text(rejection.measured) if rejection else None,
        "files": [name for _, name in delivered_files(clip)] if clip.is_kept else None,
    }


def _measured_text(value: Value) -> str | None:
    if isinstance(value, float):
        return f"{value:.6g}"
    return None if value is None else str(value)


def _column(values: Sequence[Value]) -> pa.Array:
    """A column of the narrowest type for all values: bool, int64, float64, else string."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {bool}:
        return pa.array(values, pa.bool_())
    if kinds <= {int}:
        return pa.array(values, pa.int64())
    if kinds <= {int, float}:
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    return pa.array([_measured_text(value) for value in values], pa.string())


def read_manifest(dataset: Path) -> pa.Table:
    """The manifest of a data set that ``dynascene curate`` made.

    Raises:
        InputError: there is none, or none that can be read.
    """
    table = earlier_manifest(dataset)
    if table is None:
        raise InputError(f"{dataset}: is no data set: it has no {MANIFEST}")
    return table


def earlier_manifest(out: Path) -> pa.Table | None:
    """The manifest of an earlier run, None where there is none.

    Raises:
        InputError: there is one that cannot be read, or that was not made by ``curate``.
    """
    try:
        table = read_table(out / MANIFEST)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{out / MANIFEST}: cannot be read ({error}); remove it to make it anew"
        ) from None
    missing = [name for name in MANIFEST_COLUMNS.names if name not in table.column_names]
    if missing:
        raise InputError(
            f"{out}: this data set was not made by dynascene curate: its manifest has no column "
            f"{missing[0]!r}"
        )
    return table
