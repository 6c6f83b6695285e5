"""Which clips a folder holds: looked through once, then kept as its manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

from dynascene.datasets.filmed.broken import BrokenClips
from dynascene.datasets.filmed.manifest import ClipManifest, ClipRecord, read_manifest
from dynascene.datasets.filmed.mattes import check_matte
from dynascene.datasets.filmed.opening import (
    BESIDE_SUFFIXES,
    CAMERA_FOLDERS,
    VIDEO_SUFFIXES,
    ClipFiles,
    OpenClip,
    clip_files,
    open_clip,
)
from dynascene.datasets.filmed.shards import SHARD_SUFFIX, clips_of_shard
from dynascene.datasets.filmed.storage import Storage
from dynascene.errors import InputError
from dynascene.io.cameras.re10k import video_address
from dynascene.io.frames import split_alpha
from dynascene.io.manifests import MANIFEST, SHARES, splits_of

THREADS = 4  # opening clips is mostly waiting for the disk
Progress = Callable[[int, int], None]


def open_manifest(source: Path | str, cache: Path | None = None) -> ClipManifest:
    """The manifest of a data set, or a survey of its clips where it has none.

    Args:
        source: a folder or URL, or its ``manifest.parquet``.
        cache: where fetched files are stored.

    Raises:
        InputError: as from read_manifest and survey.
    """
    place = str(source)
    if Path(source).name == MANIFEST:
        place = place[: -len(MANIFEST)] or "."
    storage = Storage.at(place, cache)
    if storage.has_folder(MANIFEST):  # else it would count as none, and could not be written
        raise InputError(f"{storage.root}/{MANIFEST}: is a folder, and no manifest")
    return (
        read_manifest(storage)
        if storage.has(MANIFEST)
        else _cached_survey(storage, storage.state())
    )


@lru_cache(maxsize=16)
def _cached_survey(storage: Storage, state: str) -> ClipManifest:
    """Once per process, as long as the files stay as they are."""
    return survey(storage)


def write_manifest(
    folder: Path | str,
    *,
    shares: Mapping[str, float] = SHARES,
    seed: int = 0,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> ClipManifest:
    """Look through a folder of clips and write its ``manifest.parquet``.

    A clip that cannot be used is logged and listed without a split, with the reason.

    Args:
        folder: local, or an fsspec URL.
        shares: of the source videos in each split.
        seed: another one divides them otherwise.
        progress: called with the clips done and their number.

    Raises:
        InputError: there are no clips, or too many broken ones (see ``BrokenClips``).
    """
    manifest = survey(Storage.at(folder, cache), shares=shares, seed=seed, progress=progress)
    manifest.save()
    return manifest


def survey(
    storage: Storage,
    *,
    shares: Mapping[str, float] = SHARES,
    seed: int = 0,
    progress: Progress | None = None,
) -> ClipManifest:
    """Look through a folder's clips without writing anything; arguments as for write_manifest."""
    clips = list(find_clips(storage))
    if not clips:
        raise InputError(
            f"{storage.root}: holds no clips; expected a folder for each, with video.mp4, "
            "matte.mp4 and cameras.txt (docs/datasets.md)"
        )
    ledger = BrokenClips([record.clip for record in clips])
    records = []
    with ThreadPoolExecutor(THREADS) as pool:
        results = pool.map(lambda record: _inspect(record, storage), clips)
        for number, record in enumerate(results):
            if record.reason is None:
                ledger.mark_sound(number)
            else:
                ledger.report(number, record.reason)
            records.append(record)
            if progress is not None:
                progress(number + 1, len(clips))
    ledger.check()
    return ClipManifest.of(_assign_splits(records, shares, seed), storage)


def find_clips(storage: Storage) -> Iterator[ClipRecord]:
    """The clips that the files' names show, nothing opened but shards; a broken shard is one clip.

    A folder with ``video.mp4`` is a clip, and so is a video with a camera file of its name beside
    it; a tar file holds clips.
    """
    files = storage.files()
    all_names = set(files)
    for name in files:
        path = PurePosixPath(name)
        if path.suffix.lower() == SHARD_SUFFIX:
            yield from _clips_in_shard(name, storage)
        elif path.suffix.lower() not in VIDEO_SUFFIXES:
            continue
        elif path.stem == "video":
            folder = str(path.parent)
            root = PurePosixPath(storage.root).name
            yield _unopened_record(root if folder == "." else folder, folder)
        elif path.stem != "matte" and _cameras_of(path) & all_names:
            yield _unopened_record(_name_of_video(path), name)


def _clips_in_shard(name: str, storage: Storage) -> Iterator[ClipRecord]:
    try:
        clips = list(clips_of_shard(storage.local(name)))
    except InputError as error:  # one broken shard is no reason to do without the others
        yield ClipRecord(name, name, reason=str(error))
        return
    for clip in clips:
        yield _unopened_record(clip, name)


def _name_of_video(path: PurePosixPath) -> str:
    """``videos/ID.mp4`` is the clip ``ID``."""
    return "/".join(part for part in path.with_suffix("").parts if part != "videos")


def _unopened_record(clip: str, path: str) -> ClipRecord:
    return ClipRecord(clip, path, source=clip)


def _cameras_of(video: PurePosixPath) -> set[str]:
    folders = [video.parent.parent / f[3:] if f else video.parent for f in CAMERA_FOLDERS]
    return {str(f / (video.stem + suffix)) for f in folders for suffix in BESIDE_SUFFIXES}


def _inspect(record: ClipRecord, storage: Storage) -> ClipRecord:
    if record.reason is not None:
        return record
    try:
        files = clip_files(record, storage)
        clip = open_clip(files)
        if clip.matte is not None:
            check_matte(clip.matte, files.matte or files.video)
        elif clip.has_person:
            check_matte(split_alpha(clip.frames)[1], files.video)
        return replace(
            record,
            source=_source_of(record, files, clip),
            frames=len(clip.frames),
            frame_rate=float(clip.frames.frame_rate),
            width=clip.frames.size.width,
            height=clip.frames.size.height,
            has_person=clip.has_person,
            has_camera=clip.has_camera,
        )
    except InputError as error:
        return replace(record, reason=str(error), has_camera=False)


def _source_of(record: ClipRecord, files: ClipFiles, clip: OpenClip) -> str:
    """The video that a clip was cut from: as its meta.json says, or the address that stands above
    RealEstate10K's poses; else the clip is taken to be its own."""
    source = clip.meta.get("source")
    if isinstance(source, str) and source:
        return source
    address = None if files.cameras is None else video_address(files.cameras)
    return address or record.clip


def _assign_splits(
    records: list[ClipRecord], shares: Mapping[str, float], seed: int
) -> list[ClipRecord]:
    splits = splits_of({r.source for r in records if r.reason is None}, shares, seed)
    return [r if r.reason else replace(r, split=splits[r.source]) for r in records]
