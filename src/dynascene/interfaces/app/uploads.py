"""What comes in from a browser: checked, and moved to its session."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from dynascene.errors import InputError
from dynascene.io.frames import open_frames

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class UploadLimits:
    """What the server takes.

    Attributes:
        megabytes: of one file.
        frames: of a clip that are used at once.
        side: pixels of the longer side of a clip.
    """

    megabytes: int = 500
    frames: int = 1500
    side: int = 4096


def take_file(upload: Path, folder: Path, limits: UploadLimits) -> Path:
    """Move an uploaded file into a session's folder; its place there.

    Raises:
        InputError: it is larger than the limits say, or empty.
    """
    size = upload.stat().st_size
    if size == 0:
        raise InputError(f"{upload.name}: is empty")
    if size > limits.megabytes * MEGABYTE:
        raise InputError(
            f"{upload.name}: has {size / MEGABYTE:.0f} MB, and the server takes "
            f"{limits.megabytes} MB; cut or compress it, or use the command line"
        )
    folder.mkdir(parents=True, exist_ok=True)
    place = _free_name(folder, upload.name)
    shutil.move(upload, place)
    return place


def check_clip(path: Path, limits: UploadLimits) -> int:
    """Check that a file is a clip, or a picture of somebody; its number of frames.

    Raises:
        InputError: it is neither, or larger or longer than the limits say.
    """
    source = open_frames(path)
    if max(source.size) > limits.side:
        raise InputError(
            f"{path.name}: is {source.size}, and the server takes sides of {limits.side} at most"
        )
    if len(source) == 1 and source.channels != 4:
        raise InputError(
            f"{path.name}: is a single picture without alpha; drop a video, or a PNG whose person "
            "is cut out"
        )
    return len(source)


def check_length(frames: int, part: tuple[int, int] | None, limits: UploadLimits) -> None:
    """Check the frames in use.

    Raises:
        InputError: they are more than the limits say, or reach beyond the clip.
    """
    start, stop = part or (0, frames)
    if not 0 <= start < stop <= frames:
        raise InputError(f"the clip has the frames 0 to {frames - 1}; choose some of them")
    if stop - start > limits.frames:
        raise InputError(
            f"{stop - start} frames are in use, and the server takes {limits.frames}; "
            "choose a part of the clip"
        )


def _free_name(folder: Path, name: str) -> Path:
    stem, suffix = Path(name).stem[:60], Path(name).suffix[:12]
    number, place = 1, folder / f"{stem}{suffix}"
    while place.exists():
        number += 1
        place = folder / f"{stem}-{number}{suffix}"
    return place
