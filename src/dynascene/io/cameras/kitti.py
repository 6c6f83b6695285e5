"""KITTI odometry: per frame 12 numbers, the 3×4 camera → world matrix row by row; OpenCV axes."""

from pathlib import Path

import torch

from dynascene.geometry.rigid import invert_rigid
from dynascene.io.cameras.checks import rigid_from_matrix, track_from_camera_poses
from dynascene.io.cameras.defaults import CameraDefaults, Notice, assume_view
from dynascene.io.cameras.rows import read_rows, write_rows
from dynascene.types import CameraTrack

COLUMNS = tuple(f"m{row}{column}" for row in range(3) for column in range(4))


def read_kitti(path: Path, defaults: CameraDefaults, notice: Notice) -> CameraTrack:
    """Read a track; frame size and intrinsics come from ``defaults``."""
    rows = read_rows(path, (COLUMNS,))
    poses = [
        rigid_from_matrix(torch.tensor(values, dtype=torch.float64).view(3, 4), place)
        for place, values in rows
    ]
    intrinsics = assume_view(path, len(poses), defaults, notice)
    return track_from_camera_poses(poses, intrinsics, defaults.size)


def write_kitti(track: CameraTrack, path: Path, defaults: CameraDefaults) -> None:
    poses = invert_rigid(track.cam_from_world)[:, :3]
    write_rows(path, poses.flatten(1).tolist())
