"""Sizes and grounds that cannot be right, and what is said of them."""

import math
import re

import pytest
import torch
from torch import Tensor

from dynascene.generation.person_size import person_size, size_doubt
from dynascene.geometry.around import flat_camera, lift_panorama
from dynascene.geometry.box import PlaceBox
from dynascene.geometry.framing import Framing
from dynascene.geometry.intrinsics import focal_from_fov
from dynascene.geometry.lifting import LiftedScene, lift_to_box, lift_to_stage
from dynascene.geometry.picture import PictureCamera
from dynascene.io.panoramas import full_panorama
from dynascene.types import Size

SIZE = Size(300, 200)
FOCAL = focal_from_fov(60, SIZE)


def stage(horizon: float = 0.4) -> LiftedScene:
    return lift_to_stage(torch.zeros(3, 200, 300), PictureCamera(FOCAL, SIZE, 200 * horizon))


def standing(height: float, distance: float, camera: float = 1.0) -> Tensor:
    """Rays [3, 2, 3] of a level camera to somebody, in heights of the picture's camera."""
    ends = torch.tensor([[0, camera, distance], [0, camera - height, distance]]).double()
    return torch.nn.functional.normalize(ends, dim=-1).expand(3, 2, 3)


@pytest.mark.parametrize("pitch", [0.0, -8.0])
@pytest.mark.parametrize("height", [0.6, 1.15, 4.0])
def test_the_height_that_the_ground_tells(height: float, pitch: float):
    framing = Framing(12.0, pitch)
    rays = standing(height, 3.0) @ framing.scene_from_camera  # as that camera sees them
    size = person_size(stage(), framing, rays)
    assert size.heights == pytest.approx(height, rel=1e-6)
    scene = stage()
    above = Framing(12.0, pitch, position=(0, -scene.surface.height, 0))
    assert person_size(scene, above, rays).heights == pytest.approx(2 * height, rel=1e-6)


def test_a_usual_person_is_not_doubted():
    assert size_doubt(stage(), Framing(0, 0), standing(1.15, 3.0)) == ""
    assert size_doubt(stage(), Framing(0, 0), None) == ""
    assert size_doubt(stage(), Framing(0, 0), standing(1.15, 3.0)[:0]) == ""


@pytest.mark.parametrize(
    ("scene", "pitch", "rays", "message"),
    [
        (stage(), 0.0, standing(5.0, 3.0), "giant, 5 times.*`person_scale` 0.2 "),
        (stage(), 0.0, standing(0.2, 2.5), "0.2 times as tall.*`person_scale` 5 "),
        (stage(), 30.0, standing(1.1, 3.0), "horizon or above it.*`stand` 150,190"),
        (stage(), 0.0, standing(1.1, 0.8), "nearer than the picture shows.*`stand` 150,190"),
        (stage(1.0), 0.0, standing(1.1, 3.0), "no ground to stand on"),
        (stage(-1.0), 0.0, standing(1.1, 3.0), "looks down by 49°"),
    ],
)
def test_what_cannot_be_right_is_told(scene: LiftedScene, pitch, rays: Tensor, message: str):
    line = size_doubt(scene, Framing(0.0, pitch), rays)
    assert re.search(message, line)
    assert "\n" not in line


@pytest.mark.parametrize("heights", [0.2, 5.0])
@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_the_scale_that_is_told_replaces_the_one_in_use(heights: float, scale: float):
    """Somebody who is so tall at ``scale`` becomes as tall as the camera was high."""
    line = size_doubt(stage(), Framing(0, 0), standing(heights, 3.0), scale)
    told = float(line.split("`person_scale` ")[1].split()[0])
    assert told / scale * heights == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize(
    ("pitch", "rays", "message"),
    [
        (30.0, standing(1.1, 3.0), "horizon or above it"),
        (0.0, standing(1.1, 0.8), "nearer than the picture shows"),
        (0.0, standing(5.0, 3.0), "giant"),
    ],
)
def test_a_panorama_is_not_told_what_it_refuses(pitch: float, rays: Tensor, message: str):
    camera = flat_camera(full_panorama(Size(128, 24)))
    scene = lift_panorama(torch.zeros(3, 24, 128), camera)
    line = size_doubt(scene, Framing(0.0, pitch), rays)
    assert message in line
    assert "`stand`" not in line
    assert "`horizon`" not in line


def test_nobody_is_taller_than_the_room():
    """The scale that the line names makes the person fit."""
    room = PlaceBox(1.0, 0.6, 1.2, 1.9, 4.0, 0.0, radius=5.0)
    scene = lift_to_box(torch.zeros(3, 200, 300), PictureCamera(FOCAL, SIZE, 80), room)
    line = size_doubt(scene, Framing(0, 0), standing(2.0, 2.5))
    assert "1.2 times as tall as the room" in line
    scale = float(line.split("`person_scale` ")[1].split()[0])
    assert scale * 2.0 == pytest.approx(0.75 * 1.6, rel=0.01)
    line = size_doubt(scene, Framing(0, 0), standing(2.0, 2.5), person_scale=3.0)
    scale = float(line.split("`person_scale` ")[1].split()[0])
    assert scale * 2.0 / 3.0 == pytest.approx(0.75 * 1.6, rel=0.01)
    assert size_doubt(scene, Framing(0, 0), standing(1.4, 2.5)) == ""
    assert math.isinf(PlaceBox(1.0, math.inf, 1, 1, 4, 0, 5).ceiling)


def test_nobody_stands_behind_the_walls_unnoticed():
    room = PlaceBox(1.0, 0.9, 1.2, 1.9, 4.0, 0.0, radius=5.0)
    scene = lift_to_box(torch.zeros(3, 200, 300), PictureCamera(FOCAL, SIZE, 80), room)
    assert person_size(scene, Framing(0, 0), standing(1.1, 5.0)).behind == 1
    assert "farther away than the walls" in size_doubt(scene, Framing(0, 0), standing(1.1, 5.0))
    assert person_size(scene, Framing(0, 0), standing(1.1, 3.5)).behind == 0
