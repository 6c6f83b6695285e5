"""Per-pixel rays and their Plücker coordinates (CameraCtrl's and DynaScene's camera input).

Shapes: ``...`` any batch shape, F frames, H W pixels.
"""

import torch
from torch import Tensor

from dynascene.geometry.rays import pixel_centres, ray_directions
from dynascene.geometry.rigid import camera_centres
from dynascene.types import Size


def pixel_rays(cam_from_world: Tensor, intrinsics: Tensor, size: Size) -> tuple[Tensor, Tensor]:
    """The ray through the centre of each pixel, in world axes.

    Args:
        cam_from_world: [..., 4, 4].
        intrinsics: [..., 3, 3], in pixels of a frame of ``size``.

    Returns:
        Origins [..., 3], one per camera, and unit directions [..., H, W, 3].
    """
    u, v = pixel_centres(size, like=cam_from_world)
    rays = ray_directions(cam_from_world[..., :3, :3], intrinsics, u, v)
    directions = rays / rays.norm(dim=-1, keepdim=True)
    return camera_centres(cam_from_world), directions


def plucker_embedding(cam_from_world: Tensor, intrinsics: Tensor, size: Size) -> Tensor:
    """Plücker coordinates of each pixel's ray, channels [o × d, d] with d of unit length.

    Args:
        cam_from_world: [..., F, 4, 4].
        intrinsics: [..., F, 3, 3], in pixels of a frame of ``size``.

    Returns:
        [..., F, 6, H, W] in the dtype and on the device of the poses; differentiable. The moments o
        × d are in the unit of the translations: bring tracks to track units first.
    """
    origins, directions = pixel_rays(cam_from_world, intrinsics, size)
    # the axis is named: without it the first axis of size 3 is taken, which may be frames or pixels
    moments = torch.linalg.cross(origins[..., None, None, :], directions, dim=-1)
    return torch.cat([moments, directions], dim=-1).movedim(-1, -3)
