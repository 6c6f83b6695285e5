"""Unit quaternions (Hamilton, order x y z w) and rotation matrices."""

import torch
from torch import Tensor


def matrix_from_quaternion(xyzw: Tensor) -> Tensor:
    """[..., 4], of any length but zero → [..., 3, 3]."""
    x, y, z, w = (xyzw / xyzw.norm(dim=-1, keepdim=True)).unbind(-1)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
        2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
        2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


def quaternion_from_matrix(rotation: Tensor) -> Tensor:
    """[..., 3, 3] → [..., 4] with w ≥ 0.

    The products 4·qᵢqⱼ are linear in the matrix; the row of the largest qᵢ² is q itself up to
    its length, and so never loses digits, half turns included.
    """
    xx, yy, zz = rotation.diagonal(dim1=-2, dim2=-1).unbind(-1)
    even, odd = rotation + rotation.mT, rotation - rotation.mT
    xy, xz, yz = even[..., 0, 1], even[..., 0, 2], even[..., 1, 2]
    xw, yw, zw = odd[..., 2, 1], odd[..., 0, 2], odd[..., 1, 0]
    products = torch.stack(
        [
            1 + xx - yy - zz, xy, xz, xw,
            xy, 1 - xx + yy - zz, yz, yw,
            xz, yz, 1 - xx - yy + zz, zw,
            xw, yw, zw, 1 + xx + yy + zz,
        ],
        dim=-1,
    ).unflatten(-1, (4, 4))  # fmt: skip
    largest = products.diagonal(dim1=-2, dim2=-1).argmax(dim=-1)
    row = products.gather(-2, largest[..., None, None].expand(*largest.shape, 1, 4))[..., 0, :]
    sign = torch.where(row[..., 3:] < 0, -1.0, 1.0)
    return row * sign / row.norm(dim=-1, keepdim=True)
