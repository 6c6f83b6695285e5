"""Rotations as vectors (axis × angle): the maps between both, and interpolation.

Shapes: ``...`` any batch shape. Angles in radians.
"""

import torch
from torch import Tensor


def rotation_from_vector(vector: Tensor) -> Tensor:
    """Axis × angle [..., 3] → rotation [..., 3, 3] (Rodrigues' formula)."""
    angle = vector.norm(dim=-1)[..., None, None]
    x, y, z = vector.unbind(-1)
    o = torch.zeros_like(x)
    skew = torch.stack([o, -z, y, z, o, -x, -y, x, o], dim=-1).unflatten(-1, (3, 3))
    identity = torch.eye(3, dtype=vector.dtype, device=vector.device)
    # sinc keeps both factors finite at angle 0: sin a / a and (1 − cos a) / a²
    sine = torch.sinc(angle / torch.pi)
    versine = torch.sinc(angle / (2 * torch.pi)) ** 2 / 2
    return identity + sine * skew + versine * (skew @ skew)


def rotation_vector(rotation: Tensor) -> Tensor:
    """Rotation [..., 3, 3] → axis × angle [..., 3], angle 0 … π; accurate at both ends."""
    quaternion = quaternion_from_rotation(rotation)
    imaginary, real = quaternion[..., :3], quaternion[..., 3]
    sine = imaginary.norm(dim=-1)
    half_angle = torch.atan2(sine, real)
    factor = torch.where(sine > 1e-12, 2 * half_angle / sine.clamp(min=1e-12), 2.0)
    return imaginary * factor[..., None]


def quaternion_from_rotation(rotation: Tensor) -> Tensor:
    """Rotation [..., 3, 3] → unit quaternion [..., 4] in the order x y z w, w ≥ 0.

    The four rows of q·qᵀ are four estimates of q; the longest is the one without cancellation.
    """
    m = rotation.flatten(-2).unbind(-1)
    xx, xy, xz, yx, yy, yz, zx, zy, zz = m
    rows = [
        [1 + xx - yy - zz, yx + xy, xz + zx, zy - yz],
        [yx + xy, 1 - xx + yy - zz, zy + yz, xz - zx],
        [xz + zx, zy + yz, 1 - xx - yy + zz, yx - xy],
        [zy - yz, xz - zx, yx - xy, 1 + xx + yy + zz],
    ]
    estimates = torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)
    longest = estimates.norm(dim=-1).argmax(dim=-1)
    chosen = estimates.take_along_dim(longest[..., None, None], dim=-2)[..., 0, :]
    unit = chosen / chosen.norm(dim=-1, keepdim=True)
    return torch.where(unit[..., 3:] < 0, -unit, unit)


def rotation_from_quaternion(xyzw: Tensor) -> Tensor:
    """Quaternion [..., 4] in the order x y z w, of any length but zero → rotation [..., 3, 3]."""
    x, y, z, w = (xyzw / xyzw.norm(dim=-1, keepdim=True)).unbind(-1)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
        2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
        2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


def interpolate_rotations(start: Tensor, end: Tensor, fraction: Tensor) -> Tensor:
    """Slerp, the shortest turn at constant speed: [..., 3, 3] twice and [...] → [..., 3, 3]."""
    turn = rotation_vector(start.mT @ end)
    return start @ rotation_from_vector(turn * fraction[..., None])
