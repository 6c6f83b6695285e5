"""Cameras for artists' tools, read back by others' code: points land on the same pixels."""

import json
import math
import re
import runpy
import sys
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.place_mesh import PlaceMesh
from dynascene.geometry.rigid import invert_rigid, rigid
from dynascene.io.cameras import EXPORTS, CameraDefaults, Sensor, read_cameras, write_cameras
from dynascene.io.cameras.exports.after_effects import PIXELS_A_UNIT
from dynascene.io.cameras.exports.glb import write_glb
from dynascene.types import CameraTrack, Size

CLOSE = 1e-3  # pixels
FRAMES = 7
RATE = 30000 / 1001
DEFAULTS = CameraDefaults(frame_rate=RATE, sensor=Sensor(24.6, 18.7))
FLIP = np.diag([1.0, -1, -1])  # y down and z ahead ↔ y up and z behind, in world and camera
Project = Callable[[int, np.ndarray], np.ndarray]


def zooming_track(*, square: bool = False, centred: bool = False) -> CameraTrack:
    """A camera that turns about all axes, further than half a turn, travels and zooms."""
    turns = np.linspace(0, 1, FRAMES)[:, None] * [35.0, 260, -50] + [10.0, -80, 15]
    rotation = torch.from_numpy(Rotation.from_euler("XYZ", turns, degrees=True).as_matrix())
    translation = torch.from_numpy(np.random.default_rng(3).normal(size=(FRAMES, 3)))
    size = Size(321, 183)
    lenses = []
    for frame in range(FRAMES):
        fx = 250.0 + 30 * frame
        fy = fx if square else fx * 1.3
        centre = (160.5, 91.5) if centred else (150.0 + frame, 97.0)
        lenses.append(intrinsics_matrix(fx, fy, *centre))
    return CameraTrack(rigid(rotation, translation), torch.stack(lenses), size)


TRACKS = {
    "usda": zooming_track(),
    "glb": zooming_track(centred=True),
    "after-effects": zooming_track(square=True, centred=True),
    "blender-script": zooming_track(square=True),
    "nuke": zooming_track(square=True, centred=True),
}


def world_points(track: CameraTrack, frame: int) -> tuple[np.ndarray, np.ndarray]:
    """Points that the frame sees, [N, 3] in the track's world, and their pixels [N, 2]."""
    rng = np.random.default_rng(frame)
    pixels = rng.uniform(0, track.size, (20, 2))
    rays = np.column_stack([pixels, np.ones(20)]) @ track.intrinsics[frame].inverse().numpy().T
    in_camera = rays * rng.uniform(1, 9, (20, 1))
    pose = invert_rigid(track.cam_from_world)[frame].numpy()
    return in_camera @ pose[:3, :3].T + pose[:3, 3], pixels


def check_projection(track: CameraTrack, project: Project) -> None:
    """project: frame and points [N, 3] in the track's world → pixels [N, 2]."""
    for frame in range(len(track)):
        points, pixels = world_points(track, frame)
        np.testing.assert_allclose(project(frame, points), pixels, atol=CLOSE)


def written(name: str, folder: Path) -> Path:
    path = folder / f"camera{EXPORTS[name].ending}"
    write_cameras(TRACKS[name], path, name, DEFAULTS)
    return path


def film_to_pixels(on_film: np.ndarray, film: tuple[float, float], size: Size) -> np.ndarray:
    """Millimetres right of and above the frame's middle, [N, 2] → pixels."""
    return size * (0.5 + on_film / film * [1, -1])


