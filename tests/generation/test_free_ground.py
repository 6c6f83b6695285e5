"""A person is turned away from what stands on the ground of the picture."""

import numpy as np
import torch

from dynascene.generation.free_ground import find_free_ground, smearing
from dynascene.geometry.framing import Attitude, find_framing
from dynascene.geometry.intrinsics import focal_from_fov, intrinsics_from_fov
from dynascene.geometry.lifting import LiftedScene, lift_to_stage, lift_with_depth
from dynascene.geometry.picture import PictureCamera
from dynascene.types import ArrayFrames, CameraTrack, Size

PICTURE, FRAME, FRAMES = Size(320, 200), Size(160, 100), 5
TRACK = CameraTrack(
    torch.eye(4).double().expand(FRAMES, 4, 4),
    intrinsics_from_fov(35, FRAME).expand(FRAMES, 3, 3),
    FRAME,
)
LEVEL = Attitude(-8.0, 0.0, 1.0)


def person(cut_off: bool = False) -> ArrayFrames:
    matte = np.zeros((100, 160, 1), np.uint8)
    matte[40 : 100 if cut_off else 75, 75:85] = 255
    return ArrayFrames([matte] * FRAMES)


def place(things: slice | None) -> LiftedScene:
    """Plain ground, with bars that stand in some columns of the picture."""
    picture = torch.full((3, PICTURE.height, PICTURE.width), 0.5)
    if things is not None:
        picture[:, 90:180, things][..., ::6] = 0.0
        picture[:, 90:180, things][..., 3::6] = 1.0
    return lift_to_stage(picture, PictureCamera(focal_from_fov(60, PICTURE), PICTURE, 80))


def test_the_camera_turns_until_the_feet_are_free() -> None:
    scene = place(slice(130, 220))
    free = find_free_ground(scene, TRACK, person())
    assert free is not None
    usual = find_framing(TRACK, scene, LEVEL)
    assert free.occupied(usual, TRACK) > 0.9
    assert "stand" in free.doubt(usual, TRACK)
    chosen = find_framing(TRACK, scene, LEVEL, lambda framing: free.cost(framing, TRACK))
    assert free.occupied(chosen, TRACK) < 0.1
    assert not free.doubt(chosen, TRACK)
    # to the left of the things: they are right of the middle
    assert -25 < chosen.yaw < -3


def test_where_no_ground_is_free_no_point_is_named() -> None:
    free = find_free_ground(place(slice(130, 220)), TRACK, person())
    assert free is not None
    crowded = free._replace(clutter=np.ones_like(free.clutter))
    usual = find_framing(TRACK, free.scene, LEVEL)
    assert "no free ground" in crowded.doubt(usual, TRACK)
    assert "stand`" not in crowded.doubt(usual, TRACK)


def test_plain_ground_changes_nothing() -> None:
    scene = place(None)
    free = find_free_ground(scene, TRACK, person())
    assert free is not None
    usual = find_framing(TRACK, scene, LEVEL)
    assert free.cost(usual, TRACK) == 0
    assert not free.doubt(usual, TRACK)


def test_feet_that_are_cut_off_have_no_ground() -> None:
    assert find_free_ground(place(None), TRACK, person(cut_off=True)) is None


def travelled(x: float, z: float) -> CameraTrack:
    poses = torch.eye(4).double().repeat(FRAMES, 1, 1)
    poses[:, 0, 3] = torch.linspace(0, -x, FRAMES)
    poses[:, 2, 3] = torch.linspace(0, -z, FRAMES)
    return CameraTrack(poses, TRACK.intrinsics, FRAME)


def test_a_camera_that_passes_things_on_the_ground_is_told() -> None:
    crowded = place(slice(80, 300))
    assert "scene_depth" in smearing(crowded, travelled(0.2, 0.0))
    assert smearing(crowded, travelled(0.0, 0.3))
    assert not smearing(crowded, travelled(0.0, 0.15))
    assert not smearing(crowded, TRACK)
    assert not smearing(place(None), travelled(0.2, 0.0))
    depth = torch.full((PICTURE.height, PICTURE.width), 2.0)
    solid = lift_with_depth(crowded.picture, crowded.camera, depth)
    assert not smearing(solid, travelled(0.2, 0.0))
