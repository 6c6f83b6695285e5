"""Checked numbers from a file as tensors; messages name the place (file and line or frame)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.rigid import invert_rigid, orthonormalise, rigid
from dynascene.geometry.rotations import rotation_from_quaternion
from dynascene.types import CameraTrack, Size

QUATERNION_TOLERANCE = 1e-3

# x right, y down, z forward ↔ x right, y up, z backward; its own inverse
OPENGL_FROM_OPENCV = torch.diag(torch.tensor([1.0, -1, -1, 1], dtype=torch.float64))


def rigid_from_matrix(matrix: Tensor, place: str) -> Tensor:
    """A pose [4, 4] with an exact rotation, from [3, 4] or [4, 4] whose last row is 0 0 0 1."""
    if not matrix.isfinite().all():
        raise InputError(f"{place}: the pose holds a value that is not finite")
    last_row = torch.tensor([0.0, 0, 0, 1], dtype=torch.float64)
    if len(matrix) == 4 and (matrix[3] - last_row).abs().max() > 1e-6:
        raise InputError(f"{place}: the last row of the pose must be 0 0 0 1")
    return rigid(clean_rotation(matrix[:3, :3], place), matrix[:3, 3])


def clean_rotation(rotation: Tensor, place: str) -> Tensor:
    """The nearest rotation to [3, 3]; InputError where an entry is more than 1e-3 off."""
    try:
        return orthonormalise(rotation)
    except InputError as error:
        raise InputError(f"{place}: {error}") from None


def checked_rotation(xyzw: Sequence[float], place: str) -> Tensor:
    """The rotation [3, 3] of a quaternion x, y, z, w, whose length is at most 1e-3 off 1."""
    length = math.hypot(*xyzw)
    if not abs(length - 1) <= QUATERNION_TOLERANCE:
        raise InputError(f"{place}: the quaternion has length {length:.4g} instead of 1")
    return rotation_from_quaternion(torch.tensor(xyzw, dtype=torch.float64))


def intrinsics_at(fx: float, fy: float, cx: float, cy: float, place: str) -> Tensor:
    """Intrinsics [3, 3] from four numbers; InputError where they make no camera."""
    check_focal((fx, fy), place)
    return intrinsics_matrix(fx, fy, *finite((cx, cy), place))


def check_focal(lengths: Iterable[float], place: str) -> None:
    for length in lengths:
        if not 0 < length < math.inf:
            raise InputError(f"{place}: focal length {length:g} is not positive")


def finite(values: Sequence[float], place: str) -> Sequence[float]:
    for value in values:
        if not math.isfinite(value):
            raise InputError(f"{place}: {value} is not a finite number")
    return values


def check_increasing(times: Sequence[float], places: Sequence[str]) -> None:
    """Raise InputError unless times increase: frames out of order are another camera move."""
    for (before, after), place in zip(pairwise(times), places[1:], strict=True):
        if after <= before:
            raise InputError(f"{place}: frame or time {after:g} does not come after {before:g}")


def track_from_camera_poses(
    world_from_cam: Iterable[Tensor], intrinsics: Tensor, size: Size
) -> CameraTrack:
    """A track from poses camera → world.

    Args:
        world_from_cam: F poses [4, 4], with OpenCV camera axes.
        intrinsics: [F, 3, 3] in pixels.
        size: of the frame.
    """
    return CameraTrack(invert_rigid(torch.stack(list(world_from_cam))), intrinsics, size)
