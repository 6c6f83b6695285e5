"""The picture's continuation: seamless, closed, level, and never in place of what was photographed.

Each property is checked for level and tilted cameras, wide and tall pictures, and a long lens.
"""

import math

import pytest
import torch
from stored_canvas import layers_of
from torch import Tensor

from dynascene.geometry.canvas import paint_canvas
from dynascene.geometry.continuation import GROUND_BAND, continue_picture, reflect
from dynascene.geometry.intrinsics import focal_from_fov
from dynascene.geometry.panorama import (
    PanoramaWindow,
    angles_from_directions,
    directions_from_angles,
)
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.relief import relief_from_depth
from dynascene.types import Size

WIDE = Size(96, 54)


def camera_of(size: Size = WIDE, fov: float = 60, horizon: float = 0.4) -> PictureCamera:
    return PictureCamera(focal_from_fov(fov, size), size, horizon * size.height)


LEVEL = camera_of(horizon=0.5)
CAMERAS = [
    LEVEL,
    camera_of(horizon=0.25),
    camera_of(horizon=1.3),  # looks up: no horizon in the picture
    camera_of(horizon=-0.4),
    camera_of(Size(30, 90), fov=40, horizon=0.6),
    camera_of(Size(333, 99), fov=11),
    camera_of(fov=110),
]


def sphere(rows: int = 121, columns: int = 240) -> tuple[Tensor, Tensor]:
    """Azimuth and depression [rows, columns] of all directions, both poles included."""
    azimuth = torch.linspace(-math.pi, math.pi, columns).double()
    depression = torch.linspace(-math.pi / 2, math.pi / 2, rows).double()
    depression, azimuth = torch.meshgrid(depression, azimuth, indexing="ij")
    return azimuth, depression


def source_angles(camera: PictureCamera, azimuth: Tensor, depression: Tensor):
    """Azimuth and depression at which the picture itself shows what the continuation shows."""
    pixel = continue_picture(camera, azimuth, depression).pixel
    offset = pixel - pixel.new_tensor(tuple(camera.size)) / 2
    ray = torch.cat([offset, torch.full_like(offset[..., :1], camera.focal)], dim=-1)
    return angles_from_directions(ray @ camera.scene_from_picture.mT)


@pytest.mark.parametrize("camera", CAMERAS)
def test_what_was_photographed_is_shown_as_it_is(camera: PictureCamera) -> None:
    v, u = torch.meshgrid(torch.arange(9) + 0.5, torch.arange(33) + 0.5, indexing="ij")
    pixel = torch.stack([u / 33, v / 9], dim=-1).double() * torch.tensor(camera.size)
    offset = pixel - torch.tensor(camera.size) / 2
    ray = torch.cat([offset, torch.full_like(offset[..., :1], camera.focal)], dim=-1)
    shown = continue_picture(camera, *angles_from_directions(ray @ camera.scene_from_picture.mT))
    torch.testing.assert_close(shown.pixel, pixel)
    assert shown.photographed.all()
    assert (shown.distance_ratio == 1).all()


@pytest.mark.parametrize("camera", CAMERAS)
def test_every_direction_shows_a_pixel_of_the_picture(camera: PictureCamera) -> None:
    azimuth, depression = sphere()
    shown = continue_picture(camera, azimuth, depression)
    _, inside = camera.pixels_from_directions(directions_from_angles(azimuth, depression))
    assert torch.equal(shown.photographed, inside)
    assert (shown.pixel >= 0).all()
    assert (shown.pixel <= torch.tensor(camera.size)).all()
    assert shown.distance_ratio.isfinite().all()
    assert shown.distance_ratio.min() > 0


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("along", ["azimuth", "depression"])
def test_nothing_tears(camera: PictureCamera, along: str) -> None:
    """A walk in steps of 0.02 degrees never jumps in the picture, over borders and corners too."""
    fine = math.radians(0.02)
    if along == "azimuth":
        lines = torch.deg2rad(torch.linspace(-60, 60, 9)).double()
        walk = torch.arange(-math.pi, math.pi, fine).double()
        depression, azimuth = torch.meshgrid(lines, walk, indexing="ij")
    else:
        lines = torch.deg2rad(torch.linspace(-180, 180, 17)).double()
        walk = torch.arange(-1.2, 1.2, fine).double()
        azimuth, depression = torch.meshgrid(lines, walk, indexing="ij")
    shown = continue_picture(camera, azimuth, depression)
    # pixels per radian grow towards the picture's corners, with 1 / cos² of their angle
    width, height = camera.size
    densest = camera.focal + (width**2 + height**2) / 4 / camera.focal
    speed = shown.pixel.diff(dim=1).norm(dim=-1) / fine
    assert speed.max() < 6 * densest
    assert shown.distance_ratio.log().diff(dim=1).abs().max() < 30 * fine


