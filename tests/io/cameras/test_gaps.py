"""Frames that a file leaves out get the cameras between their neighbours, and are named."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from dynascene.errors import InputError
from dynascene.geometry.rigid import camera_centres
from dynascene.io.cameras import CameraDefaults, Sensor, read_cameras
from dynascene.types import CameraTrack

DEFAULTS = CameraDefaults(rotation_order="ZXY", sensor=Sensor(36, 24))
Numbers = list[float]


def colmap(path: Path, numbers: Numbers) -> Path:
    path.mkdir()
    (path / "cameras.txt").write_text("1 PINHOLE 64 36 60 60 32 18\n")
    lines = [f"{n + 1} 1 0 0 0 {-0.1 * n} 0 0 1 clip/f{n:03d}.png\n\n" for n in numbers]
    (path / "images.txt").write_text("".join(lines))
    return path


def nerfstudio(path: Path, numbers: Numbers) -> Path:
    frames = [
        {"file_path": f"images/f_{n:05d}.png", "transform_matrix": pose(n)} for n in numbers[::-1]
    ]
    path.write_text(json.dumps({"w": 64, "h": 36, "fl_x": 60, "frames": frames}))
    return path


def blender(path: Path, numbers: Numbers) -> Path:
    frames = [
        {"frame": n, "matrix_world": pose(n), "lens": 35, "sensor_width": 36} for n in numbers
    ]
    path.write_text(json.dumps({"resolution": [64, 36], "frames": frames}))
    return path


def chan(path: Path, numbers: Numbers) -> Path:
    path = path.with_suffix(".chan")
    path.write_text("".join(f"{n} {0.1 * n} 0 0 0 0 0 40\n" for n in numbers))
    return path


def humanvid(path: Path, numbers: Numbers) -> Path:
    path.write_text("".join(f"{n} {0.1 * n} 0 0 0 0 0 1 1 1\n" for n in numbers))
    return path


def tum(path: Path, numbers: Numbers) -> Path:
    path.write_text("".join(f"{7 + n / 30} {0.1 * n} 0 0 0 0 0 1\n" for n in numbers))
    return path


def re10k(path: Path, numbers: Numbers) -> Path:
    row = "{t} 1 1 .5 .5 0 0 1 0 0 {x} 0 1 0 0 0 0 1 0\n"
    rows = (row.format(t=33367 * n, x=-0.1 * n) for n in numbers)
    path.write_text("https://example.org\n" + "".join(rows))
    return path


def pose(n: float) -> list[list[float]]:
    return [[1, 0, 0, 0.1 * n], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]


def travel(track: CameraTrack) -> list[float]:
    centres = camera_centres(track.cam_from_world)
    return (centres - centres[0]).norm(dim=-1).tolist()


FORMATS = [colmap, nerfstudio, blender, chan, humanvid, tum, re10k]


@pytest.mark.parametrize("write", FORMATS)
def test_a_gap_is_named_and_filled(write: Callable, tmp_path: Path) -> None:
    notices: list[str] = []
    track = read_cameras(
        write(tmp_path / "a.txt", [0, 1, 2, 6, 7, 8, 9]), None, DEFAULTS, notices.append
    )
    assert travel(track) == pytest.approx([0.1 * n for n in range(10)])
    assert [n for n in notices if "3 of 10 frames (3 … 5)" in n]


@pytest.mark.parametrize("write", FORMATS)
def test_without_gaps_nothing_is_said_or_changed(write: Callable, tmp_path: Path) -> None:
    notices: list[str] = []
    track = read_cameras(write(tmp_path / "a.txt", [0, 1, 2, 3]), None, DEFAULTS, notices.append)
    assert len(track) == 4
    assert not [n for n in notices if "frames (" in n or "begins" in n]


@pytest.mark.parametrize("write", [colmap, nerfstudio, blender, chan, humanvid])
def test_every_tenth_frame(write: Callable, tmp_path: Path) -> None:
    track = read_cameras(write(tmp_path / "a.txt", [1, 11, 21]), None, DEFAULTS)
    assert travel(track) == pytest.approx([0.1 * n for n in range(21)])


@pytest.mark.parametrize("write", [colmap, nerfstudio, blender, chan, humanvid])
def test_a_first_number_that_is_no_first_is_named(write: Callable, tmp_path: Path) -> None:
    notices: list[str] = []
    read_cameras(write(tmp_path / "a.txt", [5, 6, 7]), None, DEFAULTS, notices.append)
    assert [n for n in notices if "begins with number 5" in n]


@pytest.mark.parametrize("write", [blender, chan])
def test_cameras_between_frames_are_left_out(write: Callable, tmp_path: Path) -> None:
    notices: list[str] = []
    path = write(tmp_path / "a.json", [1, 1.5, 2, 2.5, 4.5, 5])
    track = read_cameras(path, None, DEFAULTS, notices.append)
    assert travel(track) == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert [n for n in notices if "3 of its cameras lie between whole frames" in n]


def test_turns_are_filled_at_constant_speed(tmp_path: Path) -> None:
    path = tmp_path / "a.chan"
    path.write_text("1 0 0 0 0 0 0 40\n4 0 0 0 0 60 0 20\n")
    track = read_cameras(path, None, DEFAULTS)
    turn = track.cam_from_world[:, :3, :3] @ track.cam_from_world[0, :3, :3].T
    angles = torch.rad2deg(torch.atan2(turn[:, 0, 2].abs(), turn[:, 0, 0]))
    assert angles.tolist() == pytest.approx([0, 20, 40, 60])
    focal = track.intrinsics[:, 0, 0]
    assert focal.diff().tolist() == pytest.approx([float(focal[3] - focal[0]) / 3] * 3)


@pytest.mark.parametrize(
    "rows",
    ["{x} 1.5 4 -2 {turn} 0 45", "{x} 1.5 4 -2 {turn} 0", "0 1.5 {x} -2 {turn} 0 45"],
    ids=["houdini", "maya", "still"],
)
def test_a_chan_file_without_frame_numbers(rows: str, tmp_path: Path) -> None:
    path, notices = tmp_path / "a.chan", []
    path.write_text("".join(rows.format(x=0.1 * k, turn=3 * k) + "\n" for k in range(5)))
    track = read_cameras(path, None, DEFAULTS, notices.append)
    centres = camera_centres(track.cam_from_world)
    assert travel(track) == pytest.approx([0.1 * k for k in range(5)])
    assert centres[0, 1].item() == pytest.approx(-1.5)
    assert [n for n in notices if "no column of frame numbers" in n]


def test_a_clock_that_ticks_unevenly_keeps_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    times = [0.0, 0.031, 0.068, 0.1, 0.132, 0.168]
    path.write_text("".join(f"{t} {k} 0 0 0 0 0 1\n" for k, t in enumerate(times)))
    assert travel(read_cameras(path)) == pytest.approx([0, 1, 2, 3, 4, 5])


def test_key_poses_are_placed_by_their_seconds(tmp_path: Path) -> None:
    path, notices = tmp_path / "a.txt", []
    path.write_text("".join(f"{t} {t} 0 0 0 0 0 1\n" for t in (10.0, 10.2, 11.3, 12.0)))
    assert len(read_cameras(path, notice=notices.append)) == 4
    assert [n for n in notices if "no regular step" in n]
    track = read_cameras(path, defaults=CameraDefaults(frame_rate=10))
    assert travel(track) == pytest.approx([0.1 * n for n in range(21)])


def test_two_pictures_of_one_number(tmp_path: Path) -> None:
    folder = colmap(tmp_path / "a", [0, 1])
    images = folder / "images.txt"
    images.write_text(images.read_text() + "9 1 0 0 0 0 0 0 1 clip/f001.jpg\n\n")
    with pytest.raises(InputError, match="are both frame 1"):
        read_cameras(folder)


def test_names_that_count_nothing_are_said(tmp_path: Path) -> None:
    folder, notices = colmap(tmp_path / "a", [0, 1]), []
    images = folder / "images.txt"
    images.write_text(images.read_text() + "9 1 0 0 0 0 0 0 1 other/wall.jpg\n\n")
    assert len(read_cameras(folder, notice=notices.append)) == 3
    assert [n for n in notices if "do not count frames" in n]


def test_numbers_without_end(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than 100,000"):
        read_cameras(chan(tmp_path / "a", [1, 2, 900_000]), None, DEFAULTS)
