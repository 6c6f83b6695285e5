"""From clips with their verdicts to a data set: folders, and the manifest of all clips."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import re
import shutil
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from filecmp import cmp
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dynascene.curation.clip import Clip, Value
from dynascene.curation.reports.card import CARD, FUNNEL
from dynascene.curation.votes.verdict_rule import with_earlier_outcomes
from dynascene.errors import InputError
from dynascene.io.atomic import replacing
from dynascene.io.manifests import COLUMNS, MANIFEST, OPTIONAL_COLUMNS, splits_of

log = logging.getLogger(__name__)

CLIPS = "clips"
META = "meta.json"
# of the source videos; in the paper these are its clips
PAPER_SHARES: Mapping[str, float] = MappingProxyType(
    {"train": 200_000, "val": 3_957, "test": 1_000}
)
DELIVERED = ("video", "matte", "scene", "cameras", "track")  # roles of a clip's files
VERDICTS = pa.schema(
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
TOLD = pa.unify_schemas([COLUMNS, OPTIONAL_COLUMNS, VERDICTS])


def write_dataset(
    clips: Sequence[Clip],
    out: Path,
    *,
    shares: Mapping[str, float] = PAPER_SHARES,
    seed: int = 0,
) -> pa.Table:
    """Put the files of kept clips into their folders, and write ``manifest.parquet`` of all clips.

    clips: as ``run_plan`` returns them. out: the data set's folder, made where it is missing.
    shares: of the source videos in each split. Files are linked where that is possible, so they
    take no space twice; what is in place already is left alone, and clips that an earlier manifest
    here had and this one has not are removed. What people said (``verify``) stays. Returns the
    manifest.

    Raises InputError where something cannot be written.
    """
    table, earlier = manifest_table(clips, shares, seed), _earlier_manifest(out)
    if earlier is not None:
        table = with_earlier_outcomes(table, earlier)
    for clip in clips:
        if clip.kept:
            _put_in_place(clip, out / clip_path(clip))
    content = io.BytesIO()
    pq.write_table(table, content)
    out.mkdir(parents=True, exist_ok=True)
    with replacing(out / MANIFEST) as temporary:
        temporary.write_bytes(content.getvalue())
    if earlier is not None and (gone := _paths(earlier) - _paths(table)):
        log.warning(
            "%s: clips of the run before that are kept no longer, removed: %d", out, len(gone)
        )
        _remove(out, gone)
    return table


def manifest_table(clips: Sequence[Clip], shares: Mapping[str, float], seed: int = 0) -> pa.Table:
    """A row for each clip, kept or not, in their order.

    The columns are those of ``TOLD``, then ``stage.value`` for whatever was measured. A clip that
    was dropped has no path and no split; verdict, stage, code and reason say where and why.
    """
    splits = splits_of({_identity(clip) for clip in clips if clip.kept}, shares, seed)
    rows = [_row(clip, splits.get(_identity(clip))) for clip in clips]
    table = pa.Table.from_pylist(rows, TOLD)
    for name in sorted({name for clip in clips for name in clip.values}):
        table = table.append_column(name, _column([clip.values.get(name) for clip in clips]))
    return table


def clip_path(clip: Clip) -> str:
    """A clip's folder in the data set, which is its name too: always the same for a stretch of a
    source, whatever else there is."""
    source = PurePosixPath(clip.source.location)
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", source.stem).strip("-.")[:40] or "video"
    known = hashlib.sha256(clip.source.location.encode()).hexdigest()[:8]
    return f"{CLIPS}/{word}-{known}/{clip.start:06d}-{clip.stop:06d}"


def _identity(clip: Clip) -> str:
    """What tells source videos apart: the same bytes under two names go to the same split."""
    return clip.source.sha256 or clip.source.location


def _row(clip: Clip, split: str | None) -> dict[str, Any]:
    known, rejection, source = clip.values, clip.rejection, clip.source
    rate = known.get("write.frame_rate", known.get("probe.fps"))
    begin, end = _seconds(clip, rate)
    return {
        "clip": clip_path(clip),
        "path": clip_path(clip) if clip.kept else None,
        "source": source.location,
        "split": split if clip.kept else None,
        "frames": clip.stop - clip.start if clip.stop else None,
        "frame_rate": rate,
        "width": known.get("write.width", known.get("probe.width")),
        "height": known.get("write.height", known.get("probe.height")),
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
        "measured": _told(rejection.measured) if rejection else None,
        "files": [name for _, name in _files(clip)] if clip.kept else None,
    }


def _seconds(clip: Clip, rate: Value) -> tuple[float | None, float | None]:
    """Exact where the clip was written; by its frame rate where not; unknown before probing."""
    begin, end = clip.values.get("write.start"), clip.values.get("write.end")
    if isinstance(begin, float) and isinstance(end, float):
        return begin, end
    if isinstance(rate, float) and rate > 0 and clip.stop:
        return clip.start / rate, clip.stop / rate
    return None, None


def _told(value: Value) -> str | None:
    if isinstance(value, float):
        return f"{value:.6g}"
    return None if value is None else str(value)


def _column(values: Sequence[Value]) -> pa.Array:
    """Of the one type that holds them all: truth, whole numbers, numbers, else text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {bool}:
        return pa.array(values, pa.bool_())
    if kinds <= {int}:
        return pa.array(values, pa.int64())
    if kinds <= {int, float}:
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    return pa.array([_told(value) for value in values], pa.string())


