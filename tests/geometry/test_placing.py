"""Where a camera stands so that the person's feet are at a point of the place."""

import math

import pytest
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.box import PlaceBox
from dynascene.geometry.framing import Attitude, Framing, eye_shares, place_track, seen_share
from dynascene.geometry.intrinsics import focal_from_fov, intrinsics_from_fov
from dynascene.geometry.lifting import (
    LiftedScene,
    lift_to_box,
    lift_to_stage,
    lift_with_depth,
    median_depth,
)
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.placing import (
    FilmedFeet,
    ground_point,
    ground_seen_at,
    held_pitch,
    shown_ground,
    stand_at,
    standing_orientation,
    step_ahead,
    step_back,
)
from dynascene.geometry.rigid import camera_centres, rigid, rotation_about
from dynascene.geometry.tracks import scale_track
from dynascene.types import CameraTrack, Size

PICTURE, FRAME = Size(300, 200), Size(160, 90)
CAMERA = PictureCamera(focal_from_fov(60, PICTURE), PICTURE, 80)
STAGE = lift_to_stage(torch.zeros(3, 200, 300), CAMERA)
ROOM = lift_to_box(
    torch.zeros(3, 200, 300), CAMERA, PlaceBox(1.0, 0.9, 1.2, 1.9, 4.0, -6.0, radius=5.0)
)
FOOT, HEAD = (97.0, 83.0), (95.0, 21.0)  # pixels of a frame


def filmed(frames: int = 5) -> CameraTrack:
    """A camera that turns, rises and goes ahead, looking down."""
    time = torch.linspace(0, 1, frames, dtype=torch.float64)
    turn = rotation_about("y", 9 * time) @ rotation_about("x", -5 - 2 * time)
    centres = torch.stack([0.1 * time, -0.03 * time, 0.2 * time], dim=-1)
    poses = rigid(turn.mT, -(turn.mT @ centres[..., None])[..., 0])
    return CameraTrack(poses, intrinsics_from_fov(45, FRAME).expand(frames, 3, 3), FRAME)


def ray(track: CameraTrack, frame: int, pixel: tuple[float, float]) -> Tensor:
    """The unit ray through a frame's pixel, in the first camera's axes."""
    in_camera = torch.linalg.solve(track.intrinsics[frame], torch.tensor([*pixel, 1.0]).double())
    first = track.cam_from_world[0, :3, :3]
    turned = first @ track.cam_from_world[frame, :3, :3].mT @ in_camera
    return turned / turned.norm()


def seen_at(track: CameraTrack, frame: int, point: Tensor) -> Tensor:
    """The pixel [2] of a frame that shows a point of the scene's world."""
    pose = track.cam_from_world[frame]
    x, y, z = track.intrinsics[frame] @ (pose[:3, :3] @ point + pose[:3, 3])
    return torch.stack([x / z, y / z])


@pytest.mark.parametrize("scene", [STAGE, ROOM], ids=["stage", "room"])
@pytest.mark.parametrize("frame", [0, 3])
@pytest.mark.parametrize("scale", [1.0, 0.6, 1.3])
def test_feet_and_the_point_of_the_ground_meet(scene: LiftedScene, frame: int, scale: float):
    """There and back: the ground that the picture shows at the point is seen at the feet."""
    track, stand = filmed(), (140.0, 150.0)
    feet = FilmedFeet(frame, ray(track, frame, FOOT))
    point = ground_point(scene, *stand)
    assert point is not None
    pixel, inside = CAMERA.pixels_from_directions(point[None])
    assert inside.all()
    torch.testing.assert_close(pixel[0], torch.tensor(stand).double())
    attitude = Attitude(-6.0, 1.5, confidence=0.9)
    level = standing_orientation("auto", scene, track, attitude, feet, point)
    framing = stand_at(level, track, feet, point, scale)
    placed = place_track(scale_track(track, scale), framing)
    assert (seen_at(placed, frame, point) - torch.tensor(FOOT)).norm() < 1e-6
    # seen from the side that the picture shows: camera, scene camera and feet in one upright plane
    centre = camera_centres(placed.cam_from_world)[frame]
    away = point - centre
    assert math.atan2(away[0], away[2]) == pytest.approx(math.atan2(point[0], point[2]))
    assert (framing.pitch, framing.roll) == (-6.0, 1.5)


