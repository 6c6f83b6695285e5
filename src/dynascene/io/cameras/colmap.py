"""COLMAP: a folder with a sparse model, world → camera, OpenCV axes, intrinsics in pixels.

Text or binary. Newer versions also write rigs and frames; they are not needed, since the images
file holds the poses too.
"""

from __future__ import annotations

from pathlib import Path

import torch

from dynascene.errors import InputError, some_of
from dynascene.geometry.rotations import quaternion_from_rotation
from dynascene.io.atomic import replacing
from dynascene.io.cameras.colmap_binary import (
    read_binary_cameras,
    read_binary_images,
    write_binary_model,
)
from dynascene.io.cameras.colmap_records import (
    PINHOLE,
    ColmapCamera,
    ColmapImage,
    intrinsics_of,
    pose_of,
)
from dynascene.io.cameras.colmap_text import (
    read_text_cameras,
    read_text_images,
    write_text_model,
)
from dynascene.io.cameras.defaults import CameraDefaults, Notice
from dynascene.io.cameras.gaps import fill_named
from dynascene.io.natural_order import natural_order
from dynascene.types import CameraTrack

INSIDE = (".", "sparse/0", "sparse", "0")  # where a model lies in a COLMAP workspace


def find_model(folder: Path) -> tuple[Path, str] | None:
    """The folder of the sparse model and the ending of its files; None where there is none.

    Binary files take precedence over text, as in COLMAP itself.
    """
    for inside in INSIDE:
        for ending in (".bin", ".txt"):
            place = folder / inside
            if all((place / f"{name}{ending}").is_file() for name in ("cameras", "images")):
                return place, ending
    return None


def read_colmap(path: Path, defaults: CameraDefaults, notice: Notice) -> CameraTrack:
    """Read a track; the frames are the images in the natural order of their names."""
    model = find_model(path)
    if model is None:
        raise InputError(f"{path}: holds no cameras and images files of COLMAP (.bin or .txt)")
    folder, ending = model
    if ending == ".bin":
        cameras = read_binary_cameras(folder / "cameras.bin", notice)
        images = read_binary_images(folder / "images.bin", notice)
    else:
        cameras = read_text_cameras(folder / "cameras.txt", notice)
        images = read_text_images(folder / "images.txt", notice)
    _name_other_models(folder, notice)
    if not images:
        raise InputError(f"{folder / ('images' + ending)}: holds no camera poses")
    images.sort(key=lambda image: natural_order(image.name))
    for image in images:
        if image.camera not in cameras:
            raise InputError(f"{image.place}: its camera {image.camera} is in no cameras file")
    used = [cameras[image.camera] for image in images]
    for camera in used:
        if camera.size != used[0].size:
            raise InputError(
                f"{camera.place}: images of {camera.size} beside {used[0].size}; "
                "a camera track has one frame size"
            )
    poses = torch.stack([pose_of(image) for image in images])
    track = CameraTrack(poses, torch.stack([intrinsics_of(c) for c in used]), used[0].size)
    return fill_named(track, [image.name for image in images], folder, notice)


def _name_other_models(folder: Path, notice: Notice) -> None:
    """COLMAP numbers the pieces of a reconstruction that fell apart: 0, 1, 2 …"""
    if not folder.name.isdigit():
        return
    others = [p for p in sorted(folder.parent.iterdir()) if p.name.isdigit() and p != folder]
    if pieces := [str(p) for p in others if find_model(p)]:
        notice(f"{folder}: is one piece of a reconstruction; {some_of(pieces)} are not read")


def write_colmap(
    track: CameraTrack, path: Path, defaults: CameraDefaults, binary: bool = False
) -> None:
    """Write a new folder with PINHOLE cameras, a single one where all intrinsics agree.

    Image names are placeholders, 00000.png and so on. There are no 3-D points.
    """
    shared = bool((track.intrinsics == track.intrinsics[:1]).all())
    cameras = {
        number: ColmapCamera("", PINHOLE, track.size, [k[0][0], k[1][1], k[0][2], k[1][2]])
        for number, k in enumerate(track.intrinsics[: 1 if shared else None].tolist(), start=1)
    }
    xyzw = quaternion_from_rotation(track.cam_from_world[:, :3, :3])
    translation = track.cam_from_world[:, :3, 3]
    pose_columns = zip(xyzw.roll(1, dims=-1).tolist(), translation.tolist(), strict=True)
    images = [
        ColmapImage("", f"{index:05d}.png", 1 if shared else index + 1, wxyz, t)
        for index, (wxyz, t) in enumerate(pose_columns)
    ]
    with replacing(path) as folder:
        folder.mkdir()
        (write_binary_model if binary else write_text_model)(folder, cameras, images)


def write_colmap_binary(track: CameraTrack, path: Path, defaults: CameraDefaults) -> None:
    """As ``write_colmap``, in binary files."""
    write_colmap(track, path, defaults, binary=True)
