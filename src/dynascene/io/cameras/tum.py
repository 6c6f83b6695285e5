"""TUM: per frame ``time tx ty tz qx qy qz qw``, camera → world; OpenCV axes."""

from pathlib import Path

import torch
from torch import Tensor

from dynascene.geometry.rigid import invert_rigid, rigid
from dynascene.geometry.rotations import quaternion_from_rotation
from dynascene.io.cameras.checks import (
    check_increasing,
    checked_rotation,
    position_at,
    track_from_camera_poses,
)
from dynascene.io.cameras.defaults import CameraDefaults, Notice, assume_view
from dynascene.io.cameras.gaps import fill_seconds, fill_timed
from dynascene.io.cameras.rows import Row, read_rows, write_rows
from dynascene.types import CameraTrack

POSE_COLUMNS = ("tx", "ty", "tz", "qx", "qy", "qz", "qw")
COLUMNS = ("time", *POSE_COLUMNS)


def read_tum(path: Path, defaults: CameraDefaults, notice: Notice) -> CameraTrack:
    """Read a track; frame size and intrinsics come from ``defaults``; times must increase.

    Gaps in the times are filled. With a frame rate in ``defaults``, times in seconds say which
    frame a line belongs to.
    """
    rows = read_rows(path, (COLUMNS,))
    poses = timed_poses(rows)
    intrinsics = assume_view(path, len(poses), defaults, notice)
    track = track_from_camera_poses(poses, intrinsics, defaults.size)
    times = [row.values[0] for row in rows]
    if defaults.frame_rate is not None and any(time != round(time) for time in times):
        return fill_seconds(track, times, defaults.frame_rate, path, notice)
    return fill_timed(track, times, path, notice)


def write_tum(track: CameraTrack, path: Path, defaults: CameraDefaults) -> None:
    """Write a track, with frame numbers as times."""
    write_rows(path, ([index, *pose] for index, pose in enumerate(pose_columns(track))))


def timed_poses(rows: list[Row], scale: float = 1.0) -> list[Tensor]:
    """Poses camera → world [4, 4] from the first eight columns; positions times ``scale``."""
    check_increasing([row.values[0] for row in rows], [row.place for row in rows])
    return [
        rigid(
            checked_rotation(values[4:8], place),
            position_at([value * scale for value in values[1:4]], place),
        )
        for place, values in rows
    ]


def pose_columns(track: CameraTrack) -> list[list[float]]:
    """``tx ty tz qx qy qz qw`` of each frame's camera → world transform."""
    world_from_cam = invert_rigid(track.cam_from_world)
    quaternions = quaternion_from_rotation(world_from_cam[:, :3, :3])
    return torch.cat([world_from_cam[:, :3, 3], quaternions], dim=1).tolist()
