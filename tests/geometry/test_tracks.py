import pytest
import torch

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_from_fov, intrinsics_matrix
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.geometry.tracks import (
    EXTENT_WHERE_UNKNOWN,
    extent,
    in_assumed_units,
    path_length,
    relative_track,
    resize_track,
    scale_track,
    travels,
    turning_only,
    with_square_pixels,
    world_down,
)
from dynascene.types import CameraTrack, Size

SIZE = Size(64, 36)


def track_of(poses: torch.Tensor) -> CameraTrack:
    return CameraTrack(poses, intrinsics_from_fov(60, SIZE).expand(len(poses), 3, 3), SIZE)


def uniform_track(frames: int) -> CameraTrack:
    """Constant speed and constant turning speed, away from the origin."""
    time = torch.arange(frames, dtype=torch.float64)
    rotation = rotation_about("y", 3 * time) @ rotation_about("x", 20.0)
    centre = torch.tensor([5.0, 1, 2]) + time[:, None] * torch.tensor([0.1, -0.2, 0.3])
    return track_of(rigid(rotation, -(rotation @ centre[..., None])[..., 0]))


def same_poses(a: CameraTrack, b: CameraTrack, tolerance: float = 1e-9) -> bool:
    return torch.allclose(a.cam_from_world, b.cam_from_world, atol=tolerance)


def test_relative_track_starts_at_the_identity(random_poses):
    track = relative_track(track_of(random_poses(3)))
    assert torch.allclose(track.cam_from_world[0], torch.eye(4).double(), atol=1e-12)


def test_scaling_scales_distances_only(random_poses):
    track = track_of(random_poses(3))
    scaled = scale_track(track, 2.5)
    assert torch.equal(scaled.cam_from_world[:, :3, :3], track.cam_from_world[:, :3, :3])
    assert path_length(scaled) == pytest.approx(2.5 * path_length(track))
    assert extent(scaled) == pytest.approx(2.5 * extent(track))


def test_path_length_and_extent_of_a_known_path():
    poses = torch.eye(4).double().repeat(4, 1, 1)
    poses[:, 0, 3] = torch.tensor([7.0, 4, 4, 6])  # 3 away and 2 back
    poses[:, 1, 3] = torch.tensor([0.0, 4, 4, 4])
    track = track_of(poses)
    assert path_length(track) == pytest.approx(5 + 0 + 2)
    assert extent(track) == pytest.approx(5)
    assert path_length(track[:1]) == extent(track[:1]) == 0


def test_resized_track_sees_the_same_in_the_shared_part(random_poses):
    track = track_of(random_poses(3))
    square = resize_track(track, Size(72, 72))
    assert square.size == Size(72, 72)
    expected = intrinsics_matrix(*(2 * track.intrinsics[0, [0, 1], [0, 1]]).tolist(), 36, 36)
    assert torch.allclose(square.intrinsics[1], expected)
    assert torch.equal(square.cam_from_world, track.cam_from_world)


@pytest.mark.parametrize("factor", [0, -1, float("inf"), float("nan")])
def test_senseless_scales_are_refused(factor):
    with pytest.raises(InputError, match="camera track"):
        scale_track(uniform_track(3), factor)


def looking(yaw: torch.Tensor, pitch: float, roll: torch.Tensor | float = 0.0) -> torch.Tensor:
    """cam_from_world without translation, in a world whose y axis is down."""
    head = rotation_about("y", yaw) @ rotation_about("x", pitch) @ rotation_about("z", roll)
    return rigid(head.mT, torch.zeros(len(yaw), 3, dtype=torch.float64))


def degrees_from_down(down: torch.Tensor) -> float:
    return torch.rad2deg(torch.acos(down[1].clamp(max=1))).item()


def test_wide_pan_of_a_tilted_camera_finds_down():
    down, confidence = world_down(track_of(looking(torch.linspace(-40, 40, 30), pitch=-25)))
    assert down.norm().item() == pytest.approx(1)
    assert degrees_from_down(down) < 0.3
    assert confidence > 0.95


def test_level_pan_over_twenty_degrees_has_the_stated_confidence():
    _, confidence = world_down(track_of(looking(torch.linspace(-10, 10, 100), pitch=0)))
    assert confidence == pytest.approx(0.9, abs=0.02)


def test_camera_that_never_pans_gives_its_own_y_axis():
    down, confidence = world_down(track_of(looking(torch.zeros(5), pitch=-25)))
    assert degrees_from_down(down) == pytest.approx(25, abs=1e-6)
    assert confidence < 1e-6