def test_usd_reads_it(tmp_path: Path) -> None:
    usd = pytest.importorskip("pxr.Usd", reason="usd-core is not installed")
    from pxr import Gf, UsdGeom, UsdRender

    stage = usd.Stage.Open(str(written("usda", tmp_path)))
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    units = 1 / UsdGeom.GetStageMetersPerUnit(stage)  # of the file in a track unit
    assert stage.GetTimeCodesPerSecond() == stage.GetFramesPerSecond() == pytest.approx(RATE)
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (1, FRAMES)
    settings = UsdRender.Settings(stage.GetPrimAtPath("/frame"))
    assert tuple(settings.GetResolutionAttr().Get()) == TRACKS["usda"].size
    camera = UsdGeom.Camera(stage.GetDefaultPrim())

    def project(frame: int, points: np.ndarray) -> np.ndarray:
        lens = camera.GetCamera(frame + 1)
        assert lens.horizontalAperture == pytest.approx(24.6)
        matrix = lens.frustum.ComputeViewMatrix() * lens.frustum.ComputeProjectionMatrix()
        clip = np.array(
            [tuple(matrix.Transform(Gf.Vec3d(*p))) for p in (units * points @ FLIP).tolist()]
        )
        return film_to_pixels(clip[:, :2], (2, 2), TRACKS["usda"].size)

    check_projection(TRACKS["usda"], project)


@pytest.mark.parametrize("name", ["blender-script", "usda"])
def test_blender_reads_it(name: str, tmp_path: Path) -> None:
    bpy = pytest.importorskip("bpy", reason="bpy, Blender as a module, is not installed")
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Vector

    # Blender 5.0 leaves a principal point out of a USD file where it stays the same
    track = zooming_track(square=True, centred=name == "usda")
    path = tmp_path / f"camera{EXPORTS[name].ending}"
    write_cameras(track, path, name, DEFAULTS)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if name == "usda":
        bpy.ops.wm.usd_import(filepath=str(path))
    else:
        runpy.run_path(str(path))
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = track.size
    (camera,) = (thing for thing in bpy.data.objects if thing.type == "CAMERA")
    assert (scene.frame_start, scene.frame_end) == (1, FRAMES)
    if name != "usda":  # whose frame rate Blender leaves to the scene
        assert scene.render.fps / scene.render.fps_base == pytest.approx(RATE, rel=1e-3)

    def project(frame: int, points: np.ndarray) -> np.ndarray:
        scene.frame_set(frame + 1)
        in_blender = points[:, [0, 2, 1]] * (1, 1, -1)  # x right, y forward, z up
        seen = [world_to_camera_view(scene, camera, Vector(p)) for p in in_blender.tolist()]
        return np.array([(p.x, 1 - p.y) for p in seen]) * track.size

    for frame in range(len(track)):
        points, pixels = world_points(track, frame)
        np.testing.assert_allclose(project(frame, points), pixels, atol=0.01)  # floats of 32 bits


def test_a_still_lens_is_one_value_in_usd(tmp_path: Path) -> None:
    track = TRACKS["usda"]
    still = CameraTrack(track.cam_from_world, track.intrinsics[:1].expand(7, 3, 3), track.size)
    write_cameras(still, tmp_path / "a.usda", defaults=DEFAULTS)
    assert re.search(r"focalLength = [0-9.]+\n", (tmp_path / "a.usda").read_text())


def read_glb(path: Path) -> tuple:
    """The file in pygltflib, and a function that reads an accessor [N, C]."""
    pygltflib = pytest.importorskip("pygltflib", reason="pygltflib is not installed")
    file = pygltflib.GLTF2().load(str(path))
    blob = file.binary_blob()
    parts = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}

    def values(number: int) -> np.ndarray:
        accessor = file.accessors[number]
        view = file.bufferViews[accessor.bufferView]
        kind = np.uint32 if accessor.componentType == 5125 else np.float32
        count = accessor.count * parts[accessor.type]
        array = np.frombuffer(blob, kind, count, view.byteOffset).astype(float)
        return array.reshape(accessor.count, -1)

    return file, values


def test_gltf_reads_it(tmp_path: Path) -> None:
    track = TRACKS["glb"]
    file, values = read_glb(written("glb", tmp_path))
    animation, camera = file.animations[0], file.cameras[0]
    curves = {c.target.path: animation.samplers[c.sampler] for c in animation.channels}
    position, turn = (values(curves[name].output) for name in ("translation", "rotation"))
    views = values(curves["pointer"].output)[:, 0]
    assert camera.perspective.yfov == pytest.approx(views[0])
    times = values(curves["rotation"].input)[:, 0]
    np.testing.assert_allclose(times, np.arange(FRAMES) / RATE, rtol=1e-6)
    extras = camera.extras
    assert (extras["width"], extras["height"]) == track.size
    assert extras["frame_rate"] == pytest.approx(RATE)
    assert extras["focal_length_mm"] == pytest.approx(250 / 321 * 24.6)

    def project(frame: int, points: np.ndarray) -> np.ndarray:
        matrix = Rotation.from_quat(turn[frame]).as_matrix()
        x, y, z = ((points @ FLIP - position[frame]) @ matrix).T
        high = math.tan(views[frame] / 2)
        wide = high * camera.perspective.aspectRatio
        return film_to_pixels(
            np.column_stack([x, y]) / -z[:, None], (2 * wide, 2 * high), track.size
        )

    check_projection(track, project)


