"""Every refusal is one line with file and line (or frame), and leaves nothing behind."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.io.cameras import (
    CameraDefaults,
    Sensor,
    detect_format,
    read_cameras,
    write_cameras,
)
from dynascene.types import CameraTrack, Size

RE10K = "0 1 1 .5 .5 0 0  1 0 0 0  0 1 0 0  0 0 1 0"
KITTI = "1 0 0 0  0 1 0 0  0 0 1 0"
TUM = "{t} 0 0 0 0 0 0 1"
HUMANVID = "{t} 0 0 0 0 0 0 1 1 1 1"
CHAN = CameraDefaults(rotation_order="ZXY", sensor=Sensor(36, 24))
IDENTITY = np.eye(4).tolist()

TEXT_CASES = [
    ("re10k", f"url\n{RE10K}\n{RE10K} 1", 3, "20 columns, expected 19"),
    ("re10k", f"url\n{RE10K}\n{RE10K[:-2]}", 3, "18 columns, expected 19"),
    ("re10k", f"url\n{RE10K.replace('1 0 0 0', '2 0 0 0', 1)}", 2, "no rotation"),
    ("re10k", f"url\n{RE10K.replace('1 0 0 0', '1.0011 0 0 0', 1)}", 2, "no rotation"),
    ("re10k", f"url\n{RE10K.replace('1 0 0 0', '-1 0 0 0', 1)}", 2, "mirrors"),
    ("re10k", f"url\n{RE10K}\n{RE10K.replace('.5', 'nan', 1)}", 3, "not a finite number"),
    ("re10k", f"url\n{RE10K.replace('.5', 'half', 1)}", 2, "'half' is not a number"),
    ("re10k", f"url\n{RE10K.replace('0 1 1', '0 0 1', 1)}", 2, "not positive"),
    ("re10k", f"url\n{RE10K.replace('0 0  1', '0.1 0  1', 1)}", 2, "distortion"),
    ("kitti", f"{KITTI}\n{KITTI} 0", 2, "13 columns, expected 12"),
    ("kitti", f"{KITTI}\n{KITTI.replace('1', 'inf')}", 2, "not a finite number"),
    ("kitti", f"{KITTI}\n{KITTI.replace('1', '0')}", 2, "no rotation"),
    ("tum", TUM.format(t=0)[:-1] + "0", 1, "quaternion has length 0"),
    ("tum", TUM.format(t=0)[:-1] + "2", 1, "quaternion has length 2"),
    ("tum", TUM.format(t=1) + "\n" + TUM.format(t=1), 2, "does not come after"),
    ("humanvid", HUMANVID.format(t=0)[:-3] + "0 1", 1, "not positive"),
    ("humanvid", HUMANVID.format(t=0)[:-1] + "0", 1, "scale 0 is not positive"),
    ("humanvid", f"{HUMANVID.format(t=0)}\n{HUMANVID.format(t=1)[:-1]}2", 2, "scale changes"),
    ("chan", "1 0 0 0 0 0 0 180", 1, "field of view 180"),
    ("chan", "2 0 0 0 0 0 0 50\n1 0 0 0 0 0 0 50", 2, "does not come after"),
]


@pytest.mark.parametrize(("name", "text", "line", "message"), TEXT_CASES)
def test_text(name: str, text: str, line: int, message: str, tmp_path: Path) -> None:
    path = tmp_path / "cameras.txt"
    path.write_text(text + "\n")
    with pytest.raises(InputError) as caught:
        read_cameras(path, name, CHAN)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def nerfstudio(**changes: object) -> object:
    frame = {"transform_matrix": IDENTITY} | changes
    return {"w": 64, "h": 48, "fl_x": 50, "frames": [{"transform_matrix": IDENTITY}, frame]}


def blender(**changes: object) -> object:
    frame = {"frame": 1, "matrix_world": IDENTITY, "lens": 50, "sensor_width": 36} | changes
    return {"resolution": [64, 48], "frames": [frame]}


def info(pose: object, k: object = ((9, 0, 4), (0, 9, 4), (0, 0, 1))) -> object:
    good = [[9, 0, 4], [0, 9, 4], [0, 0, 1]]
    return {"imW": 8, "imH": 8, "intrinsics": [good, k], "w2c": [IDENTITY, pose]}


SCALED = np.diag([2.0, 2, 2, 1]).tolist()
JSON_CASES = [
    ("motionctrl", [[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0], [1] * 11], "frame 1: expected a 1x12"),
    ("motionctrl", [[1] * 12], "frame 0: matrix is no rotation"),
    ("motionctrl", [["1"] * 12], "frame 0: expected a 1x12"),
    ("motionctrl", [], "expected a list"),
    ("nerfstudio", nerfstudio(transform_matrix=SCALED), "frame 1: matrix is no rotation"),
    ("nerfstudio", nerfstudio(transform_matrix=[[1, 0], [0, 1]]), "frame 1: expected a 3x4 or 4x4"),
    ("nerfstudio", nerfstudio(fl_x=0), "frame 1: focal length 0 is not positive"),
    ("nerfstudio", nerfstudio(k1=0.1), "frame 1: has lens distortion"),
    ("nerfstudio", nerfstudio(camera_model="OPENCV_FISHEYE"), "frame 1: camera model OPENCV_FISH"),
    ("nerfstudio", nerfstudio(w=32), "differ in size"),
    ("nerfstudio", nerfstudio(h="tall"), "frame 1: \"h\" is 'tall'"),
    ("nerfstudio", {"frames": [{}]}, 'frame 0: has no "transform_matrix"'),
    ("nerfstudio", {"frames": []}, "no camera poses"),
    ("blender", blender(matrix_world=SCALED), "frame 1: matrix is no rotation"),
    ("blender", blender(lens=-5), "frame 1: focal length"),
    ("blender", blender(sensor_width=0), "frame 1: sensor size 0 is not positive"),
    ("blender", {"resolution": [0, 9], "frames": blender()["frames"]}, "not a frame size"),
    ("camera_info", info([[1, 2]]), "frame 1: expected a 3x4 or 4x4"),
    ("camera_info", info(IDENTITY, [[9, 1, 4], [0, 9, 4], [0, 0, 1]]), "not of the form"),
    ("camera_info", {"imH": 8, "imW": 8}, "has no intrinsics and no w2c"),
]


@pytest.mark.parametrize(("name", "content", "message"), JSON_CASES)
def test_documents(name: str, content: object, message: str, tmp_path: Path) -> None:
    path = tmp_path / "cameras.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InputError) as caught:
        read_cameras(path, name)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_value_that_is_not_finite_in_json(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[[1, 0, 0, NaN, 0, 1, 0, 0, 0, 0, 1, 0]]")
    with pytest.raises(InputError, match="frame 0: the pose holds a value that is not finite"):
        read_cameras(path)


def test_broken_json_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{\n "frames": [\n}')
    with pytest.raises(InputError, match=r"a\.json:3: is not valid JSON"):
        read_cameras(path)


def test_rotations_within_a_thousandth_are_mended(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1.0009 0 0 7  0 1 0 0  0 0 1 0\n")
    pose = read_cameras(path).cam_from_world[0]
    np.testing.assert_allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-12)
    assert pose[0, 3].item() == pytest.approx(-7)


@pytest.mark.parametrize(
    "content", [b"", b"\n \n", b"a walk in the park\nof twelve words\n", b"1 2\n"]
)
def test_unknown_content(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "kitti_tum_re10k.txt"  # the name must not decide
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        detect_format(path)
    if content.strip():
        assert "re10k, colmap" in str(caught.value)
    else:
        assert "is empty" in str(caught.value)


def test_files_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\x89PNG\xff\xfe\x00")
    (tmp_path / "folder").mkdir()
    for path, message in (
        (tmp_path / "a.txt", "is not a text file"),
        (tmp_path / "folder", "no camera file of a known format"),
        (tmp_path / "missing.txt", "there is no such camera file"),
    ):
        with pytest.raises(InputError, match=message):
            read_cameras(path)
    with pytest.raises(InputError, match="is a folder, and tum is a file"):
        read_cameras(tmp_path / "folder", "tum")


def test_a_keyframe_file_is_sent_to_the_moves(tmp_path: Path) -> None:
    path = tmp_path / "move.json"
    path.write_text('{"keyframes": [{"frame": 0}, {"frame": 9, "pan": 15}]}')
    for read in (detect_format, read_cameras):
        with pytest.raises(InputError) as caught:
            read(path)
        assert str(caught.value) == f"{path}: is a keyframe file; give it to `move`"


def test_unknown_format_names_are_answered_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(KITTI)
    with pytest.raises(InputError, match="did you mean kitti"):
        read_cameras(tmp_path / "a.txt", "kiti")


def test_chan_asks_for_what_it_does_not_store(tmp_path: Path) -> None:
    path = tmp_path / "a.chan"
    path.write_text("1 0 0 0 0 0 0 50\n")
    with pytest.raises(InputError, match="`rotation_order`"):
        read_cameras(path)
    with pytest.raises(InputError, match="`sensor`"):
        read_cameras(path, defaults=CameraDefaults(rotation_order="ZXY"))


@pytest.mark.parametrize(
    "values",
    [
        {"size": Size(0, 9)},
        {"fov": 0},
        {"fov": 180},
        {"rotation_order": "XYX"},
        {"sensor": Sensor(36, 0)},
    ],
)
def test_defaults_without_meaning(values: dict) -> None:
    with pytest.raises(InputError):
        CameraDefaults(**values)


@pytest.mark.parametrize("name", ["chan", "blender"])
def test_pixels_that_are_not_square(name: str, tmp_path: Path, make_track) -> None:
    with pytest.raises(InputError, match="square pixels only"):
        write_cameras(make_track(3), tmp_path / "a", name, CHAN)
    assert not list(tmp_path.iterdir())


def test_nothing_is_left_after_a_failed_write(
    tmp_path: Path, make_track, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills up at the last step: the old file stays, no other appears."""
    (tmp_path / "a.txt").write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    for target in ("a.txt", "folder"):
        with pytest.raises(InputError, match="No space left"):
            write_cameras(make_track(3), tmp_path / target)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_places_that_cannot_be_written(tmp_path: Path, make_track) -> None:
    track: CameraTrack = make_track(3)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "work.txt").write_text("mine")
    (tmp_path / "empty").mkdir()
    for path, name, message in (
        (tmp_path / "full", "colmap", "not empty"),
        (tmp_path / "full", "re10k", "not empty"),
        (tmp_path / "empty", "re10k", "is a folder"),
        (tmp_path / "nowhere" / "a.txt", "re10k", "does not exist"),
        (tmp_path / "a.mp4", None, "the ending does not tell"),
    ):
        with pytest.raises(InputError, match=message):
            write_cameras(track, path, name)
    assert (tmp_path / "full" / "work.txt").read_text() == "mine"
    write_cameras(track, tmp_path / "empty")  # an empty folder is as good as none
    assert len(read_cameras(tmp_path / "empty")) == 3
