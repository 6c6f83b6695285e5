"""What a request says comes before what is estimated."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from dynascene import CameraInput, GenerationOptions, GenerationRequest, PersonInput, PlaceInput
from dynascene.generation.delivery_input import DeliveryInput
from dynascene.generation.opening import open_inputs
from dynascene.geometry.framing import Attitude
from dynascene.io.colour_space import ColourSpace
from dynascene.jobs.log import Log


@pytest.fixture
def place(tmp_path: Path) -> PlaceInput:
    picture = np.random.default_rng(0).integers(0, 256, (60, 90, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "scene.png"), picture)
    return PlaceInput(scene=tmp_path / "scene.png", horizon=0.5)


def test_the_camera_none_is_the_null_camera(place: PlaceInput) -> None:
    def options(cameras: str) -> GenerationOptions:
        camera = CameraInput(cameras=cameras)
        person = PersonInput(person=Path("person.mp4"))
        return GenerationRequest(place=place, person=person, camera=camera).options

    assert options("none").null_camera
    assert not options("cameras.txt").null_camera


def test_the_files_of_colour_spaces_are_among_those_that_are_read(
    place: PlaceInput, tmp_path: Path
) -> None:
    """So that no result replaces them."""
    for name in ("one.ocio", "two.ocio", "three.ocio"):
        (tmp_path / name).touch()
    one, two, three = (
        ColourSpace(str(tmp_path / f"{n}.ocio"), "x") for n in ("one", "two", "three")
    )
    request = GenerationRequest(
        place=replace(place, ocio_scene=one),
        person=PersonInput(person=tmp_path / "scene.png", ocio_person=two),
        delivery=DeliveryInput(layers=("exr",), ocio_layers=three),
    )
    assert {Path(space.config) for space in (one, two, three)} <= set(request.files)
    built_in = replace(place, ocio_scene=ColourSpace("ocio://default", "ACEScg"))
    request = GenerationRequest(place=built_in, camera=CameraInput(move="static"))
    assert request.files == [place.scene]


def test_an_attitude_of_the_request_is_kept(place: PlaceInput, tmp_path: Path) -> None:
    attitude = Attitude(pitch=-7.0, roll=2.0, confidence=1.0)

    def opened(options: GenerationOptions) -> Attitude | None:
        camera = CameraInput(move="pan-right:5")
        request = GenerationRequest(place=place, camera=camera, options=options, frames=(0, 3))
        return open_inputs(request, tmp_path, Log()).attitude

    assert opened(GenerationOptions(attitude=attitude)) == attitude
    assert opened(GenerationOptions()) is None
