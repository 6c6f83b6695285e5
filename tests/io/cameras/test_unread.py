"""What a reader does not read is refused or named; headings decide the order of columns."""

import json
import math
import struct
from pathlib import Path

import pytest

from dynascene.errors import InputError
from dynascene.geometry.rigid import camera_centres
from dynascene.io.cameras import CameraDefaults, Sensor, read_cameras, write_cameras
from dynascene.types import CameraTrack

IDENTITY = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
LENS = {"w": 64, "h": 48, "fl_x": 50}


def transforms(path: Path, top: dict, frame: dict | None = None) -> Path:
    frames = [
        {"file_path": f"{k}.png", "transform_matrix": IDENTITY} | (frame or {}) for k in range(3)
    ]
    path.write_text(json.dumps(top | {"frames": frames}))
    return path


def test_images_without_the_line_of_points(tmp_path: Path) -> None:
    (tmp_path / "cameras.txt").write_text("1 PINHOLE 64 48 50 50 32 24\n")
    lines = [f"{k + 1} 1 0 0 0 {-k} 0 0 1 frame {k}.png\n" for k in range(8)]
    lines[3] += "1.5 2.5 -1 3 4 17\n"  # with points here, and none elsewhere
    (tmp_path / "images.txt").write_text("# Number of images: 9\n" + "".join(lines))
    notices: list[str] = []
    track = read_cameras(tmp_path, notice=notices.append)
    assert camera_centres(track.cam_from_world)[:, 0].tolist() == list(range(8))
    assert [n for n in notices if "says that it has 9 entries, and holds 8" in n]


def test_a_line_that_is_neither_image_nor_points(tmp_path: Path) -> None:
    (tmp_path / "cameras.txt").write_text("1 PINHOLE 64 48 50 50 32 24\n")
    (tmp_path / "images.txt").write_text("1 1 0 0 0 0 0 0 1 f0.png\n1 2 3 4\n")
    with pytest.raises(InputError, match=r"images\.txt:2: has 4 columns"):
        read_cameras(tmp_path)


@pytest.mark.parametrize("name", ["colmap", "colmap-bin"])
def test_a_fisheye_that_no_image_uses(name: str, tmp_path: Path, make_track) -> None:
    write_cameras(make_track(3), tmp_path / "m", name)
    if name == "colmap":
        with (tmp_path / "m/cameras.txt").open("a") as file:
            file.write("9 OPENCV_FISHEYE 64 48 50 50 32 24 0.1 0 0 0\n")
    else:
        path = tmp_path / "m/cameras.bin"
        data = path.read_bytes()
        camera = struct.pack("<IiQQ8d", 9, 5, 64, 48, 50, 50, 32, 24, 0.1, 0, 0, 0)
        path.write_bytes(struct.pack("<Q", 4) + data[8:] + camera)
    assert len(read_cameras(tmp_path / "m")) == 3


def test_a_second_piece_of_a_reconstruction_is_named(tmp_path: Path, make_track) -> None:
    (tmp_path / "sparse").mkdir()
    for piece in ("0", "1"):
        write_cameras(make_track(3), tmp_path / "sparse" / piece, "colmap")
    notices: list[str] = []
    read_cameras(tmp_path, notice=notices.append)
    assert [n for n in notices if "sparse/1 are not read" in n]


def test_bytes_after_the_last_image_are_named(tmp_path: Path, make_track) -> None:
    write_cameras(make_track(3), tmp_path / "m", "colmap-bin")
    with (tmp_path / "m/images.bin").open("ab") as file:
        file.write(b"12345")
    notices: list[str] = []
    read_cameras(tmp_path / "m", notice=notices.append)
    assert [n for n in notices if "its last 5 bytes are not read" in n]


@pytest.mark.parametrize(
    "key",
    ["is_fisheye", "k5", "b1", "ftheta_p0", "fisheye_crop_radius", "fov", "focal_length", "fx",
     "intrinsic_matrix", "distortion_params", "crop_x", "projection"],
)  # fmt: skip
def test_lens_keys_are_refused(key: str, tmp_path: Path) -> None:
    for top, frame in (({key: 0.5}, {}), ({}, {key: 0.5})):
        with pytest.raises(InputError, match=f"{key}|lens distortion"):
            read_cameras(transforms(tmp_path / "a.json", LENS | top, frame))
        with pytest.raises(InputError, match=f"{key}|lens distortion"):
            read_cameras(transforms(tmp_path / "a.json", {"camera_angle_x": 0.7} | top, frame))
    read_cameras(transforms(tmp_path / "a.json", LENS | {key: 0}))


def test_other_keys_are_named(tmp_path: Path) -> None:
    notices: list[str] = []
    top = LENS | {"weather": "fine", "aabb_scale": 4, "applied_transform": IDENTITY[:3]}
    read_cameras(transforms(tmp_path / "a.json", top), notice=notices.append)
    assert notices == [f"{tmp_path / 'a.json'}: does not read weather"]