@pytest.mark.parametrize("camera", CAMERAS)
def test_the_circle_closes(camera: PictureCamera) -> None:
    depression = torch.linspace(-1.5, 1.5, 33).double()
    ends = [
        continue_picture(camera, torch.full_like(depression, end), depression)
        for end in (-math.pi, math.pi - 1e-12)
    ]
    assert (ends[0].pixel - ends[1].pixel).abs().max() < 1e-6
    torch.testing.assert_close(ends[0].distance_ratio, ends[1].distance_ratio)


@pytest.mark.parametrize("camera", [c for c in CAMERAS if 0 < c.horizon < c.size.height])
def test_the_horizon_goes_all_around(camera: PictureCamera) -> None:
    azimuth, _ = sphere()
    _, depression = source_angles(camera, azimuth, torch.zeros_like(azimuth))
    assert depression.abs().max() < 1e-9


def test_upright_lines_stay_upright() -> None:
    azimuth = torch.linspace(-3.1, 3.1, 99).double().expand(9, 99)
    depression = torch.linspace(-0.15, 0.15, 9).double()[:, None].expand(9, 99)
    source, _ = source_angles(LEVEL, azimuth, depression)
    assert source.std(dim=0).max() < 1e-9


def test_the_right_is_drawn_larger_and_the_left_smaller() -> None:
    """So that what stands at a border is no mirror image of what continues it."""
    limit, step = LEVEL.azimuth_limit, 1e-4
    for side in (1, -1):
        place = side * (limit + torch.tensor([0, step, 0.6, 0.6 + step])).double()
        source, _ = source_angles(LEVEL, place, torch.zeros(4).double())
        speed = source.diff()[::2] / place.diff()[::2]
        assert speed[0] == pytest.approx(-1, abs=3e-3)  # goes on at the picture's own scale
        assert speed[1].abs() < 0.85 if side == 1 else speed[1].abs() > 1.2
        assert abs(float(source[2])) < limit  # within the picture, not at its border


def test_the_ground_is_mirrored_on_the_ground() -> None:
    """Straight ahead, by hand: distances over the ground are mirrored at the border's."""
    camera = camera_of(horizon=0.25)  # lower border well over 20 degrees below the horizon
    border = 1 / math.tan(float(camera.depression_limits(torch.zeros(1).double())[1]))
    for share in (0.95, 0.8, 0.7, 0.4):
        below = math.atan(1 / (share * border))
        zero = torch.zeros(1).double()
        _, source = source_angles(camera, zero, zero + below)
        past = 1 - share if share > 1 - GROUND_BAND else 2 * GROUND_BAND - (1 - share)
        assert 1 / math.tan(float(source)) == pytest.approx((1 + past) * border)


def test_flat_ground_is_flat_all_around() -> None:
    """The relief of a plane 1 below the camera is that plane, beyond the picture as well."""
    camera = camera_of(Size(160, 120), horizon=0.0)
    rows = (torch.arange(120) + 0.5) / camera.focal - 60 / camera.focal
    sight = torch.stack([torch.zeros(120), rows, torch.ones(120)], dim=-1)
    depth = 1 / (sight.double() @ camera.scene_from_picture.mT)[:, 1]  # of the plane y = 1
    relief = relief_from_depth(depth.float()[None, :, None].expand(1, 120, 160), camera, 1.0)
    _, depression = relief.window.pixel_angles()
    heights = relief.distance[0] * depression.sin()[:, None]
    ground = heights[(depression > math.radians(12)) & (depression < math.radians(85))]
    assert (ground - 1).abs().max() < 0.02


def test_a_canvas_says_what_was_photographed_and_keeps_it() -> None:
    picture = torch.ones(5, 54, 96)
    picture[:3] = torch.linspace(0, 1, 96)[None, None]
    window = PanoramaWindow(0.0, math.pi, -1.2, 1.2, 60.0)
    canvas = paint_canvas(picture, LEVEL, window)
    azimuth, depression = window.pixel_angles()
    depression, azimuth = torch.meshgrid(depression, azimuth, indexing="ij")
    pixel, inside = LEVEL.pixels_from_directions(directions_from_angles(azimuth, depression))
    assert torch.equal(layers_of(canvas)[3] > 0.5, inside)
    expected = ((pixel[..., 0] - 0.5) / 95).clamp(0, 1)
    assert (layers_of(canvas)[0] - expected)[inside].abs().max() < 0.02
    assert (layers_of(canvas)[:, :, 0] - layers_of(canvas)[:, :, -1]).abs().max() < 0.05  # closed


def test_reflect_is_the_identity_within_and_mirrors_outside() -> None:
    low, high = torch.tensor(1.0), torch.tensor(3.0)
    values = torch.tensor([1.5, 3.5, 0.5, 5.5, -3.0])
    assert reflect(values, low, high).tolist() == pytest.approx([1.5, 2.5, 1.5, 1.5, 1.0])
