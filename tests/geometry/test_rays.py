"""Rays of camera tracks."""

import torch

from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.geometry.rays import track_rays
from dynascene.types import Size

SIZE = Size(64, 36)
K = intrinsics_from_fov(55, SIZE)


def test_rays_are_those_of_the_pinhole_camera() -> None:
    track = make_move("pan-right:20+truck-left:0.3+dolly-zoom:0.2", 3, K, SIZE)
    rays = track_rays(track)
    for frame, row, column in [(0, 0, 0), (1, 17, 40), (2, 35, 63)]:
        pixel = torch.tensor([column + 0.5, row + 0.5, 1.0], dtype=torch.float64)
        in_camera = torch.linalg.inv(track.intrinsics[frame]) @ pixel
        expected = track.cam_from_world[frame, :3, :3].mT @ in_camera
        torch.testing.assert_close(rays.directions[frame, row, column], expected.float())
    points = rays.origins + 2.5 * rays.directions
    torch.testing.assert_close(rays.depth_of(points), torch.full((3, 36, 64), 2.5))