def test_random_roll_hardly_tilts_down_and_much_of_it_costs_confidence():
    generator = torch.Generator().manual_seed(0)
    roll = torch.randn(60, dtype=torch.float64, generator=generator)
    yaw = torch.linspace(-40, 40, 60)
    down, confidence = world_down(track_of(looking(yaw, pitch=-15, roll=roll)))
    assert degrees_from_down(down) < 1
    _, doubtful = world_down(track_of(looking(yaw, pitch=-15, roll=30 * roll)))
    assert doubtful < confidence / 2


def test_a_hand_that_rolls_while_it_turns_is_not_taken_for_a_tilt():
    """A level camera turns by 16 degrees, drifts into a roll of 9 and shakes by 2 on the way."""
    generator = torch.Generator().manual_seed(3)
    shake = 2 * torch.randn(60, dtype=torch.float64, generator=generator)
    yaw, drift = torch.linspace(0, 16, 60), torch.linspace(0, 9, 60)
    smooth, sure = world_down(track_of(looking(yaw, pitch=0, roll=drift)))
    assert degrees_from_down(smooth) > 24  # without the shake this is a tilted pan
    assert sure > 0.7
    shaken, unsure = world_down(track_of(looking(yaw, pitch=0, roll=drift + shake)))
    assert degrees_from_down(shaken) < 0.65 * degrees_from_down(smooth)
    assert unsure < 0.4


def test_down_turns_with_the_world(random_poses):
    poses = looking(torch.linspace(-20, 30, 9), pitch=10)
    turned_from_world = random_poses()
    turned = track_of(poses @ torch.linalg.inv(turned_from_world))
    expected = turned_from_world[:3, :3] @ world_down(track_of(poses))[0]
    assert torch.allclose(world_down(turned)[0], expected, atol=1e-9)


def centres_track(centres: torch.Tensor) -> CameraTrack:
    return track_of(rigid(torch.eye(3).double().expand(len(centres), 3, 3), -centres))


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e5])
def test_travel_is_told_from_scatter_in_any_unit(unit: float) -> None:
    generator = torch.Generator().manual_seed(1)
    scatter = torch.randn(30, 3, generator=generator, dtype=torch.float64)
    path = torch.zeros(30, 3, dtype=torch.float64)
    path[:, 0] = torch.linspace(0, 1, 30)
    assert not travels(centres_track(unit * scatter))
    assert travels(centres_track(unit * path))
    assert travels(centres_track(unit * (path + 0.03 * scatter)))
    assert not travels(centres_track(0 * path))


@pytest.mark.parametrize("frames", [8, 11, 16, 24])
@pytest.mark.parametrize("seed", range(5))
def test_short_tracks_are_told_apart_too(frames: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    scatter = torch.randn(frames, 3, generator=generator, dtype=torch.float64)
    time = torch.linspace(0, 1, frames, dtype=torch.float64)[:, None]
    direction = torch.nn.functional.normalize(scatter[:1], dim=1)
    eased = direction * (time**2 * (3 - 2 * time))
    there_and_half_back = direction * torch.sin(0.7 * torch.pi * time)
    for path in (direction * time, eased, there_and_half_back):
        assert travels(centres_track(path + 0.02 * scatter))
    assert not travels(centres_track(1e-3 * scatter))


def test_assumed_units_do_not_depend_on_unit_or_world() -> None:
    track = uniform_track(12)
    expected = in_assumed_units(track)
    assert extent(expected) == pytest.approx(EXTENT_WHERE_UNKNOWN)
    torch.testing.assert_close(expected.cam_from_world[0], torch.eye(4, dtype=torch.float64))
    assert same_poses(in_assumed_units(scale_track(track, 37.0)), expected)
    assert extent(in_assumed_units(turning_only(track))) == 0


def test_square_pixels_give_a_squeezed_frame_its_shape() -> None:
    filmed = uniform_track(3)
    squeezed = filmed.intrinsics.clone()
    squeezed[:, 0] *= 0.75
    found = with_square_pixels(CameraTrack(filmed.cam_from_world, squeezed, Size(48, SIZE.height)))
    assert found.size == Size(48, 27)
    torch.testing.assert_close(
        found.intrinsics,
        0.75 * filmed.intrinsics * torch.tensor([[1.0], [1.0], [1 / 0.75]], dtype=torch.float64),
    )


def test_turning_only_keeps_turns_and_loses_travel() -> None:
    track = uniform_track(5)
    still = turning_only(track)
    torch.testing.assert_close(
        still.cam_from_world[:, :3, :3], track.cam_from_world[:, :3, :3], rtol=0, atol=0
    )
    assert extent(still) == 0
