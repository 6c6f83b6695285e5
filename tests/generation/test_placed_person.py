"""A request's `stand` and `person_scale`, from files to the delivered cameras."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from dynascene import CameraInput, GenerationOptions, GenerationRequest, PersonInput, PlaceInput
from dynascene.errors import InputError
from dynascene.estimators.matte.hints import Hint
from dynascene.generation.inputs import Inputs
from dynascene.generation.job import make_clip
from dynascene.generation.opening import open_inputs
from dynascene.geometry.framing import place_track
from dynascene.geometry.placing import ground_point
from dynascene.jobs.log import Log

FEET = (61.0, 52.0)  # below the person's lowest row, in their middle column


@pytest.fixture
def person(tmp_path: Path) -> Path:
    """Three frames of somebody with alpha who stands still; the first shows nobody."""
    folder = tmp_path / "person"
    folder.mkdir()
    for index in range(3):
        frame = np.full((64, 96, 4), 90, np.uint8)
        frame[..., 3] = 0
        if index:
            frame[12:52, 56:66, 3] = 255
        cv2.imwrite(str(folder / f"{index}.png"), frame)
    return folder


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    picture = np.random.default_rng(0).integers(0, 256, (60, 90, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "scene.png"), picture)
    return tmp_path / "scene.png"


def request(person: Path | None, scene: Path, move: str = "truck-right:0.2", **place):
    return GenerationRequest(
        place=PlaceInput(scene=scene, horizon=0.4, place="ground", **place),
        person=person and PersonInput(person=person),
        camera=CameraInput(move=move),
        options=GenerationOptions(generator="projection"),
    )


def opened(person: Path, scene: Path, folder: Path, **place) -> Inputs:
    return open_inputs(request(person, scene, **place), folder, Log())


@pytest.mark.parametrize("stand", [(30.0, 50.0), (70.0, 33.0), (45.0, 27.5)])
@pytest.mark.parametrize("scale", [1.0, 0.7])
def test_the_pictures_ground_lies_at_the_feet(
    person: Path, scene: Path, tmp_path: Path, stand: tuple[float, float], scale: float
):
    """In the delivered camera of the first frame with feet, also near the horizon."""
    inputs = opened(person, scene, tmp_path, stand=stand, person_scale=scale)
    assert inputs.framing is not None
    track = place_track(inputs.shot.cameras, inputs.framing)
    point = ground_point(inputs.scene, *stand)
    assert point is not None
    in_camera = track.cam_from_world[1, :3, :3] @ point + track.cam_from_world[1, :3, 3]
    x, y, z = (track.intrinsics[1] @ in_camera).tolist()
    assert (x / z, y / z) == pytest.approx(FEET, abs=0.5)
    height = inputs.scene.surface.height
    assert inputs.framing.position[1] == pytest.approx(height * (1 - scale), abs=1e-6)


def test_the_report_and_the_picture_follow(person: Path, scene: Path, tmp_path: Path):
    backgrounds = []
    for name, place in (("one", {}), ("other", {"stand": (20.0, 55.0)})):
        make_clip(request(person, scene, **place), tmp_path / name)
        report = json.loads((tmp_path / name / "report.json").read_text())
        backgrounds.append(cv2.VideoCapture(str(tmp_path / name / "background.mp4")).read()[1])
        assert "landmarks" in report["found"]["feet"]["why_not"]
        moved = report["framing"]["position"] != [0, 0, 0]
        assert moved == bool(place)
    assert (backgrounds[0] != backgrounds[1]).mean() > 0.2


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({"stand": (45.0, 20.0)}, "above the horizon"),
        ({"stand": (45.0, 24.5)}, "no ground"),
        ({"stand": (91.0, 50.0)}, "outside the picture, which is 90x60"),
        ({"person_scale": 9.0, "stand": (45.0, 58.0)}, "`stand`: 45,58|would be outside"),
    ],
)
def test_where_nobody_can_stand(person: Path, scene: Path, tmp_path: Path, place, message):
    with pytest.raises(InputError, match=message) as error:
        opened(person, scene, tmp_path, **place)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("subject", 1), ("matte_backend", "pose"), ("hints", (Hint(0, 1, 1),)), ("take_along", False)],
)
def test_a_clip_with_alpha_is_not_cut_out(person: Path, scene: Path, tmp_path: Path, name, value):
    asked = request(None, scene)
    asked = replace(asked, person=PersonInput(person=person, **{name: value}))
    with pytest.raises(InputError, match=f"`{name}`.*the alpha of .*person does that already"):
        open_inputs(asked, tmp_path, Log())


def test_nobody_cannot_be_put(scene: Path):
    for place in ({"stand": (45.0, 50.0)}, {"person_scale": 2.0}):
        with pytest.raises(InputError, match=f"`{next(iter(place))}`: there is no `person`"):
            request(None, scene, **place)
    with pytest.raises(InputError, match="person_scale"):
        PlaceInput(scene=scene, person_scale=float("nan"))


def test_a_scale_without_feet_keeps_the_ground_below_the_camera(scene: Path, tmp_path: Path):
    folder = tmp_path / "cut"
    folder.mkdir()
    frame = np.full((64, 96, 4), 90, np.uint8)
    frame[:20, :, 3] = 0
    cv2.imwrite(str(folder / "0.png"), frame)
    cv2.imwrite(str(folder / "1.png"), frame)
    inputs = opened(folder, scene, tmp_path, person_scale=0.5)
    assert inputs.framing is not None
    assert inputs.framing.position == pytest.approx((0, inputs.scene.surface.height / 2, 0))
    plain = opened(folder, scene, tmp_path)
    ways = [
        torch.diff(i.shot.cameras.cam_from_world[:, :3, 3], dim=0).norm() for i in (inputs, plain)
    ]
    assert ways[0] == pytest.approx(float(ways[1]) / 2)
    with pytest.raises(InputError, match="feet are seen in no frame"):
        opened(folder, scene, tmp_path, stand=(45.0, 50.0))
