"""The continuation of a picture on the planes of its box."""

import math

import pytest
import torch
from stored_canvas import layers_of

from dynascene.geometry.box import FACES, PlaceBox
from dynascene.geometry.box_continuation import continue_box, continue_place
from dynascene.geometry.canvas import paint_canvas
from dynascene.geometry.continuation import continue_picture
from dynascene.geometry.panorama import (
    PanoramaWindow,
    angles_from_directions,
    directions_from_angles,
)
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.surface import Stage
from dynascene.types import Size

SIZE = Size(160, 100)
CAMERA = PictureCamera(110.0, SIZE, 46.0)
ROOM = PlaceBox(1.0, 0.8, 1.6, 1.3, 4.0, 8.0, radius=4.6)
STREET = PlaceBox(1.0, math.inf, 2.0, 1.5, 12.0, -5.0, radius=13.0)
SIDE = PlaceBox(1.0, math.inf, 1.2, math.inf, 5.0, 10.0, radius=5.4)
PLACES = pytest.mark.parametrize("box", [ROOM, STREET, SIDE], ids=["room", "street", "side"])


def all_around() -> tuple[torch.Tensor, torch.Tensor]:
    azimuth = torch.linspace(-math.pi, math.pi, 361, dtype=torch.float64)
    depression = torch.linspace(-1.4, 1.4, 141, dtype=torch.float64)
    return torch.meshgrid(azimuth, depression, indexing="ij")


def met(box: PlaceBox, directions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Where directions meet the box, in its axes, and on which plane."""
    zero = torch.zeros_like(directions)
    return box.hit(zero, directions) @ box.scene_from_box, box.face(zero, directions)


def directions_of(pixel: torch.Tensor) -> torch.Tensor:
    middle = pixel.new_tensor(tuple(SIZE)) / 2
    rays = torch.cat([(pixel - middle) / CAMERA.focal, torch.ones_like(pixel[..., :1])], dim=-1)
    return rays @ CAMERA.scene_from_picture.mT


@PLACES
def test_every_direction_shows_a_pixel_of_the_picture(box: PlaceBox):
    pixel = continue_box(CAMERA, box, *all_around()).pixel
    assert pixel.isfinite().all()
    assert (pixel >= 0).all()
    assert (pixel <= pixel.new_tensor(tuple(SIZE))).all()


@PLACES
def test_the_picture_itself_stays(box: PlaceBox):
    angles = all_around()
    ours, theirs = continue_box(CAMERA, box, *angles), continue_picture(CAMERA, *angles)
    assert torch.equal(ours.photographed, theirs.photographed)
    shown = ours.photographed
    torch.testing.assert_close(ours.pixel[shown], theirs.pixel[shown])


@pytest.mark.parametrize(
    ("face", "kept"), [("floor", 0), ("ceiling", 0), ("left wall", 1), ("right wall", 1)]
)
def test_a_plane_of_a_room_is_mirrored_along_itself(face: str, kept: int):
    """What lies on a line to the back stays on that line, so that corners and joints run on."""
    azimuth, depression = all_around()
    shown = continue_box(CAMERA, ROOM, azimuth, depression)
    here, plane = met(ROOM, directions_from_angles(azimuth, depression))
    there, source = met(ROOM, directions_of(shown.pixel))
    outside = ~shown.photographed & (plane == FACES.index(face))
    assert outside.sum() > 100
    assert (source[outside] == plane[outside]).float().mean() > 0.99
    same = outside & (source == plane)
    off = (here - there)[same][:, kept].abs()
    assert float(off.quantile(0.95)) < 1e-6


@PLACES
def test_nothing_jumps_at_the_borders_of_the_picture(box: PlaceBox):
    along = torch.linspace(0.02, 0.98, 97, dtype=torch.float64)
    width, height = SIZE
    for still, x, y in (
        (0, -0.01, along * height), (0, width + 0.01, along * height),
        (1, along * width, -0.01), (1, along * width, height + 0.01),
    ):  # fmt: skip
        pixel = torch.stack(torch.broadcast_tensors(*map(torch.as_tensor, (x, y))), dim=-1)
        shown = continue_box(CAMERA, box, *angles_from_directions(directions_of(pixel)))
        assert not shown.photographed.any()
        off = (shown.pixel - pixel).norm(dim=-1)
        assert float(off.max()) < 3, f"border {still}"


def test_ground_and_backdrop_are_continued_as_before():
    angles = all_around()
    ours, theirs = (
        continue_place(CAMERA, Stage(1.0, 6.0), *angles),
        continue_picture(CAMERA, *angles),
    )
    assert torch.equal(ours.pixel, theirs.pixel)


def test_a_canvas_of_a_box_shows_its_continuation():
    """A picture of rows and columns: the canvas shows the pixel that ``continue_box`` says."""
    y, x = torch.meshgrid(torch.arange(100) + 0.5, torch.arange(160) + 0.5, indexing="ij")
    picture = torch.stack([x / 160, y / 100, 0 * x, torch.ones_like(x), torch.ones_like(x)])
    window = PanoramaWindow(0.0, 1.0, -0.6, 0.9, 100.0)
    layers = layers_of(paint_canvas(picture, CAMERA, window, surface=ROOM))
    azimuth, depression = window.pixel_angles()
    beta, alpha = torch.meshgrid(depression, azimuth, indexing="ij")
    expected = continue_box(CAMERA, ROOM, alpha, beta).pixel / torch.tensor([160.0, 100.0])
    off = (layers[:2].movedim(0, -1) - expected).abs()
    assert float(off.quantile(0.99)) < 0.02
