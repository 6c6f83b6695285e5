"""Pinhole intrinsics in pixels, K = [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]; centres at +0.5."""

import math

import torch
from torch import Tensor

from dynascene.types import Size


def focal_from_fov(horizontal_fov: float, size: Size) -> float:
    """Focal length in pixels; the angle, in degrees, is between the left and the right border."""
    return size.width / 2 / math.tan(math.radians(horizontal_fov) / 2)


def fov_from_focal(focal: float, size: Size) -> float:
    """Horizontal field of view in degrees; the focal length is in pixels."""
    return math.degrees(2 * math.atan(size.width / 2 / focal))


def intrinsics_from_fov(horizontal_fov: float, size: Size) -> Tensor:
    """Square pixels, centred principal point: [3, 3] float64. The angle is in degrees."""
    focal = focal_from_fov(horizontal_fov, size)
    return intrinsics_matrix(focal, focal, size.width / 2, size.height / 2)


def intrinsics_matrix(fx: float, fy: float, cx: float, cy: float) -> Tensor:
    """The four numbers as [3, 3] float64."""
    return torch.tensor([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], dtype=torch.float64)


def horizontal_fov(intrinsics: Tensor, size: Size) -> Tensor:
    """Degrees between the left and the right border, [..., 3, 3] → [...]."""
    fx, cx = intrinsics[..., 0, 0], intrinsics[..., 0, 2]
    return torch.rad2deg(torch.atan(cx / fx) + torch.atan((size.width - cx) / fx))


def cover_scale(size: Size, target: Size) -> float:
    """How much a frame must be scaled to cover another one completely."""
    return max(target.width / size.width, target.height / size.height)


def contain_scale(size: Size, target: Size) -> float:
    """How much a frame must be scaled to lie within another one as large as it goes."""
    return min(target.width / size.width, target.height / size.height)


def cover_crop_intrinsics(intrinsics: Tensor, size: Size, target: Size) -> Tensor:
    """Intrinsics after scaling the frame to cover ``target`` and cropping it centrally.

    [..., 3, 3] → same. For frames of one shape this is plain resizing.
    """
    scale = cover_scale(size, target)
    result = intrinsics.clone()
    result[..., :2, :] *= scale
    result[..., 0, 2] -= (size.width * scale - target.width) / 2
    result[..., 1, 2] -= (size.height * scale - target.height) / 2
    return result


def contain_intrinsics(intrinsics: Tensor, size: Size, target: Size) -> Tensor:
    """Intrinsics of a frame of ``target`` shape in whose middle the whole frame of ``size`` fits.

    [..., 3, 3] → same. Scaling the larger frame to cover ``size`` and cropping it centrally gives
    the view of the original camera back. For frames of one shape this is plain resizing.
    """
    scale = min(target.width / size.width, target.height / size.height)
    result = intrinsics.clone()
    result[..., :2, :] *= scale
    result[..., 0, 2] += (target.width - size.width * scale) / 2
    result[..., 1, 2] += (target.height - size.height * scale) / 2
    return result
