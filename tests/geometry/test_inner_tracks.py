"""Tracks that stay within a place, or in one."""

import torch

from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.geometry.rigid import camera_centres
from dynascene.geometry.surface import Stage
from dynascene.geometry.tracks import keep_inside, turning_only
from dynascene.types import Size

SIZE = Size(48, 27)
K = intrinsics_from_fov(50, SIZE)


def test_turning_only_keeps_the_turns() -> None:
    track = make_move("orbit-right:20+tilt-up:5", 3, K, SIZE)
    turned = turning_only(track)
    assert not turned.cam_from_world[:, :3, 3].any()
    torch.testing.assert_close(turned.cam_from_world[:, :3, :3], track.cam_from_world[:, :3, :3])


def test_a_track_is_shrunk_until_it_stays_inside() -> None:
    stage = Stage(height=0.3, radius=2.0)
    track = make_move("pedestal-down:1", 6, K, SIZE)
    inside = keep_inside(track, stage.contains)
    centres = camera_centres(inside.cam_from_world)
    assert stage.contains(centres).all()
    assert float(centres[-1, 1]) > 0.2  # and not more than needed
    assert keep_inside(inside, stage.contains) is inside
