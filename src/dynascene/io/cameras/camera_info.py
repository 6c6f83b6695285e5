"""camera_info.json: frame size in pixels and per frame K and the 3×4 world → camera matrix.

``{"imH": H, "imW": W, "intrinsics": [F][3][3], "w2c": [F][3][4]}``; OpenCV axes.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.io.cameras.checks import check_view, intrinsics_at, rigid_from_matrix
from dynascene.io.cameras.defaults import CameraDefaults, Notice
from dynascene.io.cameras.documents import check_keys, matrix_at, pixels_at, write_json
from dynascene.io.text import read_json
from dynascene.types import CameraTrack, Size

KEYS = ("imH", "imW", "intrinsics", "w2c")


def read_camera_info(path: Path, defaults: CameraDefaults, notice: Notice) -> CameraTrack:
    """Read a track; the format stores everything."""
    document = read_json(path)
    missing = [key for key in KEYS if not isinstance(document, dict) or key not in document]
    if missing:
        raise InputError(f"{path}: has no {' and no '.join(missing)}")
    check_keys((document,), KEYS, path, notice)
    size = Size(pixels_at(document, "imW", str(path)), pixels_at(document, "imH", str(path)))
    matrices, poses = document["intrinsics"], document["w2c"]
    if not (isinstance(poses, list) and isinstance(matrices, list) and poses):
        raise InputError(f"{path}: holds no camera poses")
    if len(matrices) != len(poses):
        raise InputError(f"{path}: has {len(matrices)} intrinsics and {len(poses)} poses")
    places = [f"{path}: frame {index}" for index in range(len(poses))]
    cam_from_world = [
        rigid_from_matrix(matrix_at(pose, (3, 4), 4, place), place)
        for pose, place in zip(poses, places, strict=True)
    ]
    intrinsics = [_pinhole(k, place) for k, place in zip(matrices, places, strict=True)]
    for k, place in zip(intrinsics, places, strict=True):
        check_view(k, size, place)
    return CameraTrack(torch.stack(cam_from_world), torch.stack(intrinsics), size)


def _pinhole(value: Any, place: str) -> Tensor:
    k = matrix_at(value, (3,), 3, place)
    pinhole = intrinsics_at(*(k[i, j].item() for i, j in ((0, 0), (1, 1), (0, 2), (1, 2))), place)
    if not torch.equal(k, pinhole):
        raise InputError(f"{place}: intrinsics are not of the form fx 0 cx, 0 fy cy, 0 0 1")
    return k


def write_camera_info(track: CameraTrack, path: Path, defaults: CameraDefaults) -> None:
    write_json(
        path,
        {
            "imH": track.size.height,
            "imW": track.size.width,
            "intrinsics": track.intrinsics.tolist(),
            "w2c": track.cam_from_world[:, :3].tolist(),
        },
    )
