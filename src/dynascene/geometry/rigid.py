"""Rigid transforms: 4×4, ``target_from_source``, OpenCV axes (x right, y down, z forward).

Shapes: ``...`` any batch shape, F frames.
"""

import torch
from torch import Tensor

from dynascene.errors import InputError

ORTHONORMALISE_TOLERANCE = 1e-3  # further off, a matrix is refused: it was never a rotation


def invert_rigid(target_from_source: Tensor) -> Tensor:
    """[..., 4, 4] → the inverse, [..., 4, 4]: (R, t) → (Rᵀ, −Rᵀt)."""
    rotation, translation = target_from_source[..., :3, :3], target_from_source[..., :3, 3]
    return rigid(rotation.mT, -(rotation.mT @ translation[..., None])[..., 0])


def rigid(rotation: Tensor, translation: Tensor) -> Tensor:
    """Rotation [..., 3, 3] and translation [..., 3] → [..., 4, 4]."""
    top = torch.cat([rotation, translation[..., None]], dim=-1)
    bottom = torch.zeros_like(top[..., :1, :])
    bottom[..., 3] = 1
    return torch.cat([top, bottom], dim=-2)


def camera_centres(cam_from_world: Tensor) -> Tensor:
    """[..., 4, 4] → the cameras' positions in the world, [..., 3]: −Rᵀt."""
    rotation, translation = cam_from_world[..., :3, :3], cam_from_world[..., :3, 3]
    return -(rotation.mT @ translation[..., None])[..., 0]


def relative_to_first(cam_from_world: Tensor) -> Tensor:
    """[..., F, 4, 4] → the same with the world moved into the first camera: frame 0 is identity."""
    world_from_first = invert_rigid(cam_from_world[..., :1, :, :])
    return cam_from_world @ world_from_first


def orthonormalise(rotation: Tensor, tolerance: float = ORTHONORMALISE_TOLERANCE) -> Tensor:
    """The rotations nearest to [..., 3, 3] in the Frobenius norm (orthogonal Procrustes).

    Args:
        rotation: [..., 3, 3], finite.
        tolerance: how much an entry may change, below 0.1.

    Returns:
        Orthonormal matrices [..., 3, 3] of determinant +1.

    Raises:
        InputError: When an entry has to change by more than ``tolerance`` (no rotation), or the
            nearest orthonormal matrix has determinant −1 (it mirrors).
    """
    if not rotation.isfinite().all():
        raise InputError("rotation is not finite")
    u, _, vh = torch.linalg.svd(rotation)
    nearest = u @ vh
    change = (nearest - rotation).abs().max().item()
    if change > tolerance:
        raise InputError(f"matrix is no rotation: off by {change:.2g}, more than {tolerance:g}")
    # Only now: the determinant of what is nearly orthonormal is ±1 to within a few tolerances. That
    # of a singular matrix is 0 up to rounding, and its sign differs between machines.
    if (torch.linalg.det(nearest) < 0).any():
        raise InputError("matrix mirrors: its determinant is −1, a rotation has +1")
    return nearest


def rotation_about(axis: str, degrees: Tensor | float) -> Tensor:
    """Right-handed rotation about a coordinate axis: [...] degrees → [..., 3, 3].

    With OpenCV axes a positive angle about y turns z towards x (yaw to the right), about x turns
    y towards z, about z turns x towards y.
    """
    angle = torch.deg2rad(torch.as_tensor(degrees, dtype=torch.float64))
    c, s, o, i = angle.cos(), angle.sin(), torch.zeros_like(angle), torch.ones_like(angle)
    rows = {
        "x": [i, o, o, o, c, -s, o, s, c],
        "y": [c, o, s, o, i, o, -s, o, c],
        "z": [c, -s, o, s, c, o, o, o, i],
    }[axis]
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


def rotation_angle(rotation: Tensor) -> Tensor:
    """[..., 3, 3] → the angle of the rotation in degrees, [...], 0 … 180.

    From both sine and cosine, so that it stays accurate near 0 and 180 degrees.
    """
    skew = rotation - rotation.mT
    sine = torch.stack([skew[..., 2, 1], skew[..., 0, 2], skew[..., 1, 0]], dim=-1).norm(dim=-1) / 2
    cosine = (rotation.diagonal(dim1=-2, dim2=-1).sum(-1) - 1) / 2
    return torch.rad2deg(torch.atan2(sine, cosine))