def person_height(track: CameraTrack, frame: int, point: Tensor) -> float:
    """Of somebody who stands at a point and whose head is seen at HEAD, in track units."""
    world_from_camera = track.cam_from_world[frame, :3, :3].mT
    line = world_from_camera @ torch.linalg.solve(
        track.intrinsics[frame], torch.tensor([*HEAD, 1.0]).double()
    )
    centre = camera_centres(track.cam_from_world)[frame]
    level = (point - centre)[[0, 2]]
    length = level.norm() / line[[0, 2]].norm()
    return float(point[1] - (centre + length * line)[1])


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.4])
def test_the_person_is_as_tall_as_asked_for(scale: float):
    """On the ground of the place, a scale multiplies the height that the pixels imply."""
    track = filmed()
    feet = FilmedFeet(2, ray(track, 2, FOOT))
    point = ground_point(STAGE, 150, 160)
    assert point is not None
    level = standing_orientation("auto", STAGE, track, Attitude(-6, 0, 0.9), feet, point)
    heights = [
        person_height(place_track(scale_track(track, s), stand_at(level, track, feet, point, s)), 2,
                      point)
        for s in (1.0, scale)
    ]  # fmt: skip
    assert heights[1] == pytest.approx(scale * heights[0], rel=1e-9)
    assert heights[0] == pytest.approx(STAGE.surface.height / 0.99, rel=0.15)


def test_a_scale_alone_keeps_the_feet_on_their_ground():
    track, framing = filmed(), Framing(4.0, -7.0)
    feet = FilmedFeet(4, ray(track, 4, FOOT))
    point = ground_seen_at(framing, track, feet, STAGE.surface.height)
    assert point is not None
    assert point[1] == pytest.approx(STAGE.surface.height)
    same = stand_at(framing, track, feet, point)
    assert same.position == pytest.approx((0, 0, 0), abs=1e-12)
    larger = place_track(scale_track(track, 1.7), stand_at(framing, track, feet, point, 1.7))
    assert (seen_at(larger, 4, point) - torch.tensor(FOOT)).norm() < 1e-6


def test_what_is_no_ground_is_told():
    assert ground_point(STAGE, 150, 79) is None  # above the horizon
    assert ground_point(STAGE, 150, 85) is None  # the backdrop
    assert ground_point(STAGE, 150, 190) is not None
    assert ground_point(ROOM, 5, 150) is None  # the left wall
    assert ground_point(ROOM, 150, 100) is None  # the back wall
    assert ground_point(ROOM, 150, 190) is not None


def test_a_sloping_relief_is_ground_and_its_wall_is_not():
    """A depth map of level ground, with a wall that stands upright at the right."""
    rows = (torch.arange(200) + 0.5 - 80).clamp(min=8)[:, None].expand(200, 300)
    depth = CAMERA.focal / rows
    depth[:, 200:] = 2.0
    scene = lift_with_depth(
        torch.zeros(3, 200, 300), PictureCamera(CAMERA.focal, PICTURE, 80), depth
    )
    point = ground_point(scene, 100, 160)
    assert point is not None
    assert ground_point(scene, 250, 120) is None
    assert median_depth(scene.camera, scene.surface) == pytest.approx(1, rel=0.1)


def test_the_pitch_puts_the_camera_at_a_usual_height():
    below = torch.deg2rad(torch.tensor([[9.0, -4.0], [8.5, -4.2], [8.0, -4.1]])).double()
    standing = torch.stack([below * 0, below.sin(), below.cos()], dim=-1)
    assert held_pitch(Attitude(3.0, 0.0, 0.2)) == 3.0
    assert held_pitch(Attitude(3.0, 0.0, 0.9, standing)) == 3.0
    pitch = held_pitch(Attitude(3.0, 0.0, 0.2, standing))
    down = Framing(0.0, pitch).scene_from_camera[1]
    assert float(eye_shares(down, standing).median()) == pytest.approx(0.85, abs=0.01)


def test_feet_above_the_horizon_are_refused():
    track = filmed()
    feet = FilmedFeet(0, ray(track, 0, FOOT))
    point = ground_point(STAGE, 150, 160)
    assert point is not None
    with pytest.raises(InputError, match="looks down"):
        stand_at(Framing(0.0, 40.0), track, feet, point)
    assert ground_seen_at(Framing(0.0, 40.0), track, feet, 1.0) is None
    assert standing_orientation(Framing(3, 4), STAGE, track, Attitude(0, 0, 1), feet, point) == (
        Framing(3, 4)
    )
    centred = standing_orientation("centre", STAGE, track, Attitude(0, 0, 1), feet, point)
    assert centred.pitch == CAMERA.pitch


