"""From clips with their verdicts to a data set: folders, and the manifest of all clips."""

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

    clips: as ``run_plan`` returns them. out: the data set's folder, made where it is missing.
    shares: of the source videos in each split. Files are linked where that is possible, so they
    take no space twice; what is in place already is left alone, and clips that an earlier manifest
    here had and this one has not are removed. What people said (``verify``) stays. Returns the
    manifest.

    Raises InputError where something cannot be written.
    """
    table, earlier = manifest_table(clips, shares, seed), earlier_manifest(out)
    if earlier is not None:
        table = with_earlier_outcomes(table, earlier)
    for clip in clips:
        if clip.kept:
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
    """Raises InputError, before anything is done, where the data set or its card would be written
    over something else."""
    if out.exists() and not out.is_dir():
        raise InputError(f"`out` {out}: is a file; name a folder")
    if earlier_manifest(out) is not None:
        return
    for name in (CARD, FUNNEL):
        if (out / name).exists():
            raise InputError(
                f"`out` {out}: holds a {name} and no data set; name a new folder, or that of an "
                "earlier run"
            )


def _paths(table: pa.Table) -> set[str]:
    """The folders of clips that a manifest names."""
    return {path for path in table.column("path").to_pylist() if path is not None}
