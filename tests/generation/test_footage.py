"""What is found in a clip that brings neither camera nor scale."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from panned_person import FOV, FRAMES, SIZE, filmed, pan, wall

from dynascene.errors import InputError
from dynascene.generation.footage import (
    film_camera,
    found_depth,
    shows_background,
    warn_of_conflict,
)
from dynascene.generation.request import PersonInput
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.rigid import rotation_angle
from dynascene.io.cameras import read_cameras
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
