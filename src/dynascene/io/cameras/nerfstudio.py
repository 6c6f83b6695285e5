"""nerfstudio (and instant-ngp) transforms.json: 4×4 camera → world matrices, OpenGL camera axes.

The camera looks along −z with y up. Frame size and intrinsics in pixels stand at the top or in
each frame.
"""

import math
from pathlib import Path

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import focal_from_fov
from dynascene.geometry.rigid import invert_rigid
from dynascene.io.cameras.checks import (
    OPENGL_FROM_OPENCV,
    intrinsics_at,
    rigid_from_matrix,
    track_from_camera_poses,
)
from dynascene.io.cameras.defaults import CameraDefaults, Notice
from dynascene.io.cameras.documents import (
    frames_of,
    matrix_at,
    number_at,
    pixels_at,
    write_json,
)
from dynascene.io.natural_order import natural_order
from dynascene.io.text import read_json
from dynascene.types import CameraTrack, Size

MODELS = ("PINHOLE", "SIMPLE_PINHOLE", "OPENCV")
DISTORTION = ("k1", "k2", "k3", "k4", "p1", "p2")


def read_nerfstudio(path: Path, defaults: CameraDefaults, notice: Notice) -> CameraTrack:
    """Read a track; frames are sorted by ``file_path`` in natural order, and the world stays."""
    document = read_json(path)
    frames = ordered(frames_of(document, "transform_matrix", path))
    shared = {key: value for key, value in document.items() if key != "frames"}
    poses, intrinsics, sizes = [], [], set()
    for index, frame in enumerate(frames):
        place = f"{path}: frame {frame.get('file_path', index)}"
        values = shared | frame
        _refuse_distortion(values, place)
        pose = rigid_from_matrix(matrix_at(frame["transform_matrix"], (3, 4), 4, place), place)
        poses.append(pose @ OPENGL_FROM_OPENCV)
        size = Size(pixels_at(values, "w", place), pixels_at(values, "h", place))
        intrinsics.append(_intrinsics(values, size, place))
        sizes.add(size)
    if len(sizes) > 1:
        raise InputError(f"{path}: its frames differ in size ({sorted(map(str, sizes))})")
    return track_from_camera_poses(poses, torch.stack(intrinsics), sizes.pop())


def ordered(frames: list[dict]) -> list[dict]:
    """Frames in the natural order of their file names, or as listed where they have none."""
    if all(isinstance(frame.get("file_path"), str) for frame in frames):
        return sorted(frames, key=lambda frame: natural_order(frame["file_path"]))
    return frames


def horizontal_fov_at(values: dict, place: str) -> float:
    """The horizontal field of view in degrees; files have it as camera_angle_x, in radians."""
    angle = number_at(values, "camera_angle_x", place)
    if not 0 < angle < math.pi:
        raise InputError(f"{place}: camera_angle_x {angle:g} is not between 0 and pi")
    return math.degrees(angle)


def _refuse_distortion(values: dict, place: str) -> None:
    model = values.get("camera_model", "OPENCV")
    if model not in MODELS:
        raise InputError(f"{place}: camera model {model} is not a pinhole; undistort the video")
    if any(number_at(values, key, place, 0.0) for key in DISTORTION):
        raise InputError(f"{place}: has lens distortion; undistort the video first")


def _intrinsics(values: dict, size: Size, place: str) -> Tensor:
    """fl_x, or the horizontal angle of view in its place; the rest has defaults."""
    if "fl_x" in values or "camera_angle_x" not in values:
        fx = number_at(values, "fl_x", place)
    else:
        fx = focal_from_fov(horizontal_fov_at(values, place), size)
    return intrinsics_at(
        fx,
        number_at(values, "fl_y", place, fx),
        number_at(values, "cx", place, size.width / 2),
        number_at(values, "cy", place, size.height / 2),
        place,
    )


def write_nerfstudio(track: CameraTrack, path: Path, defaults: CameraDefaults) -> None:
    """Write intrinsics in each frame, with placeholder names images/00000.png and so on."""
    poses = invert_rigid(track.cam_from_world) @ OPENGL_FROM_OPENCV
    frames = [
        {
            "file_path": f"images/{index:05d}.png",
            "fl_x": k[0][0],
            "fl_y": k[1][1],
            "cx": k[0][2],
            "cy": k[1][2],
            "transform_matrix": pose,
        }
        for index, (pose, k) in enumerate(
            zip(poses.tolist(), track.intrinsics.tolist(), strict=True)
        )
    ]
    shared = {"camera_model": "OPENCV", "w": track.size.width, "h": track.size.height}
    write_json(path, {**shared, "frames": frames})