def standing_at(distance: float, right: float = 0.0) -> Tensor:
    """Rays [3, 2, 3] of a level camera to somebody, in heights of the picture's camera."""
    ends = torch.tensor([[right, 1.0, distance], [right, -0.1, distance]]).double()
    return torch.nn.functional.normalize(ends, dim=-1).expand(3, 2, 3)


def test_who_would_be_behind_the_wall_is_put_before_it():
    """The camera steps back as far as it must, and no farther."""
    still, ahead = filmed(1), Framing(0.0, 0.0)
    wall = 4.0 / math.cos(math.radians(6.0))  # of a room that is turned by 6 degrees
    stepped = step_back(ahead, still, ROOM, standing_at(4.6))
    right, down, forth = (length / ROOM.surface.height for length in stepped.position)
    assert (right, down) == (0, 0)
    assert wall * 0.95 < 4.6 + forth < wall
    assert step_back(ahead, still, ROOM, standing_at(3.5)) == ahead  # stands in the room already
    assert step_back(ahead, still, STAGE, standing_at(4.6)) == ahead  # has no walls
    assert step_back(ahead, still, ROOM, standing_at(20.0)) == ahead  # would leave the place
    assert step_back(ahead, still, ROOM, standing_at(4.6)[:0]) == ahead


def test_feet_beside_the_room_do_not_move_the_camera():
    """No way back brings them in."""
    assert step_back(Framing(0.0, 0.0), filmed(1), ROOM, standing_at(3.0, 2.5)).position == (
        0,
        0,
        0,
    )


def test_who_stands_nearer_than_the_picture_shows_ground_is_put_on_it():
    """The nearest ground in the picture's middle is 2.1 heights of its camera away."""
    still, down = filmed(1), Framing(0.0, -30.0)
    rays = standing_at(0.9) @ down.scene_from_camera
    stepped = step_ahead(down, still, ROOM, rays)
    right, below, forth = (length / ROOM.surface.height for length in stepped.position)
    assert (right, below) == pytest.approx((0, 0), abs=1e-9)
    nearest = CAMERA.focal / (PICTURE.height - CAMERA.horizon)
    bent = math.cos(math.radians(CAMERA.pitch))
    assert nearest * bent - 0.2 < 0.9 + forth < nearest + 0.2
    share = [seen_share(place_track(still, f), ROOM) for f in (down, stepped)]
    assert share[1] > share[0] + 0.1
    assert step_ahead(down, still, STAGE, rays) == down
    level = Framing(0.0, -10.0)  # sees nothing beyond the picture
    assert step_ahead(level, still, ROOM, standing_at(0.9) @ level.scene_from_camera) == level
    assert step_ahead(down, still, ROOM, standing_at(3.0) @ down.scene_from_camera) == down


def test_feet_that_are_seen_in_few_frames_do_not_move_the_camera():
    """Somebody who comes into the picture from below stands nowhere for most of the clip."""
    down, clip = Framing(0.0, -30.0), filmed(1)[[0] * 12]
    rays = standing_at(0.9)[:1].expand(12, 2, 3) @ down.scene_from_camera
    assert step_ahead(down, clip, ROOM, rays) != down
    assert step_ahead(down, clip, ROOM, rays[:3]) == down
    assert step_back(Framing(0.0, 0.0), clip, ROOM, standing_at(4.6)[:1]) == Framing(0.0, 0.0)


def test_the_ground_at_the_feet_in_the_picture_follows_the_camera() -> None:
    """In every frame the pixel shows the point that ``ground_seen_at`` gives."""
    track, framing = filmed(), Framing(7.0, -6.0, 1.0, (0.05, -0.1, 0.2))
    frames = torch.tensor([0, 2, 4])
    rays = torch.tensor([[0.1, 0.3, 1.0], [-0.2, 0.2, 1.0], [0.0, 0.25, 1.0]]).double()
    rays = rays / rays.norm(dim=-1, keepdim=True)
    pixels = shown_ground(framing, track, frames, rays, STAGE)
    for frame, ray, pixel in zip(frames.tolist(), rays, pixels, strict=True):
        ground = STAGE.surface.height
        point = ground_seen_at(framing, track, FilmedFeet(frame, ray), ground)
        assert point is not None
        expected, _ = CAMERA.pixels_from_directions(point)
        expected = expected.clamp(torch.zeros(2), torch.tensor([300.0, 200.0]))
        torch.testing.assert_close(pixel, expected.to(pixel))
    sky = torch.tensor([[0.0, -0.5, 1.0]]).double()
    assert not len(shown_ground(framing, track, frames[:1], sky, STAGE))
