"""Nuke .chan: per frame ``frame tx ty tz rx ry rz vfov``, degrees, camera → world.

The camera looks along −z with y up, in a world with y up. Neither the order of the rotations nor
the film back that the vertical field of view belongs to is stored: both must be given.
"""

import math
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.rigid import invert_rigid, rigid, rotation_about
from dynascene.io.cameras.checks import (
    OPENGL_FROM_OPENCV,
    check_increasing,
    intrinsics_at,
    track_from_camera_poses,
)
from dynascene.io.cameras.defaults import CameraDefaults, Notice, Sensor, assume_size, assume_view
from dynascene.io.cameras.rows import Row, read_rows, write_rows
from dynascene.io.cameras.square import square_focal
from dynascene.types import CameraTrack, Size

COLUMNS = (7, 8)


def read_chan(path: Path, defaults: CameraDefaults, notice: Notice) -> CameraTrack:
    """Read a track.

    Args:
        path: of the file.
        defaults: the frame size; the field of view where the file has seven columns, else the
            sensor that its field of view refers to; and the rotation order, which must be set.
        notice: called with what was assumed.
    """
    rows = read_rows(path, COLUMNS)
    check_increasing([row.values[0] for row in rows], [row.place for row in rows])
    order = _rotation_order(path, defaults)
    poses = [
        # The same half turn about x on both sides: y up ↔ y down for the world and the camera.
        OPENGL_FROM_OPENCV
        @ rigid(_rotation(values[4:7], order), torch.tensor(values[1:4], dtype=torch.float64))
        @ OPENGL_FROM_OPENCV
        for _, values in rows
    ]
    if len(rows[0].values) == 7:
        intrinsics = assume_view(path, len(rows), defaults, notice)
    else:
        sensor = _sensor(path, defaults)
        assume_size(path, defaults, notice)
        intrinsics = torch.stack([_intrinsics(row, sensor, defaults.size) for row in rows])
    return track_from_camera_poses(poses, intrinsics, defaults.size)


def _rotation(degrees: list[float], order: str) -> Tensor:
    """The rotation [3, 3] about x, y, z; the first letter of ``order`` is applied first."""
    about = {axis: rotation_about(axis, angle) for axis, angle in zip("xyz", degrees, strict=True)}
    first, second, third = (about[letter] for letter in order.lower())
    return third @ second @ first


def _intrinsics(row: Row, sensor: Sensor, size: Size) -> Tensor:
    """Intrinsics [3, 3] with square pixels: Nuke fits the film back's width to the frame's."""
    angle = row.values[7]
    if not 0 < angle < 180:
        raise InputError(f"{row.place}: vertical field of view {angle:g} is not between 0 and 180")
    lens = sensor.height / 2 / math.tan(math.radians(angle) / 2)
    focal = lens / sensor.width * size.width
    return intrinsics_at(focal, focal, size.width / 2, size.height / 2, row.place)


def write_chan(track: CameraTrack, path: Path, defaults: CameraDefaults) -> None:
    """Write a track without its principal point; InputError where pixels are not square.

    Angles continue beyond ±180 degrees without jumps, so that the curves can be edited.
    """
    from scipy.spatial.transform import Rotation

    order, sensor = _rotation_order(path, defaults), _sensor(path, defaults)
    focal = square_focal(track, path, "a .chan file")
    poses = OPENGL_FROM_OPENCV @ invert_rigid(track.cam_from_world) @ OPENGL_FROM_OPENCV
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where two axes fall together, any split will do
        rotations = Rotation.from_matrix(poses[:, :3, :3].numpy())
        angles = rotations.as_euler(order.lower(), degrees=True)
    columns = ["XYZ".index(letter) for letter in order]
    by_axis = np.empty_like(angles)
    by_axis[:, columns] = np.unwrap(angles, period=360, axis=0)
    lens = focal / track.size.width * sensor.width
    fov = torch.rad2deg(2 * torch.atan(sensor.height / 2 / lens))
    columns_of_frame = zip(poses[:, :3, 3].tolist(), by_axis.tolist(), fov.tolist(), strict=True)
    write_rows(path, ([n, *t, *r, v] for n, (t, r, v) in enumerate(columns_of_frame, start=1)))


def _rotation_order(path: Path, defaults: CameraDefaults) -> str:
    if defaults.rotation_order is None:
        raise InputError(
            f"{path}: a .chan file does not tell its order of rotations; give it with "
            "`rotation_order` (Nuke's own is ZXY)"
        )
    return defaults.rotation_order


def _sensor(path: Path, defaults: CameraDefaults) -> Sensor:
    if defaults.sensor is None:
        raise InputError(
            f"{path}: a .chan file does not tell its film back; give it in millimetres with "
            "`sensor` (Nuke's own is 24.576x18.672)"
        )
    return defaults.sensor
