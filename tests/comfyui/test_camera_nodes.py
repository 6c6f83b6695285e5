"""Cameras in and out of ComfyUI."""

import math
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from dynascene import CameraTrack, InputError, Size
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.geometry.rigid import camera_centres
from dynascene.geometry.tracks import relative_track
from dynascene.io.cameras import write_cameras

Run = Callable[..., tuple[Any, ...]]
MOVE = "orbit-left:30+dolly-in:0.2+roll-right:7"
SIZE = Size(64, 36)


@pytest.fixture
def camera() -> CameraTrack:
    return make_move(MOVE, 7, intrinsics_from_fov(50, SIZE), SIZE)


def assert_same(one: CameraTrack, other: CameraTrack) -> None:
    first, second = relative_track(one), relative_track(other)
    assert first.size == second.size
    torch.testing.assert_close(first.cam_from_world, second.cam_from_world, rtol=0, atol=1e-5)
    torch.testing.assert_close(first.intrinsics, second.intrinsics, rtol=0, atol=1e-5)


def test_a_move_is_the_librarys(run: Run, camera: CameraTrack) -> None:
    (made,) = run("Move", move=MOVE, frames=7, width=64, height=36, fov=50.0)
    assert_same(made, camera)


@pytest.mark.parametrize("format", ["re10k", "nerfstudio", "colmap"])
def test_saved_cameras_are_loaded_again(
    format: str, run: Run, camera: CameraTrack, comfy: SimpleNamespace, tmp_path: Path
) -> None:
    (first,) = run("SaveCamera", camera=camera, format=format, name=f"{format}/shot")
    (second,) = run("SaveCamera", camera=camera, format=format, name=f"{format}/shot")
    assert Path(first).stem == "shot_00001"
    assert Path(second).stem == "shot_00002"
    moved = comfy.folders.input / Path(first).name
    Path(first).rename(moved)
    (loaded,) = run("LoadCamera", file=moved.name, width=64, height=36, scale=1.0)
    assert_same(loaded, camera)


