"""Axes, directions and orders, against known answers and independent libraries."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rigid import camera_centres, invert_rigid, rotation_about
from dynascene.geometry.rotations import quaternion_from_rotation, rotation_from_quaternion
from dynascene.io.cameras import CameraDefaults, Sensor, read_cameras, write_cameras
from dynascene.types import CameraTrack, Size

CHAN = CameraDefaults(rotation_order="ZXY", sensor=Sensor(36, 20.25))
IDENTITY = np.eye(4).tolist()
components = st.floats(-1, 1)


@given(st.tuples(components, components, components, components))
def test_quaternions_agree_with_scipy(components: tuple[float, ...]) -> None:
    if math.hypot(*components) < 1e-3:
        components = (0.0, 0.0, 0.0, 1.0)
    xyzw = torch.tensor(components, dtype=torch.float64)
    reference = Rotation.from_quat(xyzw.numpy())
    matrix = rotation_from_quaternion(xyzw)
    np.testing.assert_allclose(matrix.numpy(), reference.as_matrix(), atol=1e-12)
    back = quaternion_from_rotation(matrix)
    assert back[3] >= 0
    assert (Rotation.from_quat(back.numpy()) * reference.inv()).magnitude() < 1e-7


@pytest.mark.parametrize("axis", range(3))
def test_half_turns_keep_their_digits(axis: int) -> None:
    expected = torch.eye(4, dtype=torch.float64)[axis]
    half_turn = rotation_from_quaternion(expected).expand(3, 3, 3, 3)  # two batch axes of 3
    back = quaternion_from_rotation(half_turn)
    torch.testing.assert_close(back, expected.expand(3, 3, 4))


def test_re10k_is_world_to_camera_row_by_row(tmp_path: Path) -> None:
    """A camera at (1, 2, 3) that looks along the world's +x: R rows are right, down, ahead."""
    path = tmp_path / "a.txt"
    path.write_text("http://clip\n0 0.5 1 0.25 0.75 0 0 0 0 -1 3 0 1 0 -2 1 0 0 -1\n")
    track = read_cameras(path, defaults=CameraDefaults(size=Size(200, 100)))
    torch.testing.assert_close(
        camera_centres(track.cam_from_world)[0], torch.tensor([1.0, 2, 3], dtype=torch.float64)
    )
    ahead = track.cam_from_world[0, 2, :3]
    assert ahead.tolist() == [1, 0, 0]
    assert track.intrinsics[0].tolist() == [[100, 0, 50], [0, 100, 75], [0, 0, 1]]


@pytest.mark.parametrize("name", ["kitti", "tum", "humanvid"])
def test_camera_to_world_formats_hold_positions(name: str, tmp_path: Path) -> None:
    """Turned 90 degrees to the right about the world's vertical: q = (0, sin 45°, 0, cos 45°)."""
    half = math.sqrt(0.5)
    text = {
        "kitti": "0 0 1 1 0 1 0 2 -1 0 0 3",
        "tum": f"# time tx ty tz qx qy qz qw\n0 1 2 3 0 {half} 0 {half}",
        "humanvid": f"0 0.5 1 1.5 0 {half} 0 {half} 1 2 2",  # positions times the scale 2
    }[name]
    path = tmp_path / "a.txt"
    path.write_text(text + "\n")
    pose = invert_rigid(read_cameras(path).cam_from_world)[0]
    expected = torch.tensor([[0, 0, 1, 1], [0, 1, 0, 2], [-1.0, 0, 0, 3], [0, 0, 0, 1]]).double()
    torch.testing.assert_close(pose, expected)


def test_opengl_camera_axes_by_hand(tmp_path: Path) -> None:
    """Identity in OpenGL axes looks along the world's −z with the world's y up."""
    document = {"w": 64, "h": 48, "fl_x": 32, "frames": [{"transform_matrix": IDENTITY}]}
    path = tmp_path / "transforms.json"
    path.write_text(json.dumps(document))
    track = read_cameras(path)
    assert track.cam_from_world[0].tolist() == np.diag([1.0, -1, -1, 1]).tolist()
    assert track.intrinsics[0].tolist() == [[32, 0, 32], [0, 32, 24], [0, 0, 1]]


