"""Numbers that no camera has are refused where they are read, in every format."""

import json
import warnings
from pathlib import Path

import pytest

from dynascene.errors import InputError
from dynascene.io.cameras import CameraDefaults, Sensor, read_cameras

RE10K = "0 {f} {f} {c} {c} 0 0  1 0 0 {t}  0 1 0 0  0 0 1 0\n"
HUMANVID = "0 {t} 0 0 0 0 0 1 {f} {f} 1\n"
DEFAULTS = CameraDefaults(rotation_order="ZXY", sensor=Sensor(36, 24))


def write(name: str, folder: Path, f: float = 1.0, c: float = 0.5, t: float = 0.0) -> Path:
    """A track of one camera with a focal length and a centre as shares of the width."""
    path = folder / f"a.{'json' if name in ('nerfstudio', 'camera_info', 'blender') else name}"
    fx, cx = f * 100, c * 100
    pose = [[1, 0, 0, t], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    if name == "re10k":
        path.write_text("url\n" + RE10K.format(f=f, c=c, t=t))
    elif name == "humanvid":
        path.write_text(HUMANVID.format(f=f, t=t))
    elif name == "colmap":
        path.mkdir()
        (path / "cameras.txt").write_text(f"1 PINHOLE 100 100 {fx} {fx} {cx} {cx}\n")
        (path / "images.txt").write_text(f"1 1 0 0 0 {t} 0 0 1 0.png\n\n")
    elif name == "nerfstudio":
        lens = {"w": 100, "h": 100, "fl_x": fx, "cx": cx, "cy": cx}
        path.write_text(json.dumps(lens | {"frames": [{"transform_matrix": pose}]}))
    elif name == "camera_info":
        k = [[fx, 0, cx], [0, fx, cx], [0, 0, 1]]
        document = {"imW": 100, "imH": 100, "intrinsics": [k], "w2c": [pose]}
        path.write_text(json.dumps(document))
    elif name == "blender":
        frame = {"frame": 1, "matrix_world": pose, "lens": f * 36, "sensor_width": 36}
        path.write_text(json.dumps({"resolution": [100, 100], "frames": [frame]}))
    return path


LENSED = ["re10k", "humanvid", "colmap", "nerfstudio", "camera_info", "blender"]
CENTRED = ["re10k", "colmap", "nerfstudio", "camera_info"]


@pytest.mark.parametrize("name", LENSED)
@pytest.mark.parametrize("f", [110.0, 900.0, 0.01, 1e300])
def test_a_lens_in_another_unit(name: str, f: float, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match=r"which no lens has|too large") as caught:
            read_cameras(write(name, tmp_path, f=f), name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", LENSED)
@pytest.mark.parametrize("f", [0.1, 1.0, 50.0])
def test_lenses_that_there_are(name: str, f: float, tmp_path: Path) -> None:
    assert len(read_cameras(write(name, tmp_path, f=f), name)) == 1


@pytest.mark.parametrize("name", CENTRED)
@pytest.mark.parametrize("c", [0.0, 1.0, 64.0, -0.5])
def test_a_principal_point_of_another_frame(name: str, c: float, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="principal point"):
        read_cameras(write(name, tmp_path, c=c), name)


@pytest.mark.parametrize("name", LENSED)
@pytest.mark.parametrize("t", [1e12, -1e308])
def test_positions_beyond_every_place(name: str, t: float, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is beyond|too large"):
        read_cameras(write(name, tmp_path, t=t), name)


def test_a_camera_far_off_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    places = [0.1 * k for k in range(12)]
    for wrong, steps in ((5, "4 and 5"), (None, "")):
        rows = [f"{k} {999 if k == wrong else x} 0 0 0 0 0 1\n" for k, x in enumerate(places)]
        path.write_text("".join(rows))
        notices: list[str] = []
        read_cameras(path, notice=notices.append)
        jumps = [n for n in notices if "the camera jumps" in n]
        assert bool(jumps) == bool(steps)
        assert all(f"between frames {steps}" in n or "between frames 5 and 6" in n for n in jumps)
