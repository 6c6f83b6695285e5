"""From clips to a data set: the folders of kept clips, and the manifest of all clips."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dynascene.curation.clip import Clip
from dynascene.curation.output.clip_folders import clip_path, place_clip, remove_clips
from dynascene.curation.output.manifest import PAPER_SHARES, earlier_manifest, manifest_table
from dynascene.curation.reports.card import CARD, FUNNEL
from dynascene.curation.votes.verdict_rule import with_earlier_outcomes
from dynascene.errors import InputError
from dynascene.io.atomic import replacing
from dynascene.io.manifests import MANIFEST

log = logging.getLogger(__name__)


def write_dataset(
    clips: Sequence[Clip],
    out: Path,
    *,
    shares: Mapping[str, float] = PAPER_SHARES,
    seed: int = 0,
) -> pa.Table:
    """Put the files of kept clips into their folders, and write ``manifest.parquet`` of all clips.

    Files are linked where that is possible, so they take no space twice. What is in place already
    is left alone. Clips of an earlier manifest that this one lacks are removed. People's verdicts
    (``verify``) stay.

    Args:
        clips: as ``run_plan`` returns them.
        out: the data set's folder, made where it is missing.
        shares: of the source videos in each split.
        seed: of the splits.

    Returns:
        The manifest.

    Raises:
        InputError: something cannot be written, or an earlier manifest cannot be read.
    """
    table, earlier = manifest_table(clips, shares, seed), earlier_manifest(out)
    if earlier is not None:
        table = with_earlier_outcomes(table, earlier)
    for clip in clips:
        if clip.is_kept:
            place_clip(clip, out / clip_path(clip))
    content = io.BytesIO()
    pq.write_table(table, content)
    out.mkdir(parents=True, exist_ok=True)
    with replacing(out / MANIFEST) as temporary:
        temporary.write_bytes(content.getvalue())
    if earlier is not None and (gone := _paths(earlier) - _paths(table)):
        log.warning(
            "%s: clips of the run before that are kept no longer, removed: %d", out, len(gone)
        )
        remove_clips(out, gone)
    return table


def check_dataset_folder(out: Path) -> None:
    """Check, before any work, that a data set would not be written over something else.

    Raises:
        InputError: ``out`` is a file, or holds files of these names and no data set, or a folder
            where one of its files belongs.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"`out` {out}: is a file; name a folder")
    for name in (MANIFEST, CARD, FUNNEL):
        if (out / name).is_dir():
            raise InputError(
                f"`out` {out}: its {name} is a folder, and a file is to be written; move it away"
            )
    if earlier_manifest(out) is not None:
        return
    for name in (CARD, FUNNEL):
        if (out / name).exists():
            raise InputError(
                f"`out` {out}: holds a {name} and no data set; name a new folder, or that of an "
                "earlier run"
            )


def _paths(table: pa.Table) -> set[str]:
    """The clip folders that a manifest names."""
    return {path for path in table.column("path").to_pylist() if path is not None}
