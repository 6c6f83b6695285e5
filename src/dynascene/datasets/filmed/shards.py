"""Clips in WebDataset shards: ``CLIP.video.mp4``, ``CLIP.matte.mp4`` … in tar files.

A shard is not streamed but indexed, because a training sample is a function of its number; only
the files of the clips that are drawn are taken out, into the cache.
"""

from __future__ import annotations

import logging
import tarfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from dynascene.datasets.filmed.storage import short_hash
from dynascene.errors import InputError
from dynascene.io.atomic import replacing

log = logging.getLogger(__name__)

SHARD_SUFFIX = ".tar"


class Member(NamedTuple):
    """A file within a shard.

    Args:
        name: without the clip's, such as ``video.mp4``.
    """

    name: str
    offset: int
    size: int


def clips_of_shard(shard: Path) -> Mapping[str, tuple[Member, ...]]:
    """The files of each clip in a shard, by the clip's name (all up to the name's first dot).

    Files behind the place where a damaged shard breaks off are left out, and those whose names
    lead elsewhere.

    Raises:
        InputError: it is no tar file.
    """
    try:
        state = shard.stat()
    except OSError as error:
        raise InputError(f"{shard}: cannot be read: {error.strerror or error}") from None
    return _index(shard, state.st_mtime_ns)


@lru_cache(maxsize=256)
def _index(shard: Path, modification_time: int) -> dict[str, tuple[Member, ...]]:
    clips: dict[str, tuple[Member, ...]] = {}
    try:
        with tarfile.open(shard, "r:") as tar:
            for info in _members(tar, shard):
                folder, slash, base = info.name.removeprefix("./").rpartition("/")
                stem, dot, name = base.partition(".")
                if info.isfile() and stem and dot and is_plain_name(name):
                    member = Member(name, info.offset_data, info.size)
                    clip = folder + slash + stem
                    clips[clip] = (*clips.get(clip, ()), member)
    except (tarfile.TarError, OSError) as error:
        raise InputError(f"{shard}: is no tar file that can be read ({error})") from None
    return clips


def is_plain_name(name: str) -> bool:
    """Whether a name is that of a file within any folder, on every system."""
    return name.strip(". ") != "" and not set(name) & set("/\\:\0")


def _members(tar: tarfile.TarFile, shard: Path) -> list[tarfile.TarInfo]:
    members = []
    try:
        while (info := tar.next()) is not None:
            members.append(info)
    except (tarfile.TarError, ValueError, OverflowError) as error:  # the latter of absurd sizes
        log.warning("%s: the shard breaks off (%s); fetch it again", shard, error)
    return members


def unpack(shard: Path, clip: str, cache: Path) -> Path:
    """The folder with the files of one clip of a shard, unpacked when they are not there yet.

    Raises:
        InputError: the shard does not hold the clip, or not all of it.
    """
    state = shard.stat() if shard.is_file() else None
    members = clips_of_shard(shard).get(clip)
    if state is None or not members:
        raise InputError(f"{shard}: holds no clip {clip!r}")
    identity = f"{shard.absolute()} {state.st_size} {state.st_mtime_ns} {clip}"
    folder = cache / short_hash(identity)
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    try:
        with replacing(folder) as temporary:
            temporary.mkdir()
            _take_out(shard, clip, members, temporary)
    except InputError:
        if not folder.is_dir():  # else another process was quicker
            raise
    return folder


def _take_out(shard: Path, clip: str, members: tuple[Member, ...], folder: Path) -> None:
    length = shard.stat().st_size
    with shard.open("rb") as file:
        for member in members:
            file.seek(member.offset)
            is_whole = member.offset + member.size <= length  # else it claims any size
            content = file.read(member.size) if is_whole else b""
            if len(content) < member.size:
                raise InputError(f"{shard}: breaks off within {clip}.{member.name}")
            (folder / member.name).write_bytes(content)