@pytest.mark.parametrize("name", ["blender", "camera_info"])
def test_keys_of_other_documents(name: str, tmp_path: Path, make_track) -> None:
    path = tmp_path / "a.json"
    write_cameras(make_track(2, square=True), path, name)
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {"note": 1}))
    notices: list[str] = []
    read_cameras(path, notice=notices.append)
    assert notices == [f"{path}: does not read note"]
    path.write_text(json.dumps(document | {"distortion": [0.1, 0]}))
    with pytest.raises(InputError, match='"distortion" describes the lens'):
        read_cameras(path)


def test_either_angle_of_view_tells_its_focal_length(tmp_path: Path) -> None:
    def angle(pixels: float, focal: float) -> float:
        return 2 * math.atan(pixels / 2 / focal)

    both = {"camera_angle_x": angle(64, 70), "camera_angle_y": angle(48, 90)}
    degrees = {"x_fov": math.degrees(angle(64, 70)), "y_fov": math.degrees(angle(48, 90))}
    upright = {"camera_angle_y": angle(48, 90)}
    for top, fx in ((both, 70), (degrees, 70), (upright, 90)):
        track = read_cameras(transforms(tmp_path / "a.json", {"w": 64, "h": 48} | top))
        assert track.intrinsics[0, 0, 0].item() == pytest.approx(fx)
        assert track.intrinsics[0, 1, 1].item() == pytest.approx(90)


@pytest.mark.parametrize("top", [{}, {"camera_angle_x": 0.5}, {"w": 1280, "h": 720, "fl_x": 9999}])
def test_a_zoom_by_the_angle_in_each_frame(top: dict, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    angles = [0.6, 0.7, 0.8]
    frames = [
        {"file_path": f"{k}.png", "transform_matrix": IDENTITY, "camera_angle_x": a}
        for k, a in enumerate(angles)
    ]
    path.write_text(json.dumps(top | {"frames": frames}))
    track = read_cameras(path)
    assert track.intrinsics[:, 0, 0].tolist() == pytest.approx(
        [640 / math.tan(a / 2) for a in angles]
    )


ROW = {"t": 0, "x": 1, "y": 2, "z": 3, "qx": 0.5, "qy": 0.1, "qz": 0.7, "qw": 0.5}
POSE_ROW = "0 1 2 3 0.6 0 0 0.8"


def pose_of(path: Path) -> CameraTrack:
    return read_cameras(path, defaults=CameraDefaults(rotation_order="ZXY", sensor=Sensor(36, 24)))


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        ("# timestamp tx ty tz qw qx qy qz", "0 1 2 3 0.8 0.6 0 0"),
        ("timestamp,p_x,p_y,p_z,q_w,q_x,q_y,q_z", "0,1,2,3,0.8,0.6,0,0"),
        ("#timestamp [ns], p_RS_R_x [m], p_RS_R_y [m], p_RS_R_z [m], q_RS_w [], q_RS_x [], "
         "q_RS_y [], q_RS_z []", "0,1,2,3,0.8,0.6,0,0"),
        ("# qx qy qz qw x y z time", "0.6 0 0 0.8 1 2 3 0"),
        ("# the camera of a walk through my room", POSE_ROW),
    ],
)  # fmt: skip
def test_headings_decide_the_order(heading: str, row: str, tmp_path: Path) -> None:
    (tmp_path / "plain.txt").write_text(f"{POSE_ROW}\n")
    (tmp_path / "headed.txt").write_text(f"{heading}\n{row}\n")
    expected = pose_of(tmp_path / "plain.txt").cam_from_world
    assert pose_of(tmp_path / "headed.txt").cam_from_world.equal(expected)


def test_a_heading_of_other_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("# frame tx ty tz rx ry rz vfov\n1 0 0 0 0 0 0 1\n")
    with pytest.raises(InputError, match=r"a\.txt:1: the heading names .* this format has time tx"):
        read_cameras(path)


def test_a_chan_heading_without_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.chan"
    path.write_text("# tx ty tz rx ry rz fov_y\n1 0 0 0 0 0 40\n2 0 0 0 0 0 40\n")
    centres = camera_centres(pose_of(path).cam_from_world)
    assert centres[:, 0].tolist() == [1, 2]


def test_a_first_line_that_lacks_a_number_is_no_heading(tmp_path: Path) -> None:
    row = "0 1 1 .5 .5 0 0  1 0 0 0  0 1 0 0  0 0 1 0"
    (tmp_path / "a.txt").write_text(f"{row[:-2]}\n{row}\n")
    with pytest.raises(InputError, match=r"a\.txt:1: has 18 columns"):
        read_cameras(tmp_path / "a.txt", "re10k")


def test_a_key_that_comes_twice(tmp_path: Path) -> None:
    path = transforms(tmp_path / "a.json", LENS)
    path.write_text(path.read_text().replace('"fl_x": 50', '"fl_x": 50, "fl_x": 90'))
    with pytest.raises(InputError, match='"fl_x" stands there twice'):
        read_cameras(path)