def test_a_path_of_unknown_unit_gets_the_assumed_one(
    run: Run, camera: CameraTrack, comfy: SimpleNamespace
) -> None:
    far = make_move("dolly-in:0.9", 7, intrinsics_from_fov(50, SIZE), SIZE)
    write_cameras(far, comfy.folders.input / "far.txt")
    told, assumed = (
        run("LoadCamera", file="far.txt", width=64, height=36, scale=scale)[0] for scale in (1, 0)
    )
    path, other = camera_centres(told.cam_from_world), camera_centres(assumed.cam_from_world)
    assert not torch.allclose(path, other, atol=0.1)
    torch.testing.assert_close(
        path / path.norm(dim=1).max(), other / other.norm(dim=1).max(), rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/passwd", "", "."])
def test_names_lead_nowhere_else(name: str, run: Run, camera: CameraTrack) -> None:
    with pytest.raises(InputError, match="within input"):
        run("LoadCamera", file=name)
    with pytest.raises(InputError, match="within output"):
        run("SaveCamera", camera=camera, name=name)


def test_a_changed_file_is_read_again(comfy: SimpleNamespace, camera: CameraTrack) -> None:
    path = comfy.folders.input / "changing.txt"
    write_cameras(camera, path)
    node = comfy.nodes["DynasceneLoadCamera"]
    before = node.fingerprint_inputs(file=path.name, scale=1.0)
    assert node.fingerprint_inputs(file=path.name, scale=1.0) == before
    os.utime(path, (1, 1))
    assert node.fingerprint_inputs(file=path.name, scale=1.0) != before


def test_cameractrl_poses_come_back(run: Run, camera: CameraTrack) -> None:
    (poses,) = run("CameraToCameraCtrl", camera=camera)
    assert [len(row) for row in poses] == [19] * 7
    assert poses[0][1] == pytest.approx(0.5 / math.tan(math.radians(25)))  # a share of the width
    (back,) = run("CameraFromCameraCtrl", poses=poses, width=64, height=36, scale=1.0)
    assert_same(back, camera)


def test_poses_that_mirror_are_refused(run: Run, camera: CameraTrack) -> None:
    (poses,) = run("CameraToCameraCtrl", camera=camera)
    poses[3][7:11] = [-value for value in poses[3][7:11]]
    with pytest.raises(InputError):
        run("CameraFromCameraCtrl", poses=poses)


def test_viewer_cameras_come_back(run: Run, camera: CameraTrack) -> None:
    infos = [run("CameraToLoad3D", camera=camera, frame=index)[0] for index in (0, 6)]
    (back,) = run("CameraFromLoad3D", start=infos[0], end=infos[1], frames=7, width=64, height=36)
    ends = CameraTrack(camera.cam_from_world[[0, 6]], camera.intrinsics[[0, 6]], SIZE)
    made = CameraTrack(back.cam_from_world[[0, 6]], back.intrinsics[[0, 6]], SIZE)
    torch.testing.assert_close(made.cam_from_world, ends.cam_from_world, rtol=0, atol=1e-5)
    torch.testing.assert_close(made.intrinsics, ends.intrinsics, rtol=0, atol=1e-5)


def test_the_viewers_axes_are_y_up(run: Run) -> None:
    """A camera 2 to the right, 3 up and 5 back that looks ahead, in the viewer's words."""
    info = {
        "position": {"x": 2, "y": 3, "z": 5},
        "target": {"x": 2, "y": 3, "z": 1},
        "quaternion": {"x": 0, "y": 0, "z": 0, "w": 1},
        "fov": 90,
        "zoom": 1,
        "cameraType": "perspective",
    }
    (still,) = run("CameraFromLoad3D", start=info, frames=3, width=64, height=36)
    assert len(still) == 3
    expected = torch.tensor([[2.0, -3, -5]] * 3, dtype=torch.float64)  # y down, z ahead
    torch.testing.assert_close(camera_centres(still.cam_from_world), expected)
    assert still.intrinsics[0, 1, 1] == pytest.approx(18)  # 45° to the upper border
    (without,) = run(
        "CameraFromLoad3D", start=info | {"quaternion": None}, frames=3, width=64, height=36
    )
    assert_same(without, still)
    (seen,) = run("CameraToLoad3D", camera=still, frame=2)
    assert seen["target"] == pytest.approx({"x": 2, "y": 3, "z": 4})


def test_a_target_turns_the_camera(run: Run) -> None:
    info = {"position": {"x": 0, "y": 0, "z": 0}, "target": {"x": 3, "y": 4, "z": -3}}
    (turned,) = run("CameraFromLoad3D", start=info, frames=2, width=64, height=36)
    ahead = turned.cam_from_world[0, 2, :3]  # in the world: x right, y down, z ahead
    torch.testing.assert_close(ahead, torch.tensor([3.0, -4, 3], dtype=torch.float64) / 34**0.5)
    right = turned.cam_from_world[0, 0, :3]
    assert right[1] == pytest.approx(0)
    assert right[0] > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cameraType": "orthographic"}, "perspective"),
        ({"target": {"x": 0, "y": 9, "z": 0}}, "straight up"),
        ({"fov": 179}, "field of view"),
    ],
)
def test_viewer_cameras_that_are_none_are_refused(change: dict, message: str, run: Run) -> None:
    info = {"position": {"x": 0, "y": 0, "z": 0}, "target": {"x": 0, "y": 0, "z": -1}}
    with pytest.raises(InputError, match=message):
        run("CameraFromLoad3D", start=info | change)


def test_a_frame_beyond_the_camera_is_refused(run: Run, camera: CameraTrack) -> None:
    with pytest.raises(InputError, match="0 to 6"):
        run("CameraToLoad3D", camera=camera, frame=7)
