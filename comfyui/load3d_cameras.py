"""LOAD3D_CAMERA, ComfyUI's camera of 3-D viewers: one pose, y up, the camera looks along −z.

``position`` and ``target`` {x, y, z}, ``quaternion`` {x, y, z, w} (camera → world; older ComfyUI
leaves it out), ``fov`` in degrees between the upper and the lower border, ``zoom`` of the focal
length, ``cameraType``.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from dynascene import CameraTrack, InputError, Size
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.rigid import invert_rigid, rigid
from dynascene.geometry.rotations import quaternion_from_rotation, rotation_from_quaternion
from dynascene.io.cameras.checks import OPENGL_FROM_OPENCV, opengl_poses

USUAL_FOV = 35.0  # degrees, where the dictionary tells none
UPRIGHT = 1e-6  # below, the camera looks straight up or down


def load3d_from_camera(track: CameraTrack, frame: int) -> dict[str, Any]:
    """One camera of a track; the target is one unit ahead."""
    pose = opengl_poses(track)[frame]
    position, ahead = pose[:3, 3], -pose[:3, 2]
    focal = float(track.intrinsics[frame, 1, 1])
    return {
        "position": _named("xyz", position),
        "target": _named("xyz", position + ahead),
        "quaternion": _named("xyzw", quaternion_from_rotation(pose[:3, :3])),
        "fov": math.degrees(2 * math.atan(track.size.height / 2 / focal)),
        "zoom": 1.0,
        "cameraType": "perspective",
    }


def camera_from_load3d(info: Mapping[str, Any], size: Size) -> CameraTrack:
    """A track of one frame of ``size``, with square pixels.

    Raises InputError for a camera without perspective, or one that looks nowhere.
    """
    if info.get("cameraType", "perspective") != "perspective":
        raise InputError(f"`camera_info`: is {info['cameraType']}; take a perspective camera")
    position = _vector("xyz", info["position"])
    pose = rigid(_rotation(info, position), position)
    fov = float(info.get("fov") or USUAL_FOV)
    if not 1 <= fov <= 170:
        raise InputError(f"`camera_info`: its field of view is {fov:g} degrees, not 1 to 170")
    focal = size.height / 2 / math.tan(math.radians(fov) / 2) * float(info.get("zoom") or 1)
    intrinsics = intrinsics_matrix(focal, focal, size.width / 2, size.height / 2)
    cam_from_world = invert_rigid(OPENGL_FROM_OPENCV @ pose @ OPENGL_FROM_OPENCV)
    return CameraTrack(cam_from_world[None], intrinsics[None], size)


def _rotation(info: Mapping[str, Any], position: Tensor) -> Tensor:
    """Camera → world [3, 3]: as told, else level towards the target."""
    if info.get("quaternion"):
        return rotation_from_quaternion(_vector("xyzw", info["quaternion"]))
    back = position - _vector("xyz", info["target"])
    right = torch.linalg.cross(torch.tensor([0.0, 1, 0], dtype=torch.float64), back)
    if not right.norm() > UPRIGHT * back.norm():
        raise InputError("`camera_info`: looks straight up or down and tells no `quaternion`")
    up = torch.linalg.cross(back, right)
    return torch.stack([axis / axis.norm() for axis in (right, up, back)], dim=1)


def _named(names: str, values: Tensor) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))


def _vector(names: str, values: Mapping[str, float]) -> Tensor:
    return torch.tensor([float(values[name]) for name in names], dtype=torch.float64)
