"""Nuke .chan: per frame ``frame tx ty tz rx ry rz vfov``, degrees, camera → world.

Houdini and Maya write no frame column: ``tx ty tz rx ry rz vfov``, or without the last.

The camera looks along −z with y up, in a world with y up. Neither the order of the rotations nor
the film back that the vertical field of view belongs to is stored: both must be given.
"""

import math
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.io.cameras.angles import angles_about_axes
from dynascene.io.cameras.checks import (
    OPENGL_FROM_OPENCV,
    check_increasing,
    check_view,
    intrinsics_at,
    opengl_poses,
    position_at,
    track_from_camera_poses,
)
from dynascene.io.cameras.defaults import CameraDefaults, Notice, Sensor, assume_size, assume_view
from dynascene.io.cameras.gaps import fill_numbered
from dynascene.io.cameras.headings import column_named, split_heading
from dynascene.io.cameras.rows import Row, read_rows, write_rows
from dynascene.io.cameras.square import square_focal
from dynascene.io.text import read_lines
from dynascene.types import CameraTrack, Size

MOVE = ("tx", "ty", "tz", "rx", "ry", "rz")
NUKE = (("frame", *MOVE), ("frame", *MOVE, "vfov"))
HOUDINI = (MOVE, (*MOVE, "vfov"))
HEADING_LINES = 20


def read_chan(path: Path, defaults: CameraDefaults, notice: Notice) -> CameraTrack:
    """Read a track.

    Args:
        path: of the file.
        defaults: the frame size; the field of view where the file has seven columns, else the
            sensor that its field of view refers to; and the rotation order, which must be set.
        notice: called with what was assumed.
    """
    rows, numbers = _numbered_rows(path, notice)
    order = _rotation_order(path, defaults)
    poses = [
        # The same half turn about x on both sides: y up ↔ y down for the world and the camera.
        OPENGL_FROM_OPENCV
        @ rigid(_rotation(values[3:6], order), position_at(values[:3], place))
        @ OPENGL_FROM_OPENCV
        for place, values in rows
    ]
    if len(rows[0].values) == len(MOVE):
        intrinsics = assume_view(path, len(rows), defaults, notice)
    else:
        sensor = _sensor(path, defaults)
        assume_size(path, defaults, notice)
        intrinsics = torch.stack([_intrinsics(row, sensor, defaults.size) for row in rows])
    track = track_from_camera_poses(poses, intrinsics, defaults.size)
    return track if numbers is None else fill_numbered(track, numbers, path, notice)


def _numbered_rows(path: Path, notice: Notice) -> tuple[list[Row], list[float] | None]:
    """Rows of ``tx ty tz rx ry rz [vfov]``, and the frame numbers where the file has them.

    Of seven columns the first counts frames where it holds rising whole numbers.
    """
    names = [split_heading(line) for line in read_lines(path)[:HEADING_LINES]]
    if any(len(n) in (6, 7) and column_named(n[0], NUKE[1]) == "tx" for n in names):
        return read_rows(path, HOUDINI), None
    rows = read_rows(path, (MOVE, *NUKE))
    columns = len(rows[0].values)
    firsts = [row.values[0] for row in rows]
    counted = all(n == round(n) for n in firsts) and all(a < b for a, b in pairwise(firsts))
    if columns == 6 or (columns == 7 and not counted):
        notice(f"{path}: has no column of frame numbers; its lines are taken as frames")
        return rows, None
    check_increasing(firsts, [row.place for row in rows])
    if columns == 7:
        notice(f"{path}: the first of its 7 columns is taken as the frame number")
    return [Row(row.place, row.values[1:]) for row in rows], firsts


def _rotation(degrees: list[float], order: str) -> Tensor:
    """The rotation [3, 3] about x, y, z; the first letter of ``order`` is applied first."""
    about = {axis: rotation_about(axis, angle) for axis, angle in zip("xyz", degrees, strict=True)}
    first, second, third = (about[letter] for letter in order.lower())
    return third @ second @ first


def _intrinsics(row: Row, sensor: Sensor, size: Size) -> Tensor:
    """Intrinsics [3, 3] with square pixels: Nuke fits the film back's width to the frame's."""
    angle = row.values[6]
    if not 0 < angle < 180:
        raise InputError(f"{row.place}: vertical field of view {angle:g} is not between 0 and 180")
    lens = sensor.height / 2 / math.tan(math.radians(angle) / 2)
    focal = lens / sensor.width * size.width
    view = intrinsics_at(focal, focal, size.width / 2, size.height / 2, row.place)
    check_view(view, size, row.place)
    return view


def write_chan(track: CameraTrack, path: Path, defaults: CameraDefaults) -> None:
    """Write a track without its principal point; InputError where pixels are not square."""
    order, sensor = _rotation_order(path, defaults), _sensor(path, defaults)
    focal = square_focal(track, path, "a .chan file")
    poses = opengl_poses(track)
    by_axis = angles_about_axes(poses[:, :3, :3], order)
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
