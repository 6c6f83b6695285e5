"""The figure of opposite cameras: what a system without a camera is given."""

import torch

from dynascene.reproduction.opposite_cameras import without_camera
from dynascene.types import Batch

B, F, H, W = 3, 5, 6, 9


def test_points_are_hidden_and_stay_where_they_are() -> None:
    torch.manual_seed(0)
    points = torch.rand(B, F, 50, 5) + 0.5
    clip = Batch(
        matte=torch.ones(B, F, 1, H, W),
        foreground=torch.rand(B, F, 3, H, W),
        scene_image=torch.rand(B, 3, H, W),
        scene_visibility=torch.ones(B, 1, H, W),
        cam_from_world=torch.eye(4).repeat(B, F, 1, 1),
        intrinsics=torch.eye(3).repeat(B, F, 1, 1),
        points=points,
    )
    silent = without_camera(clip)
    assert not silent.has_camera.any()
    assert silent.points is not None
    assert (silent.points[..., 2] == 0).all()
    others = [0, 1, 3, 4]
    torch.testing.assert_close(silent.points[..., others], points[..., others], rtol=0, atol=0)
