"""Videos made elsewhere, judged beside the other systems.

F frames, H W pixels.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from dynascene.errors import InputError
from dynascene.evaluation.protocol import ShotInputs
from dynascene.io.arrays import map_array
from dynascene.io.checksums import sha256_of
from dynascene.io.frames import open_frames
from dynascene.types import Size

ARRAY_SUFFIX = ".npy"
UNSAFE = re.compile(r"[^\w.-]+")  # of a file's name


def clip_file_name(clip: str) -> str:
    """A clip's name as a file or folder has it: other signs than letters and digits are one "_"."""
    return UNSAFE.sub("_", clip).strip("_.")


@dataclass(frozen=True)
class ExternalVideos:
    """A folder with a video, a folder of pictures or an array (.npy) for each clip.

    Args:
        name: heads the row.
        folder: each entry is named as its clip (``clip_file_name``).

    Raises:
        InputError: there is no such folder, or two entries are of one clip.
    """

    name: str
    folder: Path
    sampling: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.name or not self.folder.is_dir():
            raise InputError(f"`external` {self.name}={self.folder}: give NAME=DIR of a folder")
        _ = self._entries

    @cached_property
    def weights(self) -> Mapping[str, str]:
        """The sha256 of all videos together."""
        return {"videos": sha256_of(self.folder)}

    def render(
        self, inputs: ShotInputs, seed: int, *, estimates: bool = True
    ) -> dict[str, np.ndarray]:
        """The clip's frames as they were made.

        Raises:
            InputError: the clip is missing, cannot be read, or has other frames than it should; the
                line names it.
        """
        place = f"clip {inputs.clip}, {self.name}"
        path = self._entries.get(clip_file_name(inputs.clip))
        if path is None:
            name = self.folder / clip_file_name(inputs.clip)
            raise InputError(f"{place}: missing; there is no {name}, video, folder or .npy")
        count, size = inputs.batch.frames, inputs.batch.size
        if path.suffix == ARRAY_SUFFIX:
            return {self.name: _read_array(path, place)}
        return {self.name: _read_video(path, place, count, size)}

    def checksum(self, clip: str) -> str:
        """The sha256 of a clip's video; empty where it is missing."""
        path = self._entries.get(clip_file_name(clip))
        return "" if path is None else sha256_of(path)

    @cached_property
    def _entries(self) -> dict[str, Path]:
        """By the name of the clip's file."""
        entries: dict[str, Path] = {}
        for path in sorted(self.folder.iterdir()):
            name = path.name if path.is_dir() else path.stem
            if path.name.startswith("."):
                continue
            if name in entries:
                raise InputError(
                    f"`external` {self.name}: {entries[name].name} and {path.name} are of one clip"
                )
            entries[name] = path
        return entries


def _read_array(path: Path, place: str) -> np.ndarray:
    try:
        frames = map_array(path)
    except InputError as error:
        raise InputError(f"{place}: {error}") from None
    if frames.ndim != 4 or frames.shape[3] != 3:
        raise InputError(f"{place}: {path} is {list(frames.shape)}, must be [F, H, W, 3]")
    return frames


def _read_video(path: Path, place: str, count: int, size: Size) -> np.ndarray:
    """uint8 [F, H, W, 3]. Number and size are compared before anything is decoded."""
    try:
        source = open_frames(path, strict=True)
        if len(source) != count:
            raise InputError(f"{len(source)} frames, the clip has {count}")
        if source.size != size:
            raise InputError(f"frames are {source.size}, the clip's are {size}")
        if source.channels != 3:
            raise InputError("frames have alpha; give the whole background")
        return np.stack(list(source.read()))
    except InputError as error:
        raise InputError(f"{place}: {error}") from None
