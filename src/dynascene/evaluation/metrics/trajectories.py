"""Errors of a camera trajectory, as MotionCtrl, CameraCtrl and CamI2V report them.

Sums over frames, so they grow with a clip's length: compare clips of equal length. F frames.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from dynascene.geometry.rigid import invert_rigid, relative_to_first

LEAST_EXTENT = 1e-6  # of a trajectory: a nearer one stays in place and is not scaled


class TrajectoryError(NamedTuple):
    """rot_err: radians. trans_err, cam_mc: in units of the trajectory's largest distance."""

    rot_err: float
    trans_err: float
    cam_mc: float


def trajectory_error(estimate: Tensor, given: Tensor) -> TrajectoryError:
    """Compare a tracked camera with the given one.

    Both are taken relative to their first frame, as camera → world, and each way is divided by its
    own largest distance from there, because the unit of a tracked camera is arbitrary.

    Args:
        estimate, given: cam_from_world [F, 4, 4].

    Returns:
        RotErr = Σ arccos((tr(R₁ᵀR₂) − 1) / 2), TransErr = Σ ‖t₁ − t₂‖ and
        CamMC = Σ ‖[R₁|t₁] − [R₂|t₂]‖ (Frobenius).
    """
    (r1, t1), (r2, t2) = _poses(estimate), _poses(given)
    chord = (r1 - r2).flatten(1).norm(dim=1)
    # arccos((tr(R₁ᵀR₂) − 1) / 2), as the arcsine of the half chord: exact for small angles too
    angles = 2 * torch.asin((chord / 8**0.5).clamp(max=1))
    ways = (t1 - t2).norm(dim=1)
    both = torch.hypot(chord, ways)  # ‖[R₁|t₁] − [R₂|t₂]‖² = ‖R₁ − R₂‖² + ‖t₁ − t₂‖²
    return TrajectoryError(float(angles.sum()), float(ways.sum()), float(both.sum()))


def _poses(cam_from_world: Tensor) -> tuple[Tensor, Tensor]:
    """Rotations [F, 3, 3] and scaled centres [F, 3], camera → world of frame 0."""
    poses = invert_rigid(relative_to_first(cam_from_world.double()))
    centres = poses[:, :3, 3]
    extent = centres.norm(dim=1).max()
    return poses[:, :3, :3], centres / extent if extent > LEAST_EXTENT else centres
