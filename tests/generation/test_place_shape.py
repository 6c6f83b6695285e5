"""The shape of a place: by evidence, as asked, by hand, and where cameras would leave it."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from drawn_boxes import SIZE, drawn_place

from dynascene import CameraInput, GenerationRequest, PlaceInput
from dynascene.errors import InputError
from dynascene.estimators.box.estimate import BoxEstimate, estimate_box
from dynascene.generation.inputs import Inputs
from dynascene.generation.opening import open_inputs
from dynascene.generation.place_input import lift_place, open_place
from dynascene.generation.place_shape import Lens, PlacePicture, shape_place
from dynascene.generation.placed_cameras import PlacedTrack, lift_and_put
from dynascene.geometry.box import PlaceBox
from dynascene.geometry.framing import Attitude, Framing
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.lifting import BACKDROP_DISTANCE, LiftedScene
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.surface import Stage
from dynascene.io.images import read_image
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack

ROOM = PlaceBox(1.0, 0.9, 1.7, 1.9, 4.4, -6.0, radius=5.0)
FOCAL, PITCH = 300.0, 3.0
FOV = 2 * np.degrees(np.arctan(SIZE.width / 2 / FOCAL))
FILMED = make_move("static", 3, intrinsics_from_fov(50.0, SIZE), SIZE)


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("room") / "room.png"
    cv2.imwrite(str(path), drawn_place(ROOM, FOCAL, PITCH)[0])
    return path


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    picture = np.random.default_rng(0).integers(0, 256, (60, 90, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "noise.png"), picture)
    return tmp_path / "noise.png"


def opened(place: PlaceInput, folder: Path, move: str = "truck-right:0.1", log: Log | None = None):
    request = GenerationRequest(place=place, camera=CameraInput(move=move), frames=(0, 4))
    return open_inputs(request, folder, log or Log())


def test_a_drawn_room_is_taken_as_a_box(room: Path, tmp_path: Path):
    inputs = opened(PlaceInput(scene=room, scene_fov=FOV), tmp_path)
    surface = inputs.scene.surface
    assert isinstance(surface, PlaceBox)
    shares = [distance / surface.height for distance in surface.distances]
    assert shares == pytest.approx(ROOM.distances, rel=0.06)
    assert inputs.place["shape"] == "box"
    assert inputs.place["chosen"] == "by its lines"
    assert inputs.estimates["box"]["clearness"] > 1
    assert list(inputs.place["distances_in_camera_heights"]) == [
        "floor", "ceiling", "left wall", "right wall", "back wall",
    ]  # fmt: skip


def shaped(picture: Path, lens: Lens, folder: Path, **options) -> LiftedScene:
    pixels = read_image(picture)
    place = PlaceInput(scene=picture, **options)
    return shape_place(PlacePicture(place, pixels, lens, Log()), None, folder).scene


def test_lines_lengthen_no_lens_beyond_what_fills_the_frame(room: Path, tmp_path: Path):
    free = shaped(room, Lens(0.9 * FOCAL, is_known=False), tmp_path)
    assert free.camera.focal == pytest.approx(FOCAL, rel=0.06)
    longest = 0.8 * FOCAL
    short = shaped(room, Lens(0.7 * FOCAL, is_known=False, longest=longest), tmp_path)
    assert isinstance(short.surface, PlaceBox)
    assert short.camera.focal == pytest.approx(longest)
    loose = shaped(room, Lens(0.9 * FOCAL, is_known=False, longest=2 * FOCAL), tmp_path)
    assert loose.camera.focal == free.camera.focal
    known = shaped(room, Lens(FOCAL, is_known=True, longest=longest), tmp_path)
    assert known.camera.focal == pytest.approx(FOCAL)


@pytest.mark.parametrize(
    ("filmed", "words"),
    [
        (None, "unknown; its lines tell "),
        (FILMED, "unknown; its lines and the filmed camera tell "),
    ],
)
def test_what_tells_the_field_of_view_is_said(
    noise: Path, tmp_path: Path, monkeypatch, filmed: CameraTrack | None, words: str
):
    camera = PictureCamera(2 * FOCAL, SIZE, 0.5 * SIZE.height)
    shaped = SimpleNamespace(scene=SimpleNamespace(camera=camera))
    monkeypatch.setattr("dynascene.generation.place_input.shape_place", lambda *_: shaped)
    place, log = PlaceInput(scene=noise), Log()
    lift_place(place, open_place(place), filmed, tmp_path, log)
    (line,) = log.notices
    assert words in line


@pytest.mark.parametrize("shows_lines", [False, True])
@pytest.mark.parametrize("shape", [None, "box"])
def test_a_room_that_only_a_longer_lens_tells_is_taken_by_that(
    room: Path, tmp_path: Path, monkeypatch, shows_lines: bool, shape: str | None
):
    def estimate(*args, known_focal: bool, **options) -> BoxEstimate | None:
        found = estimate_box(*args, known_focal=known_focal, **options)
        if not known_focal or found is None:
            return found
        return replace(found, gain=0.0) if shows_lines else None

    monkeypatch.setattr("dynascene.generation.place_shape.estimate_box", estimate)
    lens = Lens(0.7 * FOCAL, is_known=False, longest=0.8 * FOCAL)
    scene = shaped(room, lens, tmp_path, place=shape)
    assert isinstance(scene.surface, PlaceBox)
    assert scene.camera.focal == pytest.approx(FOCAL, rel=0.06)


def test_ground_can_be_asked_for(room: Path, tmp_path: Path):
    inputs = opened(PlaceInput(scene=room, scene_fov=FOV, place="ground"), tmp_path)
    assert isinstance(inputs.scene.surface, Stage)
    assert inputs.place == {"shape": "ground and backdrop"}
    assert "box" not in inputs.estimates


def walled(tmp_path: Path, heights: float) -> Path:
    """A picture of a round wall on a floor, both of one even tone and some noise."""
    camera = PictureCamera(FOCAL, SIZE, SIZE.height / 2)
    rays = camera.directions_from_pixels(centres(SIZE)).numpy()
    slope = rays[..., 1] / np.hypot(rays[..., 0], rays[..., 2])
    tones = np.where((slope * heights > 1)[..., None], (90, 70, 60), (170, 180, 175))
    noise = np.random.default_rng(2).normal(0, 6, tones.shape)
    cv2.imwrite(str(tmp_path / "walled.png"), np.clip(tones + noise, 0, 255).astype(np.uint8))
    return tmp_path / "walled.png"


def centres(size) -> torch.Tensor:
    x, y = np.meshgrid(np.arange(size.width) + 0.5, np.arange(size.height) + 0.5)
    return torch.from_numpy(np.stack([x, y], axis=-1))


@pytest.mark.parametrize("heights", [3.3, 4.4])
def test_the_backdrop_stands_where_the_ground_ends(tmp_path: Path, heights: float):
    place, log = PlaceInput(scene=walled(tmp_path, heights), scene_fov=FOV, horizon=0.5), Log()
    inputs = opened(place, tmp_path, log=log)
    stage = inputs.scene.surface
    assert isinstance(stage, Stage)
    assert stage.radius / stage.height == pytest.approx(heights, rel=0.06)
    assert inputs.place["backdrop_in_camera_heights"] == pytest.approx(heights, rel=0.06)
    assert any("shows a wall" in notice for notice in log.notices)
    usual = opened(replace(place, place="ground"), tmp_path).scene.surface
    assert usual.radius / usual.height == pytest.approx(BACKDROP_DISTANCE)


def test_a_near_backdrop_gives_way_to_a_camera_that_would_leave(tmp_path: Path):
    place = PlaceInput(scene=walled(tmp_path, 3.3), scene_fov=FOV, horizon=0.5)
    inputs = opened(place, tmp_path, "dolly-in:0.9+truck-right:0.9")
    stage = inputs.scene.surface
    assert stage.radius / stage.height == pytest.approx(BACKDROP_DISTANCE)
    assert inputs.place == {"shape": "ground and backdrop"}


@pytest.mark.parametrize("back", [0.0, 1.5])
@pytest.mark.parametrize(("feet", "backdrop"), [(2.0, 3.3), (3.1, 1.25 * 3.1), (5.5, 6.0)])
def test_a_near_backdrop_stands_behind_the_person(
    tmp_path: Path, feet: float, backdrop: float, back: float
):
    """Feet that stand ``feet`` camera heights away, as a level camera farther back saw them."""
    place = PlaceInput(scene=walled(tmp_path, 3.3), scene_fov=FOV, horizon=0.5)
    request = GenerationRequest(place=place, camera=CameraInput(move="static"))
    rays = torch.tensor([[[0.0, 1 / (feet + back), 1.0], [0.0, -0.1, 1.0]]], dtype=torch.float64)
    track = make_move("static", 4, intrinsics_from_fov(FOV, SIZE), SIZE)
    attitude = Attitude(0.0, 0.0, 1.0, torch.nn.functional.normalize(rays, dim=-1))

    def put(scene: LiftedScene) -> PlacedTrack:
        behind = -back * scene.surface.height
        return PlacedTrack(track, attitude, Framing(0.0, 0.0, position=(0.0, 0.0, behind)))

    log = Log()
    shaped_place, _ = lift_and_put(request, open_place(place), None, put, tmp_path, log)
    stage = shaped_place.scene.surface
    assert stage.radius / stage.height == pytest.approx(backdrop, rel=0.06)
    assert any("ground ends" in notice for notice in log.notices) == (feet > 3.4)


def test_a_picture_without_lines_is_ground_and_backdrop(noise: Path, tmp_path: Path):
    inputs = opened(PlaceInput(scene=noise), tmp_path)
    assert isinstance(inputs.scene.surface, Stage)
    assert inputs.place == {"shape": "ground and backdrop"}
    assert inputs.estimates["box"]["clearness"] < 1


def test_a_box_gives_way_to_a_camera_that_would_pass_through_its_wall(room: Path, tmp_path: Path):
    place, log = PlaceInput(scene=room, scene_fov=FOV), Log()
    inputs = opened(place, tmp_path, "truck-right:0.8", log)
    assert isinstance(inputs.scene.surface, Stage)
    assert any("pass through a wall" in notice for notice in log.notices)


def test_a_box_that_is_asked_for_stays(room: Path, tmp_path: Path):
    place = PlaceInput(scene=room, scene_fov=FOV, place="box")
    inputs = opened(place, tmp_path, "truck-right:0.8")
    assert isinstance(inputs.scene.surface, PlaceBox)
    assert inputs.place["chosen"] == "asked for"


def by_hand(scene: Path, tmp_path: Path, **options) -> Inputs:
    return opened(PlaceInput(scene=scene, scene_fov=60, **options), tmp_path, "truck-right:0.02")


def test_a_back_wall_given_by_hand(noise: Path, tmp_path: Path):
    inputs = by_hand(noise, tmp_path, box=(25.0, 0.0, 90.0, 45.0, 50.0, 28.0))
    assert inputs.scene.camera.horizon == 28.0
    assert inputs.place["chosen"] == "given"
    assert list(inputs.place["distances_in_camera_heights"]) == ["floor", "left wall", "back wall"]
    assert inputs.place["turn_degrees"] == pytest.approx(3.7, abs=0.1)  # 5 px of f = 78 px


def test_the_horizon_belongs_to_a_back_wall_without_a_vanishing_point(noise: Path, tmp_path: Path):
    inputs = by_hand(noise, tmp_path, box=(25.0, 12.0, 70.0, 45.0), horizon=0.5)
    assert inputs.scene.camera.horizon == 30.0
    assert inputs.place["turn_degrees"] == 0.0


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"place": "depth"}, "there is no depth"),
        ({"box": (25.0, 40.0, 70.0, 50.0), "horizon": 0.5}, "must cross the back wall"),
    ],
)
def test_a_shape_that_cannot_be_is_refused_in_one_line(
    noise: Path, tmp_path: Path, options: dict, why: str
):
    with pytest.raises(InputError, match=why) as error:
        by_hand(noise, tmp_path, **options)
    assert "\n" not in str(error.value)


def test_a_box_is_refused_where_there_are_no_lines(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((60, 90, 3), 128, np.uint8))
    with pytest.raises(InputError, match="no straight lines"):
        opened(PlaceInput(scene=tmp_path / "blank.png", place="box"), tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        {"place": "cube"},
        {"box": (1.0, 2.0, 3.0)},
        {"box": (1.0, 2.0, 3.0, 4.0), "place": "ground"},
        {"box": (1.0, 2.0, 3.0, 4.0), "scene_depth": Path("depth.png")},
        {"place": "ground", "scene_depth": Path("depth.png")},
        {"box": (1.0, 2.0, 3.0, 4.0, 2.0, 3.0), "horizon": 0.5},
    ],
)
def test_options_that_exclude_each_other_are_refused(options: dict):
    with pytest.raises(InputError) as error:
        PlaceInput(scene=Path("scene.png"), **options)
    assert "\n" not in str(error.value)
