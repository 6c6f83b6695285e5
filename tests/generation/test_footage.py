"""What is found in a clip that brings neither camera nor scale."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.generation.camera_input import FilmedCamera
from dynascene.generation.footage import (
    film_camera,
    found_depth,
    read_footage,
    shows_background,
    warn_of_conflict,
)
from dynascene.generation.request import CameraInput, PersonInput
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.rigid import rotation_angle
from dynascene.io.cameras import read_cameras
from dynascene.io.checksums import sha256_of
from dynascene.jobs.log import Log
from dynascene.types import ArrayFrames, CameraTrack, Size

SIZE, FRAMES, FOV = Size(240, 136), 9, 50.0
RATE = Fraction(12)  # long enough to tell how feet go on


def wall() -> np.ndarray:
    """A far, busy wall of soft blobs, uint8 [300, 700, 3]."""
    noise = np.random.default_rng(3).integers(0, 255, (100, 234, 3), np.uint8)
    return cv2.resize(noise, (700, 300), interpolation=cv2.INTER_CUBIC)


def pan(degrees: float, side: str = "right") -> CameraTrack:
    return make_move(f"pan-{side}:{degrees}:linear", FRAMES, intrinsics_from_fov(FOV, SIZE), SIZE)


def filmed(track: CameraTrack, *, rides: bool = False) -> tuple[ArrayFrames, ArrayFrames]:
    """Somebody's upright shape before a wall that a turning camera films, and the matte.

    rides: carried along by what the camera follows.
    """
    corner = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])  # OpenCV's pixel centres → ours
    K = track.intrinsics[0].numpy()
    flat = np.array([[K[0, 0], 0, 300], [0, K[1, 1], 150], [0, 0, 1.0]])
    frames, mattes = [], []
    for rotation in track.cam_from_world[:, :3, :3].numpy():
        there = np.linalg.inv(corner) @ K @ rotation @ np.linalg.inv(flat) @ corner
        frame = cv2.warpPerspective(wall(), there, SIZE, flags=cv2.INTER_CUBIC)
        ahead = K @ rotation @ np.array([0.1, 0.0, 1.0])  # they stand still in the place
        left = round(SIZE.width / 2 if rides else ahead[0] / ahead[2]) - 12
        matte = np.zeros((SIZE.height, SIZE.width, 1), np.uint8)
        matte[40:120, left : left + 25] = 255
        frames.append(np.where(matte > 0, np.uint8(90), frame))
        mattes.append(matte)
    return ArrayFrames(frames, RATE), ArrayFrames(mattes, RATE)


PERSON = PersonInput(person=Path("clip.mp4"))


def test_a_filmed_pan_is_found_and_kept_for_mending(tmp_path: Path) -> None:
    track, log = pan(12.0), Log()
    found = film_camera(*filmed(track), PERSON, FOV, tmp_path, log)
    assert found.camera is not None
    turned = found.camera.track.cam_from_world[:, :3, :3] @ track.cam_from_world[:, :3, :3].mT
    assert rotation_angle(turned).max() < 0.5
    assert found.report["camera"]["kind"] == "rotation"
    assert found.report["camera"]["verdict"] == "good"
    assert "turns in place" in " ".join(log.notices)
    assert {stage["stage"] for stage in log.stages} >= {"points", "rotation", "scale"}
    kept = tmp_path / "footage"
    assert {path.name for path in kept.iterdir()} == {
        "cameras.txt", "cameras.track.json", "scale.json",
    }  # fmt: skip
    again = read_cameras(kept / "cameras.txt")
    torch.testing.assert_close(
        again.cam_from_world, found.camera.track.cam_from_world, atol=1e-6, rtol=0
    )
    assert json.loads((kept / "scale.json").read_text())["camera_height_m"] > 0


@pytest.mark.parametrize(("rides", "lacks_things"), [(True, True), (False, True), (True, False)])
def test_somebody_who_rides_is_told_what_is_left_out(
    rides: bool, lacks_things: bool, tmp_path: Path
) -> None:
    log, clip = Log(), filmed(pan(24.0), rides=rides)
    film_camera(*clip, PERSON, FOV, tmp_path, log, lacks_things=lacks_things)
    is_told = any("`take_along`" in notice for notice in log.notices)
    assert is_told == (rides and lacks_things)


def test_a_cut_out_has_no_camera_to_find(tmp_path: Path) -> None:
    colour, matte = filmed(pan(5.0))
    blank = ArrayFrames(
        [np.where(m > 0, f, np.uint8(0)) for f, m in zip(colour.frames, matte.frames, strict=True)]
    )
    assert shows_background(colour, matte)
    assert not shows_background(blank, matte)
    for frame, its_matte in zip(blank.frames, matte.frames, strict=True):
        its_matte[20:40] = 5  # faint hair, of the person's own colours
        frame[20:40] = wall()[20:40, : SIZE.width]
    assert not shows_background(blank, matte)
    log = Log()
    found = film_camera(blank, matte, PERSON, FOV, tmp_path, log)
    assert found.camera is None
    assert "stand still" in log.notices[0]
    assert not list(tmp_path.iterdir())


def test_a_camera_that_cannot_be_tracked_says_what_to_give(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    noise = ArrayFrames([random.integers(0, 255, (136, 240, 3), np.uint8) for _ in range(FRAMES)])
    with pytest.raises(InputError, match="`cameras` FILE or `move` NAME"):
        film_camera(noise, filmed(pan(5.0))[1], PERSON, FOV, tmp_path, Log())


def test_a_single_frame_says_what_to_give(tmp_path: Path) -> None:
    colour, matte = filmed(pan(3.0))
    one, its_matte = (ArrayFrames(list(clip.read(0, 1))) for clip in (colour, matte))
    with pytest.raises(InputError, match=r"one frame .* `move` static"):
        film_camera(one, its_matte, PERSON, FOV, tmp_path, Log())


def test_a_camera_that_makes_the_feet_slide_is_said() -> None:
    clip = filmed(pan(12.0))
    own, opposite = Log(), Log()
    warn_of_conflict(*clip, pan(12.0), 1.5, 1.7, own)
    warn_of_conflict(*clip, pan(12.0, "left"), 1.5, 1.7, opposite)
    assert own.notices == []
    assert "contradict" in opposite.notices[0]


def test_a_fetched_depth_network_is_used_and_its_map_kept(tmp_path: Path, monkeypatch) -> None:
    camera = PictureCamera(100.0, Size(60, 40), 15.0)
    pixels = np.zeros((40, 60, 3), np.uint8)
    monkeypatch.setattr("dynascene.generation.footage.default_depth", lambda: None)
    assert found_depth(pixels, camera, tmp_path, Log()) is None
    assert not list(tmp_path.iterdir())

    from dynascene.estimators.depth.protocol import DepthEstimate

    class Network:
        name = "moge"

        def __call__(self, picture: np.ndarray) -> DepthEstimate:
            return DepthEstimate(np.full(picture.shape[:2], 3.0, np.float32), "metres")

    monkeypatch.setattr("dynascene.generation.footage.default_depth", Network)
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path / "cache"))
    weights = tmp_path / "cache" / "weights" / "moge" / "model.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"numbers")
    log = Log()
    depth = found_depth(pixels, camera, tmp_path, log)
    assert depth is not None
    assert (depth == 3).all()
    np.testing.assert_array_equal(np.load(tmp_path / "footage" / "scene-depth.npy"), depth)
    assert "`scene_depth`" in log.notices[0]
    assert [stage["stage"] for stage in log.stages] == ["depth"]
    assert log.networks == {"moge": sha256_of(weights)}, "the network that ran"


def scale_beside(folder: Path, **changes) -> None:
    """A scale.json as film_camera leaves it beside the camera file."""
    numbers = {"camera_height_units": 0.5, "pitch_degrees": -7.0, "confidence": 0.9} | changes
    (folder / "scale.json").write_text(json.dumps(numbers))


def test_a_scale_beside_the_cameras_is_read(tmp_path: Path) -> None:
    track = pan(12.0)
    camera = FilmedCamera(track, "cameras.txt")
    with_cameras = CameraInput(cameras=str(tmp_path / "cameras.txt"))
    assert read_footage(with_cameras, camera) is None  # nothing lies there

    scale_beside(tmp_path)
    found = read_footage(with_cameras, camera)
    assert found is not None
    assert found.height == 0.5
    assert found.attitude is not None
    assert found.attitude.pitch == -7
    given = read_footage(with_cameras, replace(camera, height=2.0))
    assert given is not None
    assert given.height == 2.0  # --camera-height counts more

    scale_beside(tmp_path, confidence=0.1)
    doubted = read_footage(with_cameras, camera)
    assert doubted is not None
    assert doubted.attitude is None

    (tmp_path / "scale.json").write_text("{}")
    with pytest.raises(InputError, match=r"scale\.json: is no scale"):
        read_footage(with_cameras, camera)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("camera_height_units", "1e200"), ("camera_height_units", "NaN"),
        ("camera_height_units", "-2"), ("pitch_degrees", "4000"), ("pitch_degrees", "true"),
        ("confidence", "Infinity"), ("confidence", "1" + "0" * 400), ("confidence", '"high"'),
    ],
)  # fmt: skip
def test_a_damaged_scale_names_its_file_and_field(tmp_path: Path, field: str, text: str) -> None:
    scale_beside(tmp_path)
    path = tmp_path / "scale.json"
    values = json.loads(path.read_text())
    lines = [f'"{name}": {text if name == field else json.dumps(v)}' for name, v in values.items()]
    path.write_text("{" + ", ".join(lines) + "}")
    with_cameras = CameraInput(cameras=str(tmp_path / "cameras.txt"))
    with pytest.raises(InputError, match=rf"scale\.json: .*({field}|beyond any float)"):
        read_footage(with_cameras, FilmedCamera(pan(12.0), "cameras.txt"))
