"""How the background moves in the picture because the camera does.

F frames, H W pixels.
"""

import torch
from torch import Tensor

from dynascene.geometry.rays import track_rays
from dynascene.types import CameraTrack, Size


def backward_flow(track: CameraTrack, depth: Tensor) -> Tensor:
    """Where each pixel of a frame was in the frame before, as the way from there: [F, 2, H, W].

    In shares of the frame's width and height, so that it means the same at every size. The first
    frame has none: 0. What lay behind the camera before has none either.

    Args:
        track: the cameras.
        depth: [F, 1, H, W] of the background along the camera's axis; infinite depth is seen to
            turn alone, by x' ~ K' R' Rᵀ K⁻¹ x.
    """
    rays = track_rays(track, depth.device)
    nearness = 1 / depth[:, 0, ..., None]  # in homogeneous coordinates X ~ (d + o / z, 1 / z)
    direction = rays.directions + rays.origins * nearness
    flow = depth.new_zeros(len(track), 2, *depth.shape[-2:])
    here = pixel_shares(track.size, like=depth)
    for frame in range(1, len(track)):
        pose = track.cam_from_world[frame - 1].to(depth)
        lens = track.intrinsics[frame - 1].to(depth)
        seen = direction[frame] @ pose[:3, :3].mT + nearness[frame] * pose[:3, 3]
        ahead = seen[..., 2:]
        pixel = ((seen / ahead.clamp_min(1e-6)) @ lens.mT)[..., :2] / depth.new_tensor(track.size)
        moved = torch.where(ahead > 1e-6, here - pixel, 0)
        flow[frame] = moved.permute(2, 0, 1)
    return flow


def pixel_shares(size: Size, like: Tensor) -> Tensor:
    """The pixels' centres as shares of width and height: [H, W, 2]."""
    x = (torch.arange(size.width, dtype=like.dtype, device=like.device) + 0.5) / size.width
    y = (torch.arange(size.height, dtype=like.dtype, device=like.device) + 0.5) / size.height
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
