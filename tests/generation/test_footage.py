"""What is found in a clip that brings neither camera nor scale."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from panned_person import FOV, FRAMES, SIZE, filmed, pan, wall

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
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.rigid import invert_rigid, rigid, rotation_about, rotation_angle
from dynascene.io.cameras import read_cameras, write_cameras
from dynascene.io.checksums import sha256_of
from dynascene.jobs.log import Log
from dynascene.types import ArrayFrames, Size

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


SCALE_FIGURES = {"camera_height_units": 0.5, "pitch_degrees": -7.0, "confidence": 0.9}


def scale_beside(folder: Path, **changes) -> None:
    """A scale.json as film_camera leaves it beside the camera file."""
    (folder / "scale.json").write_text(json.dumps(SCALE_FIGURES | changes))


def test_a_scale_beside_the_cameras_is_read(tmp_path: Path) -> None:
    camera = FilmedCamera(pan(12.0), "cameras.txt")
    with_cameras = CameraInput(cameras=str(tmp_path / "cameras.txt"))
    assert read_footage(with_cameras, camera, PERSON, Log()) is camera  # nothing lies there

    scale_beside(tmp_path)
    found = read_footage(with_cameras, camera, PERSON, Log())
    assert found.height == 0.5
    assert found.attitude is not None
    assert found.attitude.pitch == -7
    assert found.is_own
    given = read_footage(with_cameras, replace(camera, height=2.0), PERSON, Log())
    assert given.height == 2.0  # --camera-height counts more

    scale_beside(tmp_path, confidence=0.1)
    assert read_footage(with_cameras, camera, PERSON, Log()).attitude is None

    (tmp_path / "scale.json").write_text("{}")
    with pytest.raises(InputError, match=r"scale\.json: is no scale"):
        read_footage(with_cameras, camera, PERSON, Log())


def tracked_beside(folder: Path, **report) -> tuple[CameraInput, PersonInput]:
    """A clip, a camera file, and the report that dynascene track leaves beside it."""
    cameras, clip = folder / "walk.txt", folder / "walk.mp4"
    write_cameras(pan(12.0), cameras, "re10k")
    clip.write_bytes(b"pictures")
    checksums = {"video": sha256_of(clip), "cameras": sha256_of(cameras)}
    (folder / "walk.track.json").write_text(json.dumps({"sha256": checksums} | report))
    return CameraInput(cameras=str(cameras)), PersonInput(person=clip)


def test_the_report_of_tracking_tells_scale_and_clip(tmp_path: Path) -> None:
    camera, person = tracked_beside(tmp_path, scale=SCALE_FIGURES)
    filmed, log = FilmedCamera(pan(12.0), "walk.txt"), Log()
    found = read_footage(camera, filmed, person, log)
    assert (found.height, found.is_own) == (0.5, True)
    assert found.attitude is not None
    assert found.attitude.pitch == -7
    (tmp_path / "other.mp4").write_bytes(b"other pictures")
    foreign = read_footage(camera, filmed, PersonInput(person=tmp_path / "other.mp4"), log)
    assert (foreign.height, foreign.is_own) == (0.5, False)  # the camera was as high
    scale_beside(tmp_path, camera_height_units=0.25)
    assert read_footage(camera, filmed, person, log).height == 0.25  # scale.json counts more
    assert log.notices == []


def test_a_camera_tracked_without_a_matte_is_known_as_the_clips_own(tmp_path: Path) -> None:
    camera, person = tracked_beside(tmp_path)
    filmed = FilmedCamera(pan(12.0), "walk.txt")
    assert read_footage(camera, filmed, person, Log()) == replace(filmed, is_own=True)
    assert read_footage(camera, filmed, None, Log()) == filmed


@pytest.mark.parametrize(("has_scale", "notices"), [(True, 1), (False, 0)])
def test_the_report_does_not_count_for_a_camera_file_that_was_changed(
    tmp_path: Path, has_scale: bool, notices: int
) -> None:
    report = {"scale": SCALE_FIGURES} if has_scale else {}
    camera, person = tracked_beside(tmp_path, **report)
    write_cameras(pan(5.0), tmp_path / "walk.txt", "re10k")  # by another tracker, or by hand
    filmed, log = FilmedCamera(pan(5.0), "walk.txt"), Log()
    assert read_footage(camera, filmed, person, log) == filmed
    assert len(log.notices) == notices
    assert all("walk.track.json" in notice for notice in log.notices)


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"sha256": 5}', '{"sha256": {"video": ""}}', '{"sha256": {}, "scale": {}}'],
)
def test_a_damaged_report_of_tracking_is_one_line(tmp_path: Path, text: str) -> None:
    camera, person = tracked_beside(tmp_path)
    (tmp_path / "walk.track.json").write_text(text)
    with pytest.raises(InputError, match=r"walk\.track\.json: is no scale"):
        read_footage(camera, FilmedCamera(pan(12.0), "walk.txt"), person, Log())


def test_a_report_of_curation_tells_no_scale(tmp_path: Path) -> None:
    camera, person = tracked_beside(tmp_path)
    (tmp_path / "walk.track.json").write_text('{"kind": "rotation"}')
    filmed = FilmedCamera(pan(12.0), "walk.txt")
    assert read_footage(camera, filmed, person, Log()) == filmed


def test_the_scale_of_an_excerpt_is_that_of_its_first_camera(tmp_path: Path) -> None:
    """The camera sinks by 0.3 while it tilts down by 10 degrees, then comes the excerpt."""
    scale_beside(tmp_path)  # 0.5 high, looks down by 7 degrees
    still = pan(0.0)
    down = math.cos(math.radians(7)), math.sin(math.radians(7))  # of y and z, in the first camera
    sunk = rigid(torch.eye(3, dtype=torch.float64), 0.3 * torch.tensor([0.0, *down]).double())
    tilted = rotation_about("x", -10.0).mT
    poses = still.cam_from_world.clone()
    poses[3:] = rigid(tilted, torch.zeros(3).double()) @ invert_rigid(sunk)
    whole = replace(still, cam_from_world=poses)
    part = replace(whole, cam_from_world=poses[3:], intrinsics=whole.intrinsics[3:])
    camera = CameraInput(cameras=str(tmp_path / "cameras.txt"))
    found = read_footage(camera, FilmedCamera(part, "cameras.txt", whole=whole), PERSON, Log())
    assert found.height == pytest.approx(0.2)
    assert found.attitude is not None
    assert found.attitude.pitch == pytest.approx(-17)


@pytest.mark.parametrize(
    ("pitch", "confidence", "height"),
    [
        (-7.0, 0.9, 1.5 - 10 * math.sin(math.radians(7))),  # the camera sinks as it goes ahead
        (-7.0, 0.1, 1.5),
        (None, 0.0, 1.5),
        (-12.0, 0.9, 1.5),  # it would be below the ground
    ],
)
def test_the_unit_of_an_excerpt_hangs_on_no_pitch_that_is_not_sure(
    tmp_path: Path, pitch: float | None, confidence: float, height: float
) -> None:
    """The camera goes 10 units along its axis, then comes the excerpt."""
    scale_beside(tmp_path, camera_height_units=1.5, pitch_degrees=pitch, confidence=confidence)
    whole = pan(0.0)
    whole.cam_from_world[3:, 2, 3] = -10
    part = replace(whole, cam_from_world=whole.cam_from_world[3:], intrinsics=whole.intrinsics[3:])
    camera = CameraInput(cameras=str(tmp_path / "cameras.txt"))
    found = read_footage(camera, FilmedCamera(part, "cameras.txt", whole=whole), PERSON, Log())
    assert found.height == pytest.approx(height)
    assert (found.attitude is not None) == (height < 1.5)


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
        read_footage(with_cameras, FilmedCamera(pan(12.0), "cameras.txt"), PERSON, Log())