def _files(clip: Clip) -> list[tuple[Path, str]]:
    """Where the clip's files lie, and what they are called in its folder."""
    found = [Path(clip.files[role]) for role in DELIVERED if role in clip.files]
    return [(path, path.name) for path in found]


def meta_of(clip: Clip) -> dict[str, Any]:
    """What ``meta.json`` says: where a clip is from, and what was measured of it."""
    begin, end = _seconds(clip, clip.values.get("probe.fps"))
    return {
        "source": clip.source.location,
        "licence": clip.source.licence,
        "sha256": clip.source.sha256,
        "frames": [clip.start, clip.stop],
        "seconds": [begin, end],
        "values": dict(sorted(clip.values.items())),
    }


def _put_in_place(clip: Clip, folder: Path) -> None:
    """The clip's folder, whole or not at all."""
    files, meta = _files(clip), json.dumps(meta_of(clip), indent=1, ensure_ascii=False) + "\n"
    if _is_in_place(files, meta, folder):
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        with replacing(folder) as temporary:
            temporary.mkdir()
            for path, name in files:
                _link(path, temporary / name)
            (temporary / META).write_text(meta, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error})") from error


def _is_in_place(files: Sequence[tuple[Path, str]], meta: str, folder: Path) -> bool:
    try:
        if (folder / META).read_text(encoding="utf-8") != meta:
            return False
        if {path.name for path in folder.iterdir()} != {META, *(name for _, name in files)}:
            return False
        return all(cmp(path, folder / name) for path, name in files)  # size and time of change
    except OSError:
        return False


def _link(path: Path, target: Path) -> None:
    """The same file under another name; a copy where the place is on another disk."""
    try:
        os.link(path, target)
    except OSError:
        shutil.copy2(path, target)


def check_place(out: Path) -> None:
    """Raises InputError, before anything is done, where the data set or its card would be written
    over something else."""
    if out.exists() and not out.is_dir():
        raise InputError(f"`out` {out}: is a file; name a folder")
    if _earlier_manifest(out) is not None:
        return
    for name in (CARD, FUNNEL):
        if (out / name).exists():
            raise InputError(
                f"`out` {out}: holds a {name} and no data set; name a new folder, or that of an "
                "earlier run"
            )


def read_manifest_of(dataset: Path) -> pa.Table:
    """The manifest of a data set that ``dynascene curate`` made. Raises InputError without one."""
    table = _earlier_manifest(dataset)
    if table is None:
        raise InputError(f"{dataset}: is no data set: it has no {MANIFEST}")
    return table


def _earlier_manifest(out: Path) -> pa.Table | None:
    """The manifest of an earlier run. Raises InputError where there is one that cannot be read, or
    that was not made here."""
    try:
        table = pq.read_table(out / MANIFEST)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{out / MANIFEST}: cannot be read ({error}); remove it to make it anew"
        ) from None
    missing = [name for name in TOLD.names if name not in table.column_names]
    if missing:
        raise InputError(
            f"{out}: this data set was not made by dynascene curate: its manifest has no column "
            f"{missing[0]!r}"
        )
    return table


def _paths(table: pa.Table) -> set[str]:
    """The folders of clips that a manifest names."""
    return {path for path in table.column("path").to_pylist() if path is not None}


def _remove(out: Path, paths: Set[str]) -> None:
    """Clips that an earlier run put there; nothing else."""
    for path in paths:
        if not re.fullmatch(rf"{CLIPS}/\w[A-Za-z0-9._-]*/\d+-\d+", path):
            continue
        shutil.rmtree(out / path, ignore_errors=True)
        with suppress(OSError):  # other clips of the same source are still there
            (out / path).parent.rmdir()
