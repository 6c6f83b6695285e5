"""The folder of a kept clip: its name, its files, and how it is put in place."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence, Set
from contextlib import suppress
from filecmp import cmp
from pathlib import Path, PurePosixPath
from typing import Any

from dynascene.curation.clip import Clip, Value
from dynascene.errors import InputError
from dynascene.io.atomic import replacing

CLIPS = "clips"
META = "meta.json"
DELIVERED = ("video", "matte", "scene", "cameras", "track", "skeleton")  # roles of a clip's files


def clip_path(clip: Clip) -> str:
    """The clip's folder within the data set, which is also its name.

    It depends on the source and the stretch alone, not on the other clips.
    """
    source = PurePosixPath(clip.source.location)
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", source.stem).strip("-.")[:40] or "video"
    digest = hashlib.sha256(clip.source.location.encode()).hexdigest()[:8]
    return f"{CLIPS}/{word}-{digest}/{clip.start:06d}-{clip.stop:06d}"


def clip_seconds(clip: Clip, rate: Value) -> tuple[float | None, float | None]:
    """Start and end in the source, in seconds.

    Args:
        clip: whose values hold the exact times once it is written.
        rate: frames a second, used for a clip that is not written.

    Returns:
        (None, None) for a clip that was not probed.
    """
    begin, end = clip.values.get("write.start"), clip.values.get("write.end")
    if isinstance(begin, float) and isinstance(end, float):
        return begin, end
    if isinstance(rate, float) and rate > 0 and clip.stop:
        return clip.start / rate, clip.stop / rate
    return None, None


def delivered_files(clip: Clip) -> list[tuple[Path, str]]:
    """Each of the clip's files, with the name it gets in the clip's folder."""
    paths = [Path(clip.files[role]) for role in DELIVERED if role in clip.files]
    return [(path, path.name) for path in paths]


def meta_of(clip: Clip) -> dict[str, Any]:
    """The content of ``meta.json``: the clip's source and its measurements."""
    begin, end = clip_seconds(clip, clip.values.get("probe.fps"))
    return {
        "source": clip.source.location,
        "licence": clip.source.licence,
        "sha256": clip.source.sha256,
        "frames": [clip.start, clip.stop],
        "seconds": [begin, end],
        "values": dict(sorted(clip.values.items())),
    }


def place_clip(clip: Clip, folder: Path) -> None:
    """Put the clip's folder in place, whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    files = delivered_files(clip)
    meta = json.dumps(meta_of(clip), indent=1, ensure_ascii=False) + "\n"
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
    """Hard-link a file, or copy it where the target is on another disk."""
    try:
        os.link(path, target)
    except OSError:
        shutil.copy2(path, target)


def remove_clips(out: Path, paths: Set[str]) -> None:
    """Remove clip folders that an earlier run wrote, and nothing else."""
    for path in paths:
        if not re.fullmatch(rf"{CLIPS}/\w[A-Za-z0-9._-]*/\d+-\d+", path):
            continue
        shutil.rmtree(out / path, ignore_errors=True)
        with suppress(OSError):  # other clips of the same source are still there
            (out / path).parent.rmdir()