def test_blender_world_is_z_up(tmp_path: Path) -> None:
    """Blender's camera turned up by 90 degrees about x looks along +y, its picture upright."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("x", 90, degrees=True).as_matrix()
    matrix[:3, 3] = [1, 2, 3]
    frame = {"frame": 1, "matrix_world": matrix.tolist(), "lens": 50, "sensor_width": 36}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"resolution": [720, 1280], "frames": [frame]}))
    track = read_cameras(path)
    expected = torch.eye(3, dtype=torch.float64)  # ahead and upright: no rotation in our world
    torch.testing.assert_close(track.cam_from_world[0, :3, :3], expected)
    centre = camera_centres(track.cam_from_world)[0]
    torch.testing.assert_close(centre, torch.tensor([1.0, -3, 2], dtype=torch.float64))
    # sensor_fit AUTO: an upright frame fits the sensor's width to its height
    assert track.intrinsics[0, 0, 0].item() == pytest.approx(50 / 36 * 1280)


def test_blender_shift_moves_the_principal_point_the_other_way(tmp_path: Path) -> None:
    frame = {"frame": 1, "matrix_world": IDENTITY, "lens": 36, "sensor_width": 36}
    frame |= {"shift_x": 0.1, "shift_y": 0.05}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"resolution": [1000, 500], "frames": [frame]}))
    intrinsics = read_cameras(path).intrinsics[0]
    assert intrinsics.tolist() == [[1000, 0, 400], [0, 1000, 300], [0, 0, 1]]


def test_nerf_synthetic_is_told_from_nerfstudio(tmp_path: Path) -> None:
    document = {"camera_angle_x": 1.0, "frames": [{"transform_matrix": IDENTITY}]}
    path = tmp_path / "transforms_train.json"
    path.write_text(json.dumps(document))
    blender = read_cameras(path, defaults=CameraDefaults(size=Size(800, 800)))
    assert blender.intrinsics[0, 0, 0].item() == pytest.approx(400 / math.tan(0.5))
    path.write_text(json.dumps(document | {"w": 800, "h": 800}))
    nerfstudio = read_cameras(path)
    torch.testing.assert_close(nerfstudio.intrinsics, blender.intrinsics)
    assert not torch.allclose(nerfstudio.cam_from_world, blender.cam_from_world)  # worlds differ


@pytest.mark.parametrize("angle", [0.0, -1.0, math.pi])
@pytest.mark.parametrize("size", [{}, {"w": 800, "h": 800}], ids=["blender", "nerfstudio"])
def test_angles_that_no_lens_has(tmp_path: Path, size: dict, angle: float) -> None:
    document = {"camera_angle_x": angle, "frames": [{"transform_matrix": IDENTITY}]} | size
    path = tmp_path / "transforms.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"camera_angle_x .* is not between 0 and pi"):
        read_cameras(path)


@pytest.mark.parametrize("order", ["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"])
def test_chan_angles_agree_with_scipy(order: str, tmp_path: Path) -> None:
    angles = {"X": 10.0, "Y": -35.0, "Z": 75.0}
    path = tmp_path / "a.chan"
    path.write_text("1 1 2 3 10 -35 75 40\n")
    track = read_cameras(path, defaults=CameraDefaults(rotation_order=order, sensor=Sensor(36, 24)))
    fixed_axes = Rotation.from_euler(order.lower(), [angles[a] for a in order], degrees=True)
    flip = np.diag([1.0, -1, -1])
    world_from_cam = invert_rigid(track.cam_from_world)[0].numpy()
    np.testing.assert_allclose(world_from_cam[:3, :3], flip @ fixed_axes.as_matrix() @ flip)
    np.testing.assert_allclose(world_from_cam[:3, 3], [1, -2, -3])


def test_chan_field_of_view_belongs_to_the_film_back(tmp_path: Path) -> None:
    """A 36 mm lens on a 36 x 24 mm film back sees as wide as far, in any frame."""
    path = tmp_path / "a.chan"
    path.write_text(f"1 0 0 0 0 0 0 {2 * math.degrees(math.atan(12 / 36)):.15g}\n")
    defaults = CameraDefaults(size=Size(1000, 300), rotation_order="ZXY", sensor=Sensor(36, 24))
    intrinsics = read_cameras(path, defaults=defaults).intrinsics[0]
    assert intrinsics[0, 0].item() == pytest.approx(1000)
    assert intrinsics[1, 1].item() == pytest.approx(1000)


def test_chan_angles_run_on_without_jumps(tmp_path: Path) -> None:
    yaw = rotation_about("y", torch.arange(0, 720, 30))
    poses = torch.eye(4, dtype=torch.float64).repeat(len(yaw), 1, 1)
    poses[:, :3, :3] = yaw
    size = Size(64, 36)
    intrinsics = intrinsics_from_fov(50, size).expand(len(yaw), 3, 3)
    write_cameras(CameraTrack(poses, intrinsics, size), tmp_path / "a.chan", defaults=CHAN)
    columns = np.loadtxt(tmp_path / "a.chan")
    assert np.abs(np.diff(columns[:, 4:7], axis=0)).max() < 31


def test_motionctrl_starts_at_identity(tmp_path: Path, make_track) -> None:
    write_cameras(make_track(3), tmp_path / "a.json", "motionctrl")
    rows = json.loads((tmp_path / "a.json").read_text())
    assert rows[0] == np.eye(4)[:3].ravel().tolist()
    assert [len(row) for row in rows] == [12, 12, 12]


def test_chan_writes_gimbal_lock_without_a_warning(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    """Order ZXY locks where the camera looks straight up or down."""
    poses = torch.eye(4, dtype=torch.float64).repeat(3, 1, 1)
    poses[:, :3, :3] = rotation_about("x", torch.tensor([90.0, -90, 90])) @ rotation_about("y", 20)
    intrinsics = intrinsics_from_fov(50, Size(64, 36)).expand(3, 3, 3)
    track = CameraTrack(poses, intrinsics, Size(64, 36))
    write_cameras(track, tmp_path / "a.chan", defaults=CHAN)
    back = read_cameras(tmp_path / "a.chan", defaults=CHAN)
    torch.testing.assert_close(back.cam_from_world, poses, rtol=0, atol=1e-6)
    assert not recwarn.list