def test_a_glb_carries_the_place(tmp_path: Path) -> None:
    import cv2

    track, rng = TRACKS["glb"], np.random.default_rng(0)
    picture = rng.integers(0, 256, (3, 5, 4), dtype=np.uint8)
    points = rng.normal(size=(3, 3)).astype(np.float32)
    coordinates = rng.uniform(size=(3, 2)).astype(np.float32)
    mesh = PlaceMesh(points, coordinates, np.array([[0, 2, 1]], np.int32), picture)
    write_glb(track, tmp_path / "a.glb", DEFAULTS, [mesh, mesh])
    file, values = read_glb(tmp_path / "a.glb")
    assert len(file.meshes) == 2
    assert sorted(file.scenes[0].nodes) == [0, 1, 2]
    primitive = file.meshes[1].primitives[0]
    np.testing.assert_array_equal(values(primitive.attributes.POSITION), points @ FLIP)
    np.testing.assert_array_equal(values(primitive.attributes.TEXCOORD_0), coordinates)
    np.testing.assert_array_equal(values(primitive.indices)[:, 0], [0, 2, 1])
    texture = file.materials[primitive.material].pbrMetallicRoughness.baseColorTexture
    view = file.bufferViews[file.images[file.textures[texture.index].source].bufferView]
    data = file.binary_blob()[view.byteOffset : view.byteOffset + view.byteLength]
    stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(stored[..., [2, 1, 0, 3]], picture)


def test_the_after_effects_script(tmp_path: Path) -> None:
    """After Effects: z ahead, y down, R = Rx·Ry·Rz, zoom and lengths in pixels."""
    track, text = TRACKS["after-effects"], written("after-effects", tmp_path).read_text()

    def variable(name: str):
        return json.loads(re.search(rf"\b{name} = (.+?)[,;]( \w+ =|\n)", text)[1])

    assert (variable("width"), variable("height")) == track.size
    assert (variable("framesPerSecond"), variable("frames")) == (pytest.approx(RATE), FRAMES)
    positions, turns, zooms = map(variable, ("positions", "orientations", "zooms"))

    def project(frame: int, points: np.ndarray) -> np.ndarray:
        matrix = Rotation.from_euler("XYZ", turns[frame], degrees=True).as_matrix()
        x, y, z = ((points * PIXELS_A_UNIT - positions[frame]) @ matrix).T
        return zooms[frame] * np.column_stack([x, y]) / z[:, None] + np.array(track.size) / 2

    check_projection(track, project)


class Recorder:
    """Stands in for an object of Blender's; keys: what was set when keyframe_insert was called."""

    def __init__(self) -> None:
        self.keys: dict[tuple[str, int], object] = {}

    def keyframe_insert(self, path: str, frame: int) -> None:
        self.keys[path, frame] = getattr(self, path)


