"""Checked numbers from a file as tensors; messages name the place (file and line or frame)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.rigid import camera_centres, invert_rigid, orthonormalise, rigid
from dynascene.geometry.rotations import rotation_from_quaternion
from dynascene.types import CameraTrack, Size

QUATERNION_TOLERANCE = 1e-3
FARTHEST = 1e10  # units: the Earth in millimetres; squares stay finite in every number type
# Focal lengths as shares of the frame's side: fields of view from 169 to 1 degrees. Pixels taken
# for shares are above, shares taken for pixels below.
SHORTEST_LENS, LONGEST_LENS = 0.05, 60.0
LEAST_STEPS, JUMP = 8, 10.0
EDGE = 0.05  # share of a side within which no principal point lies

# x right, y down, z forward ↔ x right, y up, z backward; its own inverse
OPENGL_FROM_OPENCV = torch.diag(torch.tensor([1.0, -1, -1, 1], dtype=torch.float64))


def opengl_poses(track: CameraTrack) -> Tensor:
    """Camera → world, [F, 4, 4], where both have x right and y up, and the camera looks along −z.

    The same half turn about x on both sides, so a camera that stands straight ahead is identity.
    """
    return OPENGL_FROM_OPENCV @ invert_rigid(track.cam_from_world) @ OPENGL_FROM_OPENCV


def rigid_from_matrix(matrix: Tensor, place: str) -> Tensor:
    """A pose [4, 4] with an exact rotation, from [3, 4] or [4, 4] whose last row is 0 0 0 1."""
    if not matrix.isfinite().all():
        raise InputError(f"{place}: the pose holds a value that is not finite")
    position_at(matrix[:3, 3].tolist(), place)
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


def position_at(values: Sequence[float], place: str) -> Tensor:
    """A position or translation [3]; InputError where it lies beyond every place."""
    if not all(abs(value) <= FARTHEST for value in values):
        farthest = max(values, key=lambda value: abs(value) if value == value else math.inf)
        raise InputError(f"{place}: the position {farthest:g} is beyond {FARTHEST:g}")
    return torch.tensor(values, dtype=torch.float64)


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


def check_view(intrinsics: Tensor, size: Size, place: str, *, shifted: bool = False) -> None:
    """Refuse intrinsics [3, 3] in pixels that no camera has: they belong to another unit or size.

    Args:
        intrinsics: in pixels of a frame of ``size``.
        size: of the frame.
        place: for the message.
        shifted: the principal point may lie up to one frame size outside, as the file says that the
            lens is shifted.

    Raises:
        InputError: a field of view below 1 or above 169 degrees, or a principal point at the
            frame's edge or outside.
    """
    edge = -1.0 if shifted else EDGE
    for name, side, row in (("x", size.width, 0), ("y", size.height, 1)):
        share = float(intrinsics[row, row]) / side
        what = "width" if name == "x" else "height"
        if not SHORTEST_LENS <= share <= LONGEST_LENS:
            hint = "pixels in place of shares" if share > 1 else "shares in place of pixels"
            raise InputError(
                f"{place}: f{name} is {share:.3g} of the frame's {what}, which no lens has; are "
                f"these {hint}, or of another frame size?"
            )
        centre = float(intrinsics[row, 2]) / side
        if not edge <= centre <= 1 - edge:
            raise InputError(
                f"{place}: c{name} is {centre:.3g} of the frame's {what}, and the principal point "
                "lies near its middle (0.5); are the intrinsics of another frame size?"
            )


def check_shares(shares: Sequence[float], place: str) -> None:
    """``check_view`` for fx, fy, cx, cy as shares of width and height."""
    check_view(intrinsics_matrix(*shares), Size(1, 1), place)


def check_increasing(times: Sequence[float], places: Sequence[str]) -> None:
    """Raise InputError unless times increase: frames out of order are another camera move."""
    for (before, after), place in zip(pairwise(times), places[1:], strict=True):
        if after <= before:
            raise InputError(f"{place}: frame or time {after:g} does not come after {before:g}")


def describe_jump(track: CameraTrack) -> str | None:
    """A sentence on the longest step between frames where it is no movement of a camera.

    It is so where it is far longer than the next longest one (a camera far off makes two such
    steps), and than the usual one.
    """
    steps = camera_centres(track.cam_from_world).diff(dim=0).norm(dim=-1)
    if len(steps) < LEAST_STEPS:
        return None
    longest = int(steps.argmax())
    others = steps.sort(descending=True).values[2:]
    usual = float(others.median())
    if steps[longest] < JUMP * max(float(others[0]), usual) or usual == 0:
        return None
    return (
        f"between frames {longest} and {longest + 1} the camera jumps by "
        f"{steps[longest] / usual:.3g} times its usual step; is a pose wrong?"
    )


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
