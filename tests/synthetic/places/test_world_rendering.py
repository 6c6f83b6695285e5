"""The renderers against geometry written out by hand."""

import math

import pytest
import torch

from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture import picture_track
from dynascene.geometry.rays import track_rays
from dynascene.geometry.surface import Stage
from dynascene.synthetic.places.layered import (
    Card,
    Cyclorama,
    LayeredPlace,
    Tiles,
    tile_levels,
)
from dynascene.synthetic.places.panorama import PanoramaPlace
from dynascene.synthetic.shots.views import scene_camera
from dynascene.types import Size

SIZE = Size(64, 36)
K = intrinsics_from_fov(55, SIZE)


def direction_panorama(width: int = 1024) -> torch.Tensor:
    """Each pixel's direction as its colour, uint8."""
    azimuth = ((torch.arange(width) + 0.5) / width * 2 - 1) * math.pi
    depression = ((torch.arange(width // 2) + 0.5) / (width // 2) - 0.5) * math.pi
    beta, alpha = torch.meshgrid(depression, azimuth, indexing="ij")
    xyz = torch.stack([alpha.sin() * beta.cos(), beta.sin(), alpha.cos() * beta.cos()])
    return ((xyz * 0.5 + 0.5) * 255).round().to(torch.uint8)


@pytest.mark.parametrize(("turn", "mirrored"), [(0.0, False), (2.9, False), (-1.0, True)])
def test_panorama_shows_the_right_direction(turn: float, mirrored: bool) -> None:
    place = PanoramaPlace((direction_panorama(),), turn, mirrored, None)
    rays = track_rays(make_move("pan-right:170+tilt-up:20+roll-left:9", 3, K, SIZE))
    colour, depth = place.render(rays)
    d = torch.nn.functional.normalize(rays.directions, dim=-1)
    x, y, z = d.unbind(-1)
    azimuth = torch.atan2(-x if mirrored else x, z) + turn
    level = torch.hypot(x, z)
    expected = torch.stack([azimuth.sin() * level, y, azimuth.cos() * level], dim=1) * 0.5 + 0.5
    assert float((colour - expected).abs().max()) < 0.006  # rounding to 8 bits and interpolation
    assert depth.isinf().all()


def test_a_pan_to_the_right_moves_the_place_to_the_left() -> None:
    panorama = torch.zeros(3, 128, 256, dtype=torch.uint8)
    panorama[:, 60:68, 126:130] = 255  # straight ahead
    place = PanoramaPlace((panorama,), 0.0, False, None)
    colour, _ = place.render(track_rays(make_move("pan-right:15", 2, K, SIZE)))
    columns = torch.arange(64) + 0.5
    middle = (colour[:, 0] * columns).sum((1, 2)) / colour[:, 0].sum((1, 2))
    focal = float(K[0, 0])
    assert float(middle[0]) == pytest.approx(32, abs=0.1)
    assert float(middle[1]) == pytest.approx(32 - focal * math.tan(math.radians(15)), abs=0.3)


def test_a_stage_at_the_origin_looks_as_if_infinitely_far() -> None:
    rays = track_rays(make_move("pan-left:40+tilt-down:10", 3, K, SIZE))
    far = PanoramaPlace((direction_panorama(),), 0.3, False, None)
    near = PanoramaPlace((direction_panorama(),), 0.3, False, Stage(0.4, 2.0))
    torch.testing.assert_close(near.render(rays)[0], far.render(rays)[0], atol=2e-3, rtol=0)


def plain(stage: Stage, wall: int = 255) -> Cyclorama:
    ground = Tiles(tile_levels(torch.full((3, 8, 8), 0.5)), 1.0, 0.3)
    picture = torch.full((3, 16, 32), wall, dtype=torch.uint8)
    return Cyclorama(stage, ground, picture, 1.5, 0.7, 0.1)


def test_depths_of_ground_and_wall() -> None:
    colour, depth = plain(Stage(0.5, 3.0)).render(track_rays(make_move("static", 1, K, SIZE)))
    column, focal = depth[0, 0, :, 32], float(K[1, 1])
    for row in range(36):
        below = (row + 0.5 - 18) / focal
        ground = 0.5 / below if below > 0 else math.inf
        assert float(column[row]) == pytest.approx(min(ground, 3.0), rel=1e-2)
        assert float(colour[0, 0, row, 32]) == pytest.approx(0.5 if ground < 3 else 1.0, abs=0.01)


def test_tiles_are_where_they_should_be_and_blend_to_their_mean() -> None:
    texture = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0))
    tiles = Tiles(tile_levels(texture), side=2.0, turn=0.0)
    x = (torch.arange(16) + 0.5) / 16 * 2.0
    sharp = tiles._at(torch.stack([x / 2 + 3, torch.full_like(x, 1 / 32 - 2)], -1), 0 * x + 1)
    torch.testing.assert_close(sharp, texture[:, 0], atol=1e-5, rtol=0)
    coarse = tiles._at(torch.rand(5, 2), torch.full((5,), 1e4))
    torch.testing.assert_close(coarse, texture.mean((1, 2))[:, None].expand(3, 5))


def upright(x: float, z: float, tone: float) -> Card:
    picture = torch.cat([torch.full((3, 8, 8), tone), torch.ones(1, 8, 8)])
    return Card(picture, x, z, 0.0, 0.5, 0.8)


def test_cards_stand_where_they_are_and_hide_what_is_behind() -> None:
    stage = Stage(0.4, 6.0)
    place = LayeredPlace(plain(stage), (upright(0.1, 2.5, 0.2), upright(0.0, 1.5, 0.0)))
    colour, depth = place.render(track_rays(make_move("truck-right:0.6:linear", 3, K, SIZE)))
    focal = float(K[0, 0])
    rows = slice(17, 19)  # the horizon: both cards reach from 0.4 below to 0.4 above it
    for frame, travel in enumerate((0.0, 0.3, 0.6)):
        left, right = (32 + focal * (edge - travel) / 1.5 for edge in (-0.25, 0.25))
        inside = torch.arange(64) + 0.5
        inside = (inside > left + 1) & (inside < right - 1)
        assert colour[frame, 0, rows][:, inside].max() < 0.01
        torch.testing.assert_close(
            depth[frame, 0, rows][:, inside], torch.full((2, int(inside.sum())), 1.5)
        )
        far = 32 + focal * (0.33 - travel) / 2.5  # a point of the far card that the near one leaves
        if far > right + 1:
            assert float(colour[frame, 0, 18, int(far)]) == pytest.approx(0.2, abs=0.01)
    assert (depth[2] < 2.6).sum() > 0


def test_scaling_a_place_scales_its_depths_only() -> None:
    place = LayeredPlace(plain(Stage(0.4, 6.0)), (upright(0.3, 2.5, 0.2),))
    rays = track_rays(make_move("pan-right:10", 2, K, SIZE))
    colour, depth = place.render(rays)
    same, twice = place.scale(2.0).render(rays)
    torch.testing.assert_close(same, colour, atol=1e-4, rtol=0)
    torch.testing.assert_close(twice, 2 * depth)


def test_the_scene_camera_sees_the_horizon_where_it_says() -> None:
    panorama = torch.zeros(3, 256, 512, dtype=torch.uint8)
    panorama[:, 128:] = 255
    camera = scene_camera(60, 6.0, SIZE)
    colour, _ = PanoramaPlace((panorama,), 0, False, None).render(track_rays(picture_track(camera)))
    white = colour[0, 0, :, camera.size.width // 2].sum()
    assert float(camera.size.height - white) == pytest.approx(camera.horizon, abs=0.6)
    assert camera.horizon > camera.size.height / 2  # it looks up
