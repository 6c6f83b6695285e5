"""One curation run, from videos to a data set: what ``dynascene curate`` and Python users call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from dynascene.curation.clip import Clip, Source
from dynascene.curation.engine.choice import EngineChoice, LocalRay, start_engine
from dynascene.curation.engine.progress import NoWatcher, Watcher
from dynascene.curation.engine.store import Store
from dynascene.curation.output.dataset import check_dataset_folder, write_dataset
from dynascene.curation.output.links import write_links
from dynascene.curation.output.manifest import read_manifest
from dynascene.curation.output.release import (
    check_release_path,
    sources_of_release,
    write_release,
)
from dynascene.curation.pipeline import Plan, run_plan
from dynascene.curation.plan import CurationOptions, full_plan, rebuilding_plan
from dynascene.curation.reports.card import write_card
from dynascene.curation.reports.tagger import tagger_at_hand
from dynascene.curation.sources.listing import find_sources
from dynascene.curation.votes.pending import pending_votes
from dynascene.curation.votes.verdict_rule import OUTCOME, Outcome, outcome_counts
from dynascene.errors import InputError

WORK_FOLDER = ".work"  # in the data set, where no other folder is named
UNWATCHED = NoWatcher()


@dataclass(frozen=True, kw_only=True)
class CurationRequest:
    """The sources, the place and the settings of a data set.

    Attributes:
        sources: videos, folders of videos, or lists (.csv, .parquet) with a column url or path;
            local, or any URL that fsspec reads. With ``from_release``: folders of its videos.
        out: folder of the data set, made where it is missing.
        options: which clips to keep. With ``from_release`` the release has said that: only
            ``matte``, ``person_detector`` and ``time_limit`` are read.
        work: folder for the stages' results, visible to every machine of a cluster; None: ``.work``
            in the data set. A run that was stopped goes on from there.
        engine: where the work is done.
        release: where to also write a release, from which others rebuild the data set without its
            media; None: nowhere.
        from_release: rebuild the clips of this release with its cameras; None: look at the sources.
    """

    sources: Sequence[str | Path]
    out: Path
    options: CurationOptions = field(default_factory=CurationOptions)
    work: Path | None = None
    engine: EngineChoice = field(default_factory=LocalRay)
    release: Path | None = None
    from_release: Path | None = None

    @property
    def work_folder(self) -> Path:
        return self.work or self.out / WORK_FOLDER


@dataclass(frozen=True)
class ReleaseSummary:
    """A release on disk.

    Attributes:
        path: the Parquet file.
        clips: number of clips it lists.
        clips_used: how many of them have a split, after the votes.
        outcomes: number of clips of each outcome of the vote; None: nobody was asked.
        pending: number of clips with votes that the manifest and the release do not have yet.
    """

    path: Path
    clips: int
    clips_used: int
    outcomes: Mapping[Outcome, int] | None
    pending: int


@dataclass(frozen=True)
class CurationResult:
    """A data set on disk.

    Attributes:
        dataset: its folder.
        manifest: one row for each clip, kept or not.
        videos: number of sources.
        clips_kept: number of clips that the stages kept, before the votes.
        removed_by_people: how many of those lost their split by votes.
        links: how many sources of a release are readable, missing or changed; None without one.
        release: None where none was written.
    """

    dataset: Path
    manifest: pa.Table
    videos: int
    clips_kept: int
    removed_by_people: int
    links: Mapping[str, int] | None = None
    release: ReleaseSummary | None = None


def curate(request: CurationRequest, watcher: Watcher = UNWATCHED) -> CurationResult:
    """Make clips to train on from raw videos, with a reason for everything that is dropped.

    Args:
        request: sources, places and settings.
        watcher: shows the run to a person.

    Returns:
        The manifest and the counts of the data set.

    Raises:
        InputError: nothing to curate, a place that cannot be written, missing weights, an engine
            that does not start, or another run in the same work folder.
    """
    if not request.sources and request.from_release is None:
        raise InputError("name a video, a folder or a list, or `from_release` FILE")
    if request.release is not None:
        check_release_path(request.release, request.out)
    check_dataset_folder(request.out)
    sources, plan = _sources_and_plan(request)
    with start_engine(request.engine) as engine:
        clips = run_plan(sources, plan, Store(request.work_folder.resolve()), engine, watcher)
    return _write(request, clips, len(sources))


def release_dataset(dataset: Path, path: Path) -> ReleaseSummary:
    """Write the release of a data set as it stands, with what people said of its clips.

    Args:
        dataset: folder that ``curate`` wrote.
        path: the Parquet file to write.

    Raises:
        InputError: no data set, or a place that cannot be written.
    """
    check_release_path(path, dataset)
    return _release(read_manifest(dataset), dataset, path)


def _sources_and_plan(request: CurationRequest) -> tuple[list[Source], Plan]:
    cache = request.work_folder / "fetched"
    if request.from_release is not None:
        folders = [Path(folder) for folder in request.sources]
        sources = sources_of_release(request.from_release, folders)
        return sources, rebuilding_plan(request.from_release, request.options, cache)
    sources = find_sources(request.sources, exclude=request.out)
    return sources, full_plan(request.options, cache)


def _write(request: CurationRequest, clips: Sequence[Clip], videos: int) -> CurationResult:
    dataset = request.out
    manifest = write_dataset(clips, dataset)
    write_card(manifest, dataset, tagger_at_hand())
    links = write_links(clips, dataset) if request.from_release is not None else None
    release = _release(manifest, dataset, request.release) if request.release else None
    clips_kept = sum(clip.is_kept for clip in clips)
    removed = clips_kept - _used(manifest)
    return CurationResult(dataset, manifest, videos, clips_kept, removed, links, release)


def _release(manifest: pa.Table, dataset: Path, path: Path) -> ReleaseSummary:
    write_release(manifest, dataset, path)
    outcomes = outcome_counts(manifest) if OUTCOME in manifest.column_names else None
    pending = pending_votes(manifest, dataset)
    return ReleaseSummary(path, len(manifest), _used(manifest), outcomes, pending)


def _used(manifest: pa.Table) -> int:
    """The number of clips that have a split."""
    return len(manifest) - manifest.column("split").null_count
