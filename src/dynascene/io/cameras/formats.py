"""The camera file formats by name: reading, writing and detection."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynascene.errors import InputError
from dynascene.io.cameras import (
    blender,
    camera_info,
    chan,
    colmap,
    humanvid,
    kitti,
    motionctrl,
    nerfstudio,
    re10k,
    tum,
)
from dynascene.io.cameras.checks import describe_jump
from dynascene.io.cameras.defaults import CameraDefaults, Notice
from dynascene.io.cameras.exports.lens import FRAME_RATE
from dynascene.io.cameras.exports.table import EXPORTS, CameraExport
from dynascene.io.cameras.rows import is_number, split_fields
from dynascene.io.keyframes import is_keyframe_file
from dynascene.io.text import read_json, read_lines
from dynascene.types import CameraTrack

Reader = Callable[[Path, CameraDefaults, Notice], CameraTrack]
Writer = Callable[[CameraTrack, Path, CameraDefaults], None]


@dataclass(frozen=True)
class CameraFormat:
    """A camera file format.

    Attributes:
        name: as users type it.
        read, write: functions for a file.
        loses: what of a track the format cannot store; empty where it stores everything.
    """

    name: str
    read: Reader
    write: Writer
    loses: str = ""

    def losses(self, track: CameraTrack) -> str:
        """What the format cannot store, of whatever track."""
        return self.loses


POSES_ONLY = "frame size and intrinsics"
FORMATS = {
    entry.name: entry
    for entry in (
        CameraFormat("re10k", re10k.read_re10k, re10k.write_re10k, "frame size"),
        CameraFormat("colmap", colmap.read_colmap, colmap.write_colmap),
        CameraFormat("colmap-bin", colmap.read_colmap, colmap.write_colmap_binary),
        CameraFormat("nerfstudio", nerfstudio.read_nerfstudio, nerfstudio.write_nerfstudio),
        CameraFormat("tum", tum.read_tum, tum.write_tum, POSES_ONLY),
        CameraFormat("kitti", kitti.read_kitti, kitti.write_kitti, POSES_ONLY),
        CameraFormat(
            "humanvid",
            humanvid.read_humanvid,
            humanvid.write_humanvid,
            "frame size and principal point",
        ),
        CameraFormat(
            "motionctrl",
            motionctrl.read_motionctrl,
            motionctrl.write_motionctrl,
            "frame size, intrinsics and the pose of the first frame",
        ),
        CameraFormat(
            "chan",
            chan.read_chan,
            chan.write_chan,
            "frame size, principal point, rotation order and sensor",
        ),
        CameraFormat("blender", blender.read_blender, blender.write_blender),
        CameraFormat(
            "camera_info", camera_info.read_camera_info, camera_info.write_camera_info
        ),
    )
}  # fmt: skip

BY_COLUMNS = {19: "re10k", 12: "kitti", 11: "humanvid", 10: "humanvid", 8: "tum"}
HEADING_LINES = 20
BY_ENDING = {".txt": "re10k", ".json": "nerfstudio", ".chan": "chan", "": "colmap"}
BY_ENDING |= {entry.ending: name for name, entry in EXPORTS.items()}


def read_cameras(
    path: Path | str,
    format: str | None = None,
    defaults: CameraDefaults = CameraDefaults(),  # noqa: B008 (frozen)
    notice: Notice | None = None,
) -> CameraTrack:
    """Read a camera track from a file, or from a COLMAP folder.

    Args:
        path: of the file or folder.
        format: a name from FORMATS; None: detect it from the content.
        defaults: values for what the format does not store.
        notice: called with one line for each thing that is assumed, filled or not read.

    Raises:
        InputError: with file and line where the content is not a camera track.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: there is no such camera file")
    entry = format_named(format) if format is not None else FORMATS[detect_format(path)]
    if path.is_dir() and entry.read is not colmap.read_colmap:
        raise InputError(f"{path}: is a folder, and {entry.name} is a file")
    track = entry.read(path, defaults, notice or _silent)
    if (jump := describe_jump(track)) is not None and notice is not None:
        notice(f"{path}: {jump}")
    return track


