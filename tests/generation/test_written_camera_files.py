"""Camera files beside a result fit the result: the place's mesh falls on its own picture."""

import json
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dynascene.errors import InputError
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.delivery_input import DeliveryInput
from dynascene.generation.job import make_clip
from dynascene.generation.opening import open_inputs
from dynascene.generation.request import CameraInput, GenerationRequest, PlaceInput
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.moves import make_move
from dynascene.io.cameras import write_cameras
from dynascene.io.frames import open_frames
from dynascene.jobs.log import Log
from dynascene.types import Size

NAMES = ("usda", "glb", "after-effects", "blender-script", "nuke", "chan")
SIZE = Size(160, 96)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("camera-files")
    y, x = np.mgrid[:240, :360]
    waves = [128 + 100 * np.sin(x / 25), 128 + 100 * np.sin(y / 20), 128 + 90 * np.cos(x / 40)]
    cv2.imwrite(str(folder / "scene.png"), np.stack(waves, axis=2).astype(np.uint8))
    request = GenerationRequest(
        place=PlaceInput(scene=folder / "scene.png", place="ground", horizon=0.4),
        camera=CameraInput(move="dolly-in:0.2+pan-right:6"),
        frames=(0, 4),
        delivery=DeliveryInput(camera_files=NAMES),
        options=GenerationOptions(generator="projection", size=SIZE),
    )
    make_clip(request, folder / "out")
    return folder / "out"


def test_all_of_them_lie_there(result: Path) -> None:
    endings = {path.suffix for path in result.glob("camera.*")}
    assert endings == {".usda", ".glb", ".jsx", ".py", ".nk", ".chan"}
    report = json.loads((result / "report.json").read_text())
    assert {f"camera{ending}" for ending in endings} <= set(report["outputs"])
    assert report["options"]["camera_files"] == list(NAMES)
    assert "fps 24.0" in (result / "camera.nk").read_text()


def read_glb(path: Path) -> tuple[dict, bytes]:
    data = path.read_bytes()
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length]), data[28 + length :]


def test_the_mesh_falls_on_the_background(result: Path) -> None:
    document, binary = read_glb(result / "camera.glb")

    def values(number: int) -> np.ndarray:
        accessor = document["accessors"][number]
        start = document["bufferViews"][accessor["bufferView"]]["byteOffset"]
        parts = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}[accessor["type"]]
        array = np.frombuffer(binary, np.float32, accessor["count"] * parts, start)
        return array.reshape(-1, parts).astype(float)

    attributes = document["meshes"][0]["primitives"][0]["attributes"]
    points, shares = values(attributes["POSITION"]), values(attributes["TEXCOORD_0"])
    view = document["bufferViews"][document["images"][0]["bufferView"]]
    data = binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
    texture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    animation = document["animations"][0]
    position, turn = (values(animation["samplers"][n]["output"]) for n in (0, 1))
    high = np.tan(document["cameras"][0]["perspective"]["yfov"] / 2)
    for frame, background in enumerate(open_frames(result / "background.mp4").read()):
        x, y, z = ((points - position[frame]) @ Rotation.from_quat(turn[frame]).as_matrix()).T
        u = SIZE.width / 2 + x / -z / high * SIZE.height / 2
        v = SIZE.height / 2 - y / -z / high * SIZE.height / 2
        seen = np.flatnonzero(
            (z < 0) & (u > 2) & (u < SIZE.width - 2) & (v > 2) & (v < SIZE.height - 2)
        )[::7]
        assert len(seen) > 1000
        shown = sample(background, u[seen], v[seen])
        height, width = texture.shape[:2]
        own = sample(texture, shares[seen, 0] * width, shares[seen, 1] * height)
        assert np.median(np.abs(shown - own)) < 3


def sample(picture: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Colours at pixel positions; the first pixel's centre is at 0.5."""
    at = np.float32(u - 0.5)[:, None], np.float32(v - 0.5)[:, None]
    return cv2.remap(picture.astype(np.float32), *at, cv2.INTER_LINEAR)[:, 0]


def filmed_request(folder: Path, fy: float, cx: float, names: tuple) -> GenerationRequest:
    """Two frames of a camera file in an empty place."""
    picture = np.random.default_rng(3).integers(0, 255, (96, 160, 3), np.uint8)
    cv2.imwrite(str(folder / "scene.png"), picture)
    intrinsics = intrinsics_matrix(150.0, fy, cx, 48.0)
    track = make_move("pan-right:3", 2, intrinsics, SIZE)
    write_cameras(track, folder / "filmed.json", "nerfstudio")
    return GenerationRequest(
        place=PlaceInput(scene=folder / "scene.png", place="ground", horizon=0.4),
        camera=CameraInput(cameras=str(folder / "filmed.json")),
        delivery=DeliveryInput(camera_files=names),
        options=GenerationOptions(generator="projection", size=SIZE),
    )


def test_a_principal_point_that_is_not_stored_is_noted(tmp_path: Path) -> None:
    make_clip(filmed_request(tmp_path, 150.0, 86.0, NAMES), tmp_path / "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    notices = {line for line in report["notices"] if "does not store" in line}
    assert notices == {
        "camera.glb: glb does not store principal point",
        "camera.jsx: after-effects does not store principal point",
        "camera.nk: nuke does not store principal point",
        "camera.chan: chan does not store principal point",
    }


def test_pixels_that_a_file_cannot_store_are_refused_when_cameras_are_read(tmp_path: Path) -> None:
    message = (
        r"`camera_files` nuke: stores square pixels only, and in .*filmed\.json fx / fy is 0\.7"
    )
    request = filmed_request(tmp_path, 200.0, 80.0, ("usda", "glb", "nuke"))
    with pytest.raises(InputError, match=message):
        open_inputs(request, tmp_path, Log())
    request = filmed_request(tmp_path, 200.0, 80.0, ("usda", "glb"))
    open_inputs(request, tmp_path, Log())


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError, match="`camera_files` fbx: give some of usda"):
        DeliveryInput(camera_files=("fbx",))  # ty: ignore[invalid-argument-type]
