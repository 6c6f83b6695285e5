"""Blender: matrix_world per frame, camera looking along −z with y up, world with z up.

Written by the export script in docs/cameras.md::

    {"resolution": [W, H], "fps": 24, "sensor_fit": "AUTO",
     "frames": [{"frame": 1, "matrix_world": [4][4], "lens": mm, "sensor_width": mm,
                 "sensor_height": mm, "shift_x": 0, "shift_y": 0}]}

The NeRF-synthetic flavour is read too: ``{"camera_angle_x": radians,
"frames": [{"file_path": …, "transform_matrix": [4][4]}]}``.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.rigid import invert_rigid
from dynascene.io.cameras.checks import (
    OPENGL_FROM_OPENCV,
    check_increasing,
    check_view,
    intrinsics_at,
    rigid_from_matrix,
    track_from_camera_poses,
)
from dynascene.io.cameras.defaults import LONGEST_SIDE, CameraDefaults, Notice, assume_size
from dynascene.io.cameras.documents import (
    check_keys,
    frames_of,
    matrix_at,
    number_at,
    write_json,
)
from dynascene.io.cameras.gaps import fill_numbered
from dynascene.io.cameras.nerfstudio import (
    IDLE_KEYS,
    READ_KEYS,
    fill_frames,
    intrinsics_of,
    merged,
    ordered,
    refuse_distortion,
)
from dynascene.io.cameras.square import square_focal
from dynascene.io.text import read_json
from dynascene.types import CameraTrack, Size

SENSOR_WIDTH = 36.0  # Blender's own
DOCUMENT_KEYS = ("resolution", "fps", "sensor_fit", "frames")
FRAME_KEYS = (
    "frame",
    "matrix_world",
    "lens",
    "sensor_width",
    "sensor_height",
    "shift_x",
    "shift_y",
)

# Blender's world has x right, y ahead, z up; ours x right, y down, z ahead.
OURS_FROM_BLENDER = torch.tensor(
    [[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], dtype=torch.float64
)


def read_blender(path: Path, defaults: CameraDefaults, notice: Notice) -> CameraTrack:
    """Read a track. The exported file stores everything; NeRF-synthetic files lack the size."""
    document = read_json(path)
    if is_nerf_synthetic(document):
        return _read_nerf_synthetic(document, path, defaults, notice)
    frames = frames_of(document, "matrix_world", path)
    places = [f"{path}: frame {str(frame.get('frame', n))[:60]}" for n, frame in enumerate(frames)]
    numbers = [number_at(f, "frame", place) for f, place in zip(frames, places, strict=True)]
    check_increasing(numbers, places)
    check_keys((document,), DOCUMENT_KEYS, path, notice)
    check_keys(frames, FRAME_KEYS, path, notice)
    size = _resolution(document, path)
    fit = document.get("sensor_fit", "AUTO")
    poses = [_pose(frame["matrix_world"], p) for frame, p in zip(frames, places, strict=True)]
    lenses = [_lens(frame, fit, size, place) for frame, place in zip(frames, places, strict=True)]
    track = track_from_camera_poses(poses, torch.stack(lenses), size)
    return fill_numbered(track, numbers, path, notice)


def is_nerf_synthetic(document: Any) -> bool:
    """Whether frames have transform_matrix, as in NeRF's rendered scenes."""
    frames = document.get("frames") if isinstance(document, dict) else None
    first = frames[0] if isinstance(frames, list) and frames else None
    return isinstance(first, dict) and "transform_matrix" in first


def _resolution(document: dict, path: Path) -> Size:
    matrix = matrix_at([document.get("resolution")], (1,), 2, f"{path}: resolution")
    width, height = matrix[0].tolist()
    if not all(1 <= v <= LONGEST_SIDE and v == round(v) for v in (width, height)):
        raise InputError(f"{path}: resolution {width:g}x{height:g} is not a frame size")
    return Size(int(width), int(height))


def _pose(value: Any, place: str) -> Tensor:
    matrix = rigid_from_matrix(matrix_at(value, (4,), 4, place), place)
    return OURS_FROM_BLENDER @ matrix @ OPENGL_FROM_OPENCV


def _lens(frame: dict, fit: Any, size: Size, place: str) -> Tensor:
    """Intrinsics [3, 3]. The sensor fits one side of the frame; shifts are shares of that side."""
    if fit not in ("AUTO", "HORIZONTAL", "VERTICAL"):
        raise InputError(f"{place}: sensor_fit {str(fit)[:40]} is no AUTO, HORIZONTAL, VERTICAL")
    upright = fit == "VERTICAL" or (fit == "AUTO" and size.height > size.width)
    side = size.height if upright else size.width
    # AUTO measures the longer side with the sensor's width, whichever side that is.
    sensor = number_at(frame, "sensor_height" if fit == "VERTICAL" else "sensor_width", place)
    if not sensor > 0:
        raise InputError(f"{place}: sensor size {sensor:g} is not positive")
    focal = number_at(frame, "lens", place) / sensor * side
    cx = size.width / 2 - number_at(frame, "shift_x", place, 0.0) * side
    cy = size.height / 2 + number_at(frame, "shift_y", place, 0.0) * side
    view = intrinsics_at(focal, focal, cx, cy, place)
    check_view(view, size, place, shifted=True)
    return view


def _read_nerf_synthetic(
    document: dict, path: Path, defaults: CameraDefaults, notice: Notice
) -> CameraTrack:
    frames = ordered(frames_of(document, "transform_matrix", path))
    check_keys((document, *frames), READ_KEYS, path, notice, IDLE_KEYS)
    assume_size(path, defaults, notice)
    shared = {key: value for key, value in document.items() if key != "frames"}
    poses, lenses = [], []
    for index, frame in enumerate(frames):
        place = f"{path}: frame {str(frame.get('file_path', index))[:120]}"
        values = merged(shared, frame)
        refuse_distortion(values, place)
        for key in ("fl_x", "fl_y", "cx", "cy"):
            if values.get(key):
                raise InputError(f'{place}: has "{key}" in pixels, and no "w" and "h"')
        poses.append(_pose(frame["transform_matrix"], place))
        lenses.append(intrinsics_of(values, defaults.size, place))
        check_view(lenses[-1], defaults.size, place)
    track = track_from_camera_poses(poses, torch.stack(lenses), defaults.size)
    return fill_frames(track, frames, path, notice)


def write_blender(track: CameraTrack, path: Path, defaults: CameraDefaults) -> None:
    """Write a track; InputError where pixels are not square."""
    width, height = track.size
    sensor = defaults.sensor.width if defaults.sensor else SENSOR_WIDTH
    focal = square_focal(track, path, "Blender").tolist()
    poses = OURS_FROM_BLENDER.mT @ invert_rigid(track.cam_from_world) @ OPENGL_FROM_OPENCV
    frames = [
        {
            "frame": index + 1,
            "matrix_world": pose,
            "lens": focal[index] / width * sensor,
            "sensor_width": sensor,
            "sensor_height": sensor * height / width,
            "shift_x": (width / 2 - k[0][2]) / width,
            "shift_y": (k[1][2] - height / 2) / width,
        }
        for index, (pose, k) in enumerate(
            zip(poses.tolist(), track.intrinsics.tolist(), strict=True)
        )
    ]
    document = {"resolution": [width, height], "fps": 24, "sensor_fit": "HORIZONTAL"}
    write_json(path, {**document, "frames": frames})
