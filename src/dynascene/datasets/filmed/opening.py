"""One clip of a data set: where its files are, and whether they fit together."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, NamedTuple

import torch

from dynascene.datasets.filmed.further_fields import check_field, is_field_file
from dynascene.datasets.filmed.manifest import ClipRecord
from dynascene.datasets.filmed.mattes import open_clip_matte
from dynascene.datasets.filmed.shards import SHARD_SUFFIX, unpack
from dynascene.datasets.filmed.storage import Storage
from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.tracks import (
    extent,
    resize_track,
    scale_of,
    with_square_pixels,
)
from dynascene.io.cameras import CameraDefaults, read_cameras
from dynascene.io.cameras.re10k import stated_scale
from dynascene.io.frames import coded_size_of, open_frames
from dynascene.io.text import is_finite_number, read_json
from dynascene.phrases import count_of
from dynascene.types import CameraTrack, FrameSource

log = logging.getLogger(__name__)

VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")
CAMERA_SUFFIXES = (".txt", ".json", ".chan")
SUFFIXES = {
    "video": VIDEO_SUFFIXES,
    "matte": VIDEO_SUFFIXES,
    "cameras": CAMERA_SUFFIXES,
    "scene": (".png", ".jpg", ".jpeg", ".webp"),
    "meta": (".json",),
}
# The last is how camera_info files are named; whole, since the video's name stands before it
BESIDE_SUFFIXES = (*CAMERA_SUFFIXES, ".camera_info.json")
CAMERA_FOLDERS = ("", "../poses/", "../cameras/")  # beside a video that is a clip by itself
SHAPE_TOLERANCE = 0.02  # relative; sizes rounded to even numbers stay below
SQUARE_TOLERANCE = 0.05  # of fx / fy: estimates differ by that much; squeezed frames by more
TRAVEL = "camera.travel"  # among the values that curation writes into meta.json
UNKNOWN_FOV = 60.0  # degrees, of the camera that stands in for an unknown one


class ClipFiles(NamedTuple):
    """Local files of a clip; None where it has none of a kind. fields: further ones, by name."""

    video: Path
    matte: Path | None = None
    cameras: Path | None = None
    scene: Path | None = None
    meta: Path | None = None
    fields: Mapping[str, Path] = MappingProxyType({})

    def by_role(self) -> dict[str, Path]:
        """The files that there are."""
        files = {role: path for role, path in self._asdict().items() if isinstance(path, Path)}
        return {**files, **self.fields}


@dataclass(frozen=True)
class OpenClip:
    """A clip whose parts fit together; no frame but the first has been decoded.

    Reading frames raises InputError where the video is damaged.

    Args:
        frames: [H, W, 3], or [H, W, 4] where the matte is their alpha and ``matte`` is None.
        matte: [H, W, 1], 255 = person; None also where nobody is.
        cameras: one per frame, for the frames' size; a still one where ``has_camera`` is False.
        meta: what ``meta.json`` holds.
        stated_scale: track units in the cameras' unit, where their file tells it.
        fields: files of further fields, by name.
    """

    frames: FrameSource
    matte: FrameSource | None
    cameras: CameraTrack
    has_camera: bool
    meta: dict[str, Any]
    fields: Mapping[str, Path] = field(default_factory=dict)
    stated_scale: float | None = None

    @property
    def square(self) -> CameraTrack:
        """The cameras for frames of square pixels; of another size where a video is squeezed."""
        track = with_square_pixels(self.cameras)
        ratio = track.size.height / self.frames.size.height
        return track if abs(ratio - 1) > SQUARE_TOLERANCE else self.cameras

    @property
    def track_scale(self) -> float:
        """Track units in the cameras' unit of length: one number for the whole clip.

        Curation measured how far the camera travels in median depths; RealEstate10K has a unit of
        its own. Else the whole clip's travel is assumed, as in sampling. 0 = the camera turns in
        place.
        """
        travel, reach = _travel(self.meta), extent(self.cameras)
        if travel and reach:
            return float(travel) / reach
        return scale_of(self.cameras, self.stated_scale)

    @property
    def has_person(self) -> bool:
        """Whether the clip has a matte of its own or as alpha."""
        return self.matte is not None or self.frames.channels == 4


def clip_files(record: ClipRecord, storage: Storage) -> ClipFiles:
    """The local files of a clip; fetched, or taken out of its shard, where they are not local.

    Raises:
        InputError: the clip's folder, shard or video is missing.
    """
    path = PurePosixPath(record.path)
    if path.suffix.lower() == SHARD_SUFFIX:
        folder = unpack(storage.local(record.path), record.clip, storage.cache)
        return _files_of_folder(".", Storage(str(folder), storage.cache))
    if path.suffix.lower() in VIDEO_SUFFIXES:
        beside = cameras_beside(record.path, storage)
        cameras = None if beside is None else storage.local(beside)
        return ClipFiles(storage.local(record.path), cameras=cameras)
    return _files_of_folder(record.path, storage)


def _files_of_folder(folder: str, storage: Storage) -> ClipFiles:
    files: dict[str, Path] = {}
    fields: dict[str, Path] = {}
    for name in storage.names(folder):
        role, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix.lower()
        if suffix in SUFFIXES.get(role, ()):
            files[role] = storage.local(name if folder == "." else f"{folder}/{name}")
        elif is_field_file(role, suffix):
            fields[role] = storage.local(name if folder == "." else f"{folder}/{name}")
    if "video" not in files:
        raise InputError(f"{storage.root}/{folder}: holds no video.mp4")
    return ClipFiles(**files, fields=fields)


def cameras_beside(video: str, storage: Storage) -> str | None:
    """The camera file of a video that is a clip by itself; None where there is none.

    It has the video's name and lies in the same folder, or in ``poses`` or ``cameras`` beside it.
    """
    path = PurePosixPath(video)
    for folder in CAMERA_FOLDERS:
        place = path.parent.parent / folder[3:] if folder else path.parent
        for suffix in BESIDE_SUFFIXES:
            candidate = str(place / (path.stem + suffix))
            if storage.has(candidate):
                return candidate
    return None


def open_clip(files: ClipFiles) -> OpenClip:
    """Open a clip's files and check that they fit together.

    Raises:
        InputError: one of them is damaged, or they do not fit together; it names the file.
    """
    meta = {} if files.meta is None else _read_meta(files.meta)
    frames = open_frames(files.video, strict=True)
    matte = None if files.matte is None else open_clip_matte(files.matte, frames)
    for name, path in files.fields.items():
        check_field(name, path, len(frames))
    if files.cameras is None:
        still = torch.eye(4, dtype=torch.float64).expand(len(frames), 4, 4)
        view = intrinsics_from_fov(UNKNOWN_FOV, frames.size).expand(len(frames), 3, 3)
        cameras = CameraTrack(still, view, frames.size)
        return OpenClip(frames, matte, cameras, False, meta, files.fields)
    cameras = _cameras_for(frames, files.cameras)
    if len(cameras) != len(frames):
        raise InputError(
            f"{files.cameras}: holds {count_of(len(cameras), 'camera')}, and {files.video.name} "
            f"has {count_of(len(frames), 'frame')}: there must be one for each"
        )
    scale = stated_scale(files.cameras)
    return OpenClip(frames, matte, cameras, True, meta, files.fields, scale)


def _cameras_for(frames: FrameSource, path: Path) -> CameraTrack:
    """For the frames as they are shown; the file may be for them as they are stored."""
    size = frames.size
    track = read_cameras(path, defaults=CameraDefaults(size=size), notice=log.debug)
    shape = track.size.width / track.size.height
    shapes = [shown.width / shown.height for shown in (size, coded_size_of(frames))]
    if all(abs(shape / expected - 1) > SHAPE_TOLERANCE for expected in shapes):
        raise InputError(
            f"{path}: the cameras are for frames of {track.size}, and the video is {size}: "
            "the shapes differ"
        )
    return resize_track(track, size)


def _read_meta(path: Path) -> dict[str, Any]:
    meta = read_json(path)
    if not isinstance(meta, dict):
        raise InputError(f"{path}: expected an object of names and values")
    travel = _travel(meta)
    if not (is_finite_number(travel) and travel >= 0):
        raise InputError(f"{path}: {TRAVEL} is {travel!r}; it must be a length in median depths")
    return meta


def _travel(meta: Mapping[str, Any]) -> Any:
    """What curation measured, in median depths; 0 where it did not."""
    values = meta.get("values")
    return (values.get(TRAVEL) or 0) if isinstance(values, dict) else 0


def open_record(record: ClipRecord, storage: Storage) -> OpenClip:
    """Open a clip that a manifest lists, and compare it with the manifest.

    Raises:
        InputError: as from clip_files and open_clip, and when the clip is not as listed.
    """
    clip = open_clip(clip_files(record, storage))
    where = f"{storage.root}/{record.path}"
    if len(clip.frames) != record.frames:
        raise InputError(
            f"{where}: the video has {count_of(len(clip.frames), 'frame')} that can be read, "
            f"and the manifest says {record.frames}"
        )
    if record.has_person and not clip.has_person:
        raise InputError(f"{where}: has no matte.mp4, and the manifest says there is a person")
    if record.has_camera and not clip.has_camera:
        raise InputError(f"{where}: has no cameras.txt, and the manifest says there is one")
    return clip
