"""nerfstudio (and instant-ngp) transforms.json: 4×4 camera → world matrices, OpenGL camera axes.

The camera looks along −z with y up. Frame size and intrinsics in pixels stand at the top or in
each frame.
"""

import math
from pathlib import Path

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.rigid import invert_rigid
from dynascene.io.cameras.checks import (
    OPENGL_FROM_OPENCV,
    check_view,
    intrinsics_at,
    rigid_from_matrix,
    track_from_camera_poses,
)
from dynascene.io.cameras.defaults import CameraDefaults, Notice
from dynascene.io.cameras.documents import (
    check_keys,
    frames_of,
    matrix_at,
    number_at,
    pixels_at,
    write_json,
)
from dynascene.io.cameras.gaps import fill_named
from dynascene.io.natural_order import natural_order
from dynascene.io.text import read_json
from dynascene.types import CameraTrack, Size

MODELS = ("PINHOLE", "SIMPLE_PINHOLE", "OPENCV", "FULL_OPENCV", "SIMPLE_RADIAL", "RADIAL")
DISTORTION = ("k1", "k2", "k3", "k4", "k5", "k6", "p1", "p2", "b1", "b2", "is_fisheye")
FOCALS = ("fl_x", "x_fov", "camera_angle_x"), ("fl_y", "y_fov", "camera_angle_y")
POSE_KEYS = ("frames", "file_path", "transform_matrix")
LENS_KEYS = (*FOCALS[0], *FOCALS[1], "cx", "cy", "w", "h", "camera_model", *DISTORTION)
READ_KEYS = (*POSE_KEYS, *LENS_KEYS)
# what these files hold beside cameras, or what only moves, turns or scales the whole world
IDLE_KEYS = (
    "aabb", "aabb_scale", "applied_scale", "applied_transform", "auxiliary_images", "bounds",
    "camera_id", "colmap_im_id", "depth_file_path", "enable_depth_loading", "envmap", "far",
    "frame", "from_na", "image_id", "integer_depth_scale", "light_dir", "mask_path", "n_frames",
    "near", "normal_file_path", "offset", "orientation_override", "ply_file_path", "render_aabb",
    "rotation", "scale", "semantic_file_path", "sharpness", "split", "test_filenames", "time",
    "timestamp", "train_filenames", "up", "val_filenames", "white_transparent",
    "black_transparent", "metadata", "caption", "url",
)  # fmt: skip


def read_nerfstudio(path: Path, defaults: CameraDefaults, notice: Notice) -> CameraTrack:
    """Read a track; frames are sorted by ``file_path`` in natural order, and the world stays."""
    document = read_json(path)
    frames = ordered(frames_of(document, "transform_matrix", path))
    shared = {key: value for key, value in document.items() if key != "frames"}
    check_keys((document, *frames), READ_KEYS, path, notice, IDLE_KEYS)
    poses, intrinsics, sizes = [], [], set()
    for index, frame in enumerate(frames):
        place = f"{path}: frame {str(frame.get('file_path', index))[:120]}"
        values = merged(shared, frame)
        refuse_distortion(values, place)
        pose = rigid_from_matrix(matrix_at(frame["transform_matrix"], (3, 4), 4, place), place)
        poses.append(pose @ OPENGL_FROM_OPENCV)
        size = Size(pixels_at(values, "w", place), pixels_at(values, "h", place))
        intrinsics.append(intrinsics_of(values, size, place))
        check_view(intrinsics[-1], size, place)
        sizes.add(size)
    if len(sizes) > 1:
        raise InputError(f"{path}: its frames differ in size ({sorted(map(str, sizes))})")
    track = track_from_camera_poses(poses, torch.stack(intrinsics), sizes.pop())
    return fill_frames(track, frames, path, notice)


def merged(shared: dict, frame: dict) -> dict:
    """The values of a frame; its own lens replaces a shared one that is given in another way."""
    replaced = {key for keys in FOCALS if any(k in frame for k in keys) for key in keys}
    return {k: v for k, v in shared.items() if k not in replaced} | frame


def fill_frames(track: CameraTrack, frames: list[dict], path: Path, notice: Notice) -> CameraTrack:
    """One camera for each frame, by the numbers of the file names where there are names."""
    if all(isinstance(frame.get("file_path"), str) for frame in frames):
        return fill_named(track, [frame["file_path"] for frame in frames], path, notice)
    return track


def ordered(frames: list[dict]) -> list[dict]:
    """Frames in the natural order of their file names, or as listed where they have none."""
    if all(isinstance(frame.get("file_path"), str) for frame in frames):
        return sorted(frames, key=lambda frame: natural_order(frame["file_path"]))
    return frames


def focal_at(values: dict, axis: int, side: int, place: str) -> float | None:
    """The focal length in pixels along an axis (0 = x), by fl_x, x_fov in degrees or
    camera_angle_x in radians, in this order; None where there is neither.
    """
    length, degrees, radians = FOCALS[axis]
    if length in values:
        return number_at(values, length, place)
    if degrees in values:
        angle, full, limit, key = number_at(values, degrees, place), 180.0, "180", degrees
    elif radians in values:
        angle, full, limit, key = number_at(values, radians, place), math.pi, "pi", radians
    else:
        return None
    if not 0 < angle < full:
        raise InputError(f"{place}: {key} {angle:g} is not between 0 and {limit}")
    return side / 2 / math.tan(angle / full * math.pi / 2)


def refuse_distortion(values: dict, place: str) -> None:
    model = values.get("camera_model", "OPENCV")
    if model not in MODELS:
        raise InputError(
            f"{place}: camera model {str(model)[:60]} is not a pinhole; undistort the video"
        )
    if any(values.get(key) not in (0, False, None) for key in DISTORTION):
        raise InputError(f"{place}: has lens distortion; undistort the video first")


def intrinsics_of(values: dict, size: Size, place: str) -> Tensor:
    """By the focal length or the angle of view of either axis; pixels are square where one tells
    nothing, and the principal point is the middle.
    """
    fx, fy = focal_at(values, 0, size.width, place), focal_at(values, 1, size.height, place)
    fx, fy = fy if fx is None else fx, fx if fy is None else fy
    if fx is None or fy is None:
        raise InputError(f'{place}: has no "fl_x"')
    return intrinsics_at(
        fx,
        fy,
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
