"""Epipolar geometry of two cameras: the line on which a point of one picture lies in the other.

Shapes: ``...`` any batch shape, N points. Pixel centres at +0.5 (OpenCV's keypoints need +0.5).
"""

import torch
from torch import Tensor

from dynascene.geometry.rigid import invert_rigid


def fundamental_matrix(
    cam_from_world_a: Tensor, cam_from_world_b: Tensor, intrinsics_a: Tensor, intrinsics_b: Tensor
) -> Tensor:
    """F with x_bᵀ F x_a = 0 for the two pictures x_a, x_b of one point: [..., 3, 3].

    Poses [..., 4, 4], intrinsics [..., 3, 3] in pixels. F = K_b⁻ᵀ [t]ₓ R K_a⁻¹ for b_from_a =
    (R, t). It is zero when the cameras stand in one place: then no point is excluded.
    """
    b_from_a = cam_from_world_b @ invert_rigid(cam_from_world_a)
    rotation, translation = b_from_a[..., :3, :3], b_from_a[..., :3, 3]
    # column by column, [t]ₓ R = t × R
    essential = torch.linalg.cross(translation[..., :, None], rotation, dim=-2)
    return torch.linalg.inv(intrinsics_b).mT @ essential @ torch.linalg.inv(intrinsics_a)


def epipolar_distance(fundamental: Tensor, points_a: Tensor, points_b: Tensor) -> Tensor:
    """Symmetric epipolar distance in pixels: [..., 3, 3] and [..., N, 2] twice → [..., N].

    The mean of b's distance to the epipolar line of a and a's distance to that of b. NaN where
    the fundamental matrix is zero (no translation).
    """
    residual, line_in_b, line_in_a = _residual_and_lines(fundamental, points_a, points_b)
    return residual.abs() * (1 / line_in_b.norm(dim=-1) + 1 / line_in_a.norm(dim=-1)) / 2


def sampson_distance(fundamental: Tensor, points_a: Tensor, points_b: Tensor) -> Tensor:
    """First-order distance in pixels from the nearest pair that fits: → [..., N].

    |x_bᵀ F x_a| / √(‖(F x_a)₁₂‖² + ‖(Fᵀ x_b)₁₂‖²); not squared. Shapes as epipolar_distance.
    """
    residual, line_in_b, line_in_a = _residual_and_lines(fundamental, points_a, points_b)
    return residual.abs() / torch.cat([line_in_b, line_in_a], dim=-1).norm(dim=-1)


def _residual_and_lines(
    fundamental: Tensor, points_a: Tensor, points_b: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """x_bᵀ F x_a [..., N] and the normals of both epipolar lines [..., N, 2]."""
    a = torch.nn.functional.pad(points_a, (0, 1), value=1.0)
    b = torch.nn.functional.pad(points_b, (0, 1), value=1.0)
    line_in_b, line_in_a = a @ fundamental.mT, b @ fundamental
    return (b * line_in_b).sum(dim=-1), line_in_b[..., :2], line_in_a[..., :2]
