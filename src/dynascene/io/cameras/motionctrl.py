"""MotionCtrl: a JSON list with 12 numbers per frame, the 3×4 world → camera matrix row by row."""

from pathlib import Path

import torch

from dynascene.errors import InputError
from dynascene.geometry.rigid import relative_to_first
from dynascene.io.cameras.checks import rigid_from_matrix
from dynascene.io.cameras.defaults import CameraDefaults, Notice, assume_view
from dynascene.io.cameras.documents import matrix_at, write_json
from dynascene.io.text import read_json
from dynascene.types import CameraTrack


def read_motionctrl(path: Path, defaults: CameraDefaults, notice: Notice) -> CameraTrack:
    """Read a track with its poses unchanged; frame size and intrinsics come from ``defaults``."""
    content = read_json(path)
    if not isinstance(content, list) or not content:
        raise InputError(f"{path}: expected a list with 12 numbers per frame")
    poses = []
    for index, row in enumerate(content):
        place = f"{path}: frame {index}"
        matrix = matrix_at([row], (1,), 12, place).view(3, 4)
        poses.append(rigid_from_matrix(matrix, place))
    intrinsics = assume_view(path, len(poses), defaults, notice)
    return CameraTrack(torch.stack(poses), intrinsics, defaults.size)


def write_motionctrl(track: CameraTrack, path: Path, defaults: CameraDefaults) -> None:
    """Write poses relative to frame 0, as the model expects; the world of the track is lost."""
    poses = relative_to_first(track.cam_from_world)
    # A product of rotations leaves identity only up to rounding; frame 0 is identity by definition.
    poses[0] = torch.eye(4, dtype=poses.dtype)
    write_json(path, poses[:, :3].flatten(1).tolist())
