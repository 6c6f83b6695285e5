"""Points of the background, and where a camera track sees them.

F frames, N points, H W pixels.
"""

import torch
from torch import Tensor

from dynascene.geometry.point_rendering import NOWHERE
from dynascene.geometry.rays import track_rays
from dynascene.types import CameraTrack

DEEPER = 1.15  # what lies so much farther away than the frame shows is hidden by something
GOLDEN = (0.7548776662, 0.5698402910)  # of the R2 sequence: every part of it is evenly spread


def spread_shares(count: int) -> Tensor:
    """Evenly spread places in a frame, [N, 2] in shares of width and height."""
    number = torch.arange(1, count + 1, dtype=torch.float64)[:, None]
    return ((0.5 + number * torch.tensor(GOLDEN, dtype=torch.float64)) % 1).float()


def points_of_frame(track: CameraTrack, depth: Tensor, shares: Tensor) -> Tensor:
    """What the first frame shows in some places: homogeneous points [N, 4] of the world.

    Args:
        track: the cameras.
        depth: [F, 1, H, W] along the camera's axis, infinite where the place has none.
        shares: [N, 2] in shares of the frame.
    """
    rays, (column, row) = track_rays(track[:1], depth.device), _pixels(shares, depth)
    nearness = 1 / depth[0, 0, row, column]
    direction, origin = rays.directions[0, row, column], rays.origins[0, 0]
    return torch.cat([direction + origin * nearness[:, None], nearness[:, None]], dim=-1)


def seen_points(points: Tensor, track: CameraTrack, depth: Tensor, picture: CameraTrack) -> Tensor:
    """Where a track sees points: [F, N, 5], x, y, visibility 0 or 1, and x, y in the picture.

    All in shares of the frame. A point is hidden where the frame shows something nearer. Its place
    in the picture may lie outside of it, or be hidden there by something nearer; one behind the
    picture's camera is ``NOWHERE``.

    Args:
        points: [N, 4] homogeneous, in the track's world.
        track: the cameras.
        depth: [F, 1, H, W] of what the frames show.
        picture: the scene picture's camera in the same world, a track of one frame.
    """
    shares, ahead = _projected(points, track, depth)
    inside = (ahead > 1e-6) & (shares >= 0).all(-1) & (shares < 1).all(-1)
    column, row = _pixels(shares, depth)
    there = depth[torch.arange(len(depth))[:, None], 0, row, column]
    nearness = points[None, :, 3]
    hidden = there.isfinite() & (ahead > DEEPER * there.nan_to_num(posinf=1.0) * nearness)
    visible = (inside & ~hidden).to(shares)
    origin, before = _projected(points, picture, depth)
    origin = origin.where(before[..., None] > 1e-6, NOWHERE).expand_as(shares)
    return torch.cat([shares, visible[..., None], origin], dim=-1)


def _projected(points: Tensor, track: CameraTrack, like: Tensor) -> tuple[Tensor, Tensor]:
    """Homogeneous points in shares of the frames [F, N, 2], and how far ahead they are, times
    their nearness."""
    pose, lens = track.cam_from_world.to(like), track.intrinsics.to(like)
    seen = points[None] @ pose[:, :3].mT  # [F, N, 3]: R d + t / z for X ~ (d, 1 / z)
    ahead = seen[..., 2]
    pixel = ((seen / ahead[..., None].clamp_min(1e-6)) @ lens.mT)[..., :2]
    return pixel / like.new_tensor(track.size), ahead


def rows_off(rows: Tensor, hiding: Tensor) -> Tensor:
    """Points without those that something hides.

    Args:
        rows: [F, N, 5] as of ``seen_points``.
        hiding: bool [F, 1, H, W].
    """
    column, row = _pixels(rows[..., :2], hiding)
    hidden = hiding[torch.arange(len(rows))[:, None], 0, row, column]
    visible = torch.where(hidden, 0, rows[..., 2])
    return torch.cat([rows[..., :2], visible[..., None], rows[..., 3:]], dim=-1)


def _pixels(shares: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
    """Columns and rows of the pixels in which places lie."""
    height, width = depth.shape[-2:]
    column = (shares[..., 0] * width).floor().long().clamp(0, width - 1)
    return column, (shares[..., 1] * height).floor().long().clamp(0, height - 1)