def write_cameras(
    track: CameraTrack,
    path: Path | str,
    format: str | None = None,
    defaults: CameraDefaults = CameraDefaults(),  # noqa: B008 (frozen)
    notice: Notice | None = None,
) -> None:
    """Write a track in one step, so that ``path`` is complete or absent.

    Args:
        track: the cameras.
        path: of the file or folder.
        format: a name from FORMATS or EXPORTS; None: by the ending (.txt re10k, .json nerfstudio,
            .chan chan, none a COLMAP folder, .usda, .glb, .jsx, .py and .nk the exports).
        defaults: rotation order and sensor, for chan; frame rate and sensor, for exports.
        notice: called with one line where the format does not store the whole track, and where a
            frame rate is assumed.

    Raises:
        InputError: the format cannot hold the track, or the place cannot be written.
    """
    path = Path(path)
    name = format or format_for_ending(path)
    entry = EXPORTS.get(name) or format_named(name)
    entry.write(track, path, defaults)
    losses, notice = entry.losses(track), notice or _silent
    if losses:
        notice(f"{path}: {entry.name} does not store {losses}")
    if isinstance(entry, CameraExport) and defaults.frame_rate is None:
        notice(f"{path}: assuming {FRAME_RATE:g} frames a second (`frame_rate`)")


def format_named(name: str) -> CameraFormat:
    """The format of a name.

    Raises:
        InputError: there is none; the message lists the names and suggests the nearest one.
    """
    if name in EXPORTS:
        raise InputError(f"camera format {name} is only written, for programs of artists")
    if name not in FORMATS:
        near = difflib.get_close_matches(name.lower(), (*FORMATS, *EXPORTS), n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise InputError(f"camera format {name!r} is unknown{hint} Known: {known_names()}")
    return FORMATS[name]


def known_names() -> str:
    return ", ".join(FORMATS)


def written_names() -> str:
    return ", ".join((*FORMATS, *EXPORTS))


def format_for_ending(path: Path) -> str:
    if path.suffix.lower() not in BY_ENDING:
        raise InputError(
            f"{path}: the ending does not tell the camera format; name one of {written_names()}"
        )
    return BY_ENDING[path.suffix.lower()]


def detect_format(path: Path | str) -> str:
    """Detect the format from the content.

    Raises:
        InputError: no format fits (the message lists the names), or it is a keyframe file.
    """
    path = Path(path)
    name = None
    if path.is_dir():
        name = "colmap" if colmap.find_model(path) else None
    elif path.suffix.lower() == ".chan":
        name = "chan"  # the columns alone could also be TUM
    else:
        lines = [line for line in read_lines(path) if line.strip()]
        if not lines:
            raise InputError(f"{path}: is empty")
        is_json = lines[0].lstrip().startswith(("{", "["))
        name = _detect_document(read_json(path)) if is_json else _detect_columns(lines)
    if name is None and is_keyframe_file(path):
        raise InputError(f"{path}: is a keyframe file; give it to `move`")
    if name is None:
        raise InputError(
            f"{path}: is no camera file of a known format; if it is one, name it: {known_names()}"
        )
    return name


def _detect_document(document: Any) -> str | None:
    if isinstance(document, list):
        return "motionctrl"
    if not isinstance(document, dict):
        return None
    if "w2c" in document:
        return "camera_info"
    frames = document.get("frames")
    first = frames[0] if isinstance(frames, list) and frames else None
    if not isinstance(first, dict):
        return None
    if "matrix_world" in first:
        return "blender"
    if "transform_matrix" not in first:
        return None
    # NeRF-synthetic stores an angle and no frame size
    values = document | first
    bare = {"camera_angle_x", "camera_angle_y"} & values.keys() and not {
        "fl_x",
        "w",
    } & values.keys()
    return "blender" if bare else "nerfstudio"


def _detect_columns(lines: list[str]) -> str | None:
    """The format by the columns of the first line of numbers; lines of text may stand above it."""
    for line in lines[:HEADING_LINES]:
        fields = split_fields(line)
        if fields and all(map(is_number, fields)):
            return BY_COLUMNS.get(len(fields))
    return None


def _silent(line: str) -> None:
    pass
