"""HumanVid: TUM with the lens, ``frame tx ty tz qx qy qz qw fx fy [scale]``.

Camera → world, positions to be multiplied by the scale; OpenCV axes; focal lengths as shares of
width and height, principal point in the middle.
"""

from pathlib import Path

import torch

from dynascene.errors import InputError
from dynascene.io.cameras.checks import check_focal, check_shares, track_from_camera_poses
from dynascene.io.cameras.defaults import CameraDefaults, Notice, pixels_from_normalised
from dynascene.io.cameras.gaps import fill_numbered
from dynascene.io.cameras.rows import read_rows, write_rows
from dynascene.io.cameras.tum import POSE_COLUMNS, pose_columns, timed_poses
from dynascene.types import CameraTrack

LENS = ("frame", *POSE_COLUMNS, "fx", "fy")
COLUMNS = (LENS, (*LENS, "scale"))


def read_humanvid(path: Path, defaults: CameraDefaults, notice: Notice) -> CameraTrack:
    """Read a track with its scale applied; the frame size comes from ``defaults``."""
    rows = read_rows(path, COLUMNS)
    scale = rows[0].values[10] if len(rows[0].values) == 11 else 1.0
    for place, values in rows:
        check_focal(values[8:10], place)
        check_shares([*values[8:10], 0.5, 0.5], place)
        if len(values) == 11 and not values[10] > 0:
            raise InputError(f"{place}: scale {values[10]:g} is not positive")
        if len(values) == 11 and values[10] != scale:
            raise InputError(f"{place}: the scale changes from {scale:g} to {values[10]:g}")
    poses = timed_poses(rows, scale)
    lens = torch.tensor([[*values[8:10], 0.5, 0.5] for _, values in rows], dtype=torch.float64)
    intrinsics = pixels_from_normalised(lens, path, defaults, notice)
    track = track_from_camera_poses(poses, intrinsics, defaults.size)
    return fill_numbered(track, [row.values[0] for row in rows], path, notice)


def write_humanvid(track: CameraTrack, path: Path, defaults: CameraDefaults) -> None:
    """Write a track with scale 1 and without its principal point."""
    fx = (track.intrinsics[:, 0, 0] / track.size.width).tolist()
    fy = (track.intrinsics[:, 1, 1] / track.size.height).tolist()
    rows = zip(pose_columns(track), fx, fy, strict=True)
    write_rows(path, ([index, *pose, x, y, 1] for index, (pose, x, y) in enumerate(rows)))
