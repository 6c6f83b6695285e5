import json
from pathlib import Path

import pytest
import torch

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import horizontal_fov, intrinsics_from_fov
from dynascene.geometry.rigid import camera_centres, rotation_about
from dynascene.io.keyframes import is_keyframe_file, read_keyframes
from dynascene.types import CameraTrack, Size

SIZE = Size(64, 36)
INTRINSICS = intrinsics_from_fov(60, SIZE)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "camera.json"


def read(file: Path, content: object, frames: int = 9) -> CameraTrack:
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_keyframes(file, frames, INTRINSICS, SIZE)


def test_every_entry_arrives(file):
    track = read(
        file,
        {
            "easing": "ease-in-out",
            "fov": 50,
            "keyframes": [
                {"frame": 0},
                {"frame": 4, "pan": 15, "tilt": -3, "roll": 2, "fov": 45},
                {"frame": 8, "right": 0.2, "up": 0.1, "forward": 0.3},
            ],
        },
    )
    assert torch.equal(track.cam_from_world[0], torch.eye(4).double())
    fov = horizontal_fov(track.intrinsics, SIZE)
    assert fov[[0, 4, 8]].tolist() == pytest.approx([50, 45, 45])
    head = rotation_about("y", 15) @ rotation_about("x", -3) @ rotation_about("z", 2)
    assert torch.allclose(track.cam_from_world[4, :3, :3], head.mT)
    assert torch.allclose(track.cam_from_world[8, :3, :3], head.mT)
    assert camera_centres(track.cam_from_world)[8].tolist() == pytest.approx([0.2, -0.1, 0.3])


def test_field_of_view_comes_from_the_caller_where_the_file_has_none(file):
    assert torch.equal(read(file, {"keyframes": [{"frame": 0}]}).intrinsics[0], INTRINSICS)


def test_field_of_view_of_the_file_keeps_pixel_shape_and_principal_point(file):
    intrinsics = torch.tensor([[50.0, 0, 30], [0, 55, 20], [0, 0, 1]], dtype=torch.float64)
    file.write_text('{"fov": 90, "keyframes": [{"frame": 0}]}')
    read_back = read_keyframes(file, 1, intrinsics, SIZE).intrinsics[0]
    expected = torch.tensor([[32.0, 0, 30], [0, 35.2, 20], [0, 0, 1]], dtype=torch.float64)
    assert torch.allclose(read_back, expected)
    assert intrinsics[0, 0] == 50


def test_time_fits_any_length(file):
    content = {"keyframes": [{"time": 0}, {"time": 0.5, "pan": 30}, {"time": 1, "pan": 10}]}
    for frames in (3, 9, 33):
        poses = read(file, content, frames).cam_from_world
        assert torch.allclose(poses[frames // 2, :3, :3], rotation_about("y", 30).mT)
    assert torch.equal(read(file, content, 1).cam_from_world[0], torch.eye(4).double())


def test_frames_and_times_mix(file):
    track = read(file, {"keyframes": [{"frame": 2, "up": 1}, {"time": 1.0, "up": 2}]})
    up = -camera_centres(track.cam_from_world)[:, 1]
    assert up[[0, 2, 5, 8]].tolist() == pytest.approx([1, 1, 1.5, 2])


def test_first_frame_need_not_be_the_identity(file):
    track = read(file, {"keyframes": [{"frame": 0, "pan": 5}, {"frame": 8, "pan": 6}]})
    assert torch.allclose(track.cam_from_world[0, :3, :3], rotation_about("y", 5).mT)


ONE = [{"frame": 0}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"keyframes": [\n{"frame": 0,}]}', ":2: is not valid JSON"),
        ("[]", "expected"),
        ({"keyframes": []}, "at least one keyframe"),
        ({"easing": "linear"}, "at least one keyframe"),
        ({"keyframes": ONE, "speed": 3}, "unknown key 'speed'; known: easing, fov, keyframes"),
        ({"keyframes": ONE, "easing": "bouncy"}, "easing 'bouncy' is unknown; known: ease-in-out"),
        ({"keyframes": ONE, "easing": ["linear"]}, "is unknown"),
        ({"keyframes": ONE, "fov": 180}, "fov 180 is not between"),
        ({"keyframes": [*ONE, {"frame": 3, "yaw": 2}]}, "keyframe 2: unknown key 'yaw'; known: f"),
        ({"keyframes": [*ONE, {"frame": 3, "zoom": 2}]}, "keyframe 2: unknown key 'zoom'"),
        ({"keyframes": [*ONE, {"pan": 2}]}, 'keyframe 2 needs either "frame" or "time"'),
        ({"keyframes": [{"frame": 0, "time": 0}]}, 'keyframe 1 needs either "frame" or "time"'),
        ({"keyframes": [*ONE, {"frame": 9}]}, "keyframe 2: frame 9 lies outside.*last frame is 8"),
        ({"keyframes": [{"frame": -1}]}, "keyframe 1: frame -1 lies outside"),
        ({"keyframes": [{"time": 1.5}]}, "keyframe 1: time 1.5 is not between 0 and 1"),
        ({"keyframes": [{"frame": 4}, {"frame": 4}]}, "keyframe 2 is not later"),
        ({"keyframes": [{"frame": 4}, {"time": 0.5}]}, "keyframe 2 is not later"),
        ({"keyframes": [{"frame": 0, "pan": "10"}]}, "keyframe 1: pan '10' is not a number"),
        ({"keyframes": [{"frame": 0, "pan": True}]}, "keyframe 1: pan True is not a number"),
        ('{"keyframes": [{"frame": 0, "pan": NaN}]}', "keyframe 1: pan nan is not a number"),
        ({"keyframes": [{"frame": 0, "fov": 0}]}, "keyframe 1: fov 0 is not between"),
        ({"keyframes": [3]}, "keyframe 1 must look like"),
    ],
)
def test_nonsense_is_refused_in_one_line_with_its_place(file, content, message):
    with pytest.raises(InputError, match=message) as error:
        read(file, content)
    assert str(error.value).startswith(str(file))
    assert "\n" not in str(error.value)


def test_missing_or_binary_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_keyframes(tmp_path / "none.json", 3, INTRINSICS, SIZE)
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not a text file"):
        read_keyframes(tmp_path / "binary.json", 3, INTRINSICS, SIZE)
    with pytest.raises(InputError, match="cannot be read"):
        read_keyframes(tmp_path, 3, INTRINSICS, SIZE)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"keyframes": [{"frame": 0}]}', True),
        ('{"keyframes": [{"frame": 0},]}', True),  # meant as one: reading it says what is wrong
        ('{"frames": [], "camera_angle_x": 1}', False),
        ('{"keyframes": [], "camera_path": []}', False),  # nerfstudio's viewer
        ("[1, 2]", False),
        ("0 1 2 3", False),
    ],
)
def test_keyframe_files_are_told_by_their_content(file, content, expected):
    file.write_text(content)
    assert is_keyframe_file(file) == expected


def test_what_is_no_text_file_is_no_keyframe_file(tmp_path):
    (tmp_path / "video.mp4").write_bytes(bytes(range(256)))
    assert not is_keyframe_file(tmp_path / "video.mp4")
    assert not is_keyframe_file(tmp_path / "none.json")
    assert not is_keyframe_file(tmp_path)