def test_the_blender_script_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    track, linked = TRACKS["blender-script"], []
    lens, camera = Recorder(), Recorder()
    scene = types.SimpleNamespace(
        render=types.SimpleNamespace(),
        collection=types.SimpleNamespace(objects=types.SimpleNamespace(link=linked.append)),
    )
    data = types.SimpleNamespace(
        cameras=types.SimpleNamespace(new=lambda name: lens),
        objects=types.SimpleNamespace(
            new=lambda name, content: camera if content is lens else None
        ),
    )
    fake = types.SimpleNamespace(context=types.SimpleNamespace(scene=scene), data=data)
    monkeypatch.setitem(sys.modules, "bpy", fake)
    path = written("blender-script", tmp_path)
    exec(compile(path.read_text(), str(path), "exec"), {})
    assert linked == [camera]
    assert scene.camera is camera
    render = scene.render
    assert (render.resolution_x, render.resolution_y) == track.size
    assert render.fps / render.fps_base == pytest.approx(RATE)
    assert (scene.frame_start, scene.frame_end) == (1, FRAMES)
    assert (lens.sensor_fit, lens.sensor_width) == ("HORIZONTAL", pytest.approx(24.6))
    world = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0.0]])  # z up from y down and z ahead

    def project(frame: int, points: np.ndarray) -> np.ndarray:
        w, *xyz = camera.keys["rotation_quaternion", frame + 1]
        matrix = Rotation.from_quat([*xyz, w]).as_matrix()
        x, y, z = ((points @ world.T - camera.keys["location", frame + 1]) @ matrix).T
        width, height = track.size
        shift = [lens.keys[name, frame + 1] for name in ("shift_x", "shift_y")]
        pixels_a_mm = width / lens.sensor_width
        on_film = lens.keys["lens", frame + 1] * np.column_stack([x, y]) / -z[:, None]
        right_and_up = on_film * pixels_a_mm - np.array(shift) * width
        return [width / 2, height / 2] + right_and_up * [1, -1]

    check_projection(track, project)
    turns = np.array([camera.keys["rotation_quaternion", n] for n in range(1, FRAMES + 1)])
    assert ((turns[1:] * turns[:-1]).sum(1) > 0).all()  # no key turns the long way round


def nuke_curves(text: str, knob: str) -> np.ndarray:
    """Keys of the frames 1, 2 … of a knob, [F, C]."""
    line = re.search(rf"^ {knob} (.+)$", text, re.MULTILINE)[1]
    curves = re.findall(r"\{curve ([^{}]+)\}", line)
    keys = [dict(re.findall(r"x(\d+) (\S+)", curve)) for curve in curves]
    return np.array([[float(curve[str(n)]) for curve in keys] for n in range(1, FRAMES + 1)])


def test_the_nuke_script(tmp_path: Path) -> None:
    """Nuke: the camera looks along −z, R = Ry·Rx·Rz, the film back fits the frame's width."""
    track, text = TRACKS["nuke"], written("nuke", tmp_path).read_text()
    assert ' format "321 183 0 0 321 183 1 321x183"\n' in text
    assert float(re.search(r"^ fps (\S+)$", text, re.MULTILINE)[1]) == pytest.approx(RATE)
    assert " rot_order ZXY\n" in text
    film = float(re.search(r"^ haperture (\S+)$", text, re.MULTILINE)[1])
    position, turns, focal = (nuke_curves(text, n) for n in ("translate", "rotate", "focal"))
    assert np.abs(np.diff(turns, axis=0)).max() < 90  # angles run on without jumps

    def project(frame: int, points: np.ndarray) -> np.ndarray:
        rx, ry, rz = turns[frame]
        matrix = Rotation.from_euler("YXZ", [ry, rx, rz], degrees=True).as_matrix()
        x, y, z = ((points @ FLIP - position[frame]) @ matrix).T
        on_film = focal[frame, 0] * np.column_stack([x, y]) / -z[:, None]
        return film_to_pixels(on_film, (film, film * 183 / 321), track.size)

    check_projection(track, project)


@pytest.mark.parametrize("name", ["after-effects", "blender-script", "nuke"])
def test_square_pixels_only(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="stores square pixels only"):
        write_cameras(zooming_track(centred=True), tmp_path / "a", name)
    assert not list(tmp_path.iterdir())


def test_what_is_assumed_and_what_is_lost(tmp_path: Path) -> None:
    notices: list[str] = []
    write_cameras(zooming_track(square=True), tmp_path / "a.nk", notice=notices.append)
    assert "does not store principal point" in notices[0]
    assert "assuming 24 frames a second (`frame_rate`)" in notices[1]
    write_cameras(TRACKS["nuke"], tmp_path / "b.nk", defaults=DEFAULTS, notice=notices.append)
    assert len(notices) == 2


def test_exports_are_not_read(tmp_path: Path) -> None:
    path = written("usda", tmp_path)
    with pytest.raises(InputError, match="is only written"):
        read_cameras(path, "usda")
