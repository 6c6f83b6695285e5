"""A scene with a depth map: the relief against a plane worked out by hand, and what it hides."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.canvas import paint_canvas
from dynascene.geometry.intrinsics import focal_from_fov, intrinsics_from_fov
from dynascene.geometry.lifting import lift_with_depth
from dynascene.geometry.occlusion import cut_layers
from dynascene.geometry.panorama import PanoramaWindow, directions_from_angles
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.projection import render_guide, window_for_track
from dynascene.geometry.relief import Relief, relief_from_depth
from dynascene.geometry.rigid import rigid
from dynascene.types import CameraTrack, Size

SIZE = Size(96, 54)
CAMERA = PictureCamera(focal_from_fov(60, SIZE), SIZE, SIZE.height / 2)


def truck(distance: float, fov: float = 45) -> CameraTrack:
    pose = rigid(torch.eye(3), torch.tensor([-distance, 0.0, 0.0]))
    return CameraTrack(pose[None], intrinsics_from_fov(fov, SIZE)[None], SIZE)


def test_a_plane_is_met_at_its_depth() -> None:
    relief = relief_from_depth(torch.full((1, 54, 96), 2.0), CAMERA, 0.25)
    rays = torch.tensor([[0.1, 0.05, 1.0], [-0.3, 0.1, 1.0], [0.0, 0.0, 2.0]])
    for origin in ([0.0, 0.0, 0.0], [0.2, -0.1, 0.3]):
        start = torch.tensor(origin).expand(3, 3)
        hits = relief.hit(start, rays)
        assert (hits[:, 2] - 2).abs().max() < 0.01
        along = torch.linalg.cross(hits - start, rays, dim=-1)
        assert along.norm(dim=-1).max() < 1e-5  # the hit lies on the ray


HALF_BOARD = 0.2  # radians, across and down


def board_before_a_wall() -> Relief:
    """A board at distance 1 in the middle of a ball of radius 3."""
    window = PanoramaWindow(0.0, math.pi, -math.pi / 2, math.pi / 2, 300 / math.pi)
    azimuth, depression = window.pixel_angles()
    board = (depression.abs() < HALF_BOARD)[:, None] & (azimuth.abs() < HALF_BOARD)
    return Relief(window, torch.where(board, 1.0, 3.0)[None], height=1.0)


def first_passage(origin: Tensor, rays: Tensor) -> Tensor:
    """The same board and wall, point by point: where each ray first passes behind them."""
    unit = rays.double() / rays.double().norm(dim=-1, keepdim=True)
    points = origin.double() + torch.linspace(0, 6, 12001)[:, None, None] * unit
    x, y, z = points.unbind(-1)
    azimuth, depression = torch.atan2(x, z), torch.atan2(y, torch.hypot(x, z))
    board = (azimuth.abs() < HALF_BOARD) & (depression.abs() < HALF_BOARD)
    passed = points.norm(dim=-1) >= torch.where(board, 1.0, 3.0)
    passed[1:] &= ~passed[:-1]
    passed[0] = False
    return points.take_along_dim(passed.int().argmax(0)[None, :, None], dim=0)[0]


# beside, beside and before, above, and beside and behind: all farther away than the board is
@pytest.mark.parametrize("place", [(1.5, 0.0, 0.0), (-1.4, 0.1, -0.4), (0, -1.2, 0), (0.9, 0, 1.3)])
def test_a_camera_farther_away_than_the_board(place: tuple[float, float, float]) -> None:
    relief, origin = board_before_a_wall(), torch.tensor(place)
    across, down = torch.linspace(-0.1, 0.1, 3), torch.linspace(-0.14, 0.1, 3)
    board = directions_from_angles(*torch.meshgrid(across, down, indexing="ij")).reshape(-1, 3)
    turned = torch.tensor([-1.4, -0.5, 0.6, 1.1])
    wall = 3 * directions_from_angles(turned, torch.full_like(turned, 0.3))
    targets = torch.cat([board, wall])
    rays = targets - origin
    hits = relief.hit(origin.expand_as(rays), rays)
    assert (hits - first_passage(origin, rays)).norm(dim=-1).max() < 0.05
    met = (hits - targets).norm(dim=-1) < 0.05
    assert met[: len(board)].all() == (place[2] < 1)  # nobody sees its front from behind
    assert met[len(board) :].sum() >= 2  # the board hides some


def test_a_ray_from_behind_the_board_comes_out_and_meets_the_wall() -> None:
    origin, rays = (
        torch.tensor([0.0, 0.0, 1.5]),
        torch.tensor([[1.0, 0, 1], [-1, 0.1, 1], [0, 1, 1]]),
    )
    hits = board_before_a_wall().hit(origin.expand_as(rays), rays)
    assert (hits.norm(dim=-1) - 3).abs().max() < 0.01
    assert (hits - first_passage(origin, rays)).norm(dim=-1).max() < 0.05


def test_a_nearer_board_moves_more_and_uncovers_the_wall() -> None:
    """Red board at depth 1 before a green wall at depth 3; the camera trucks to the right."""
    depth = torch.full((54, 96), 3.0)
    depth[14:40, 38:58] = 1.0
    picture = torch.zeros(3, 54, 96)
    picture[1] = 0.8
    picture[:, 14:40, 38:58] = torch.tensor([0.9, 0.1, 0.1])[:, None, None]
    scene = lift_with_depth(picture, CAMERA, depth)
    factor = float(depth.median())  # the unit of the lifted scene: its median depth
    track = truck(0.25 / factor)
    window = window_for_track(track, scene.surface)
    canvases = [paint_canvas(layer.picture, CAMERA, window) for layer in scene.layers]
    frame = next(render_guide(track, [layer.surface for layer in scene.layers], canvases))
    row = frame.colour[:, 27]
    board = (row[0] > 0.7) & (row[1] < 0.4)
    columns = board.nonzero().flatten().double() + 0.5
    focal = float(track.intrinsics[0, 0, 0])
    centre = (48 - 48) / CAMERA.focal * 1.0 - 0.25  # the board's middle, from the moved camera
    assert columns.mean() == pytest.approx(48 + focal * centre, abs=1.0)
    wall = row[:, ~board]
    assert (wall[1] > 0.6).float().mean() > 0.93  # uncovered parts show the wall, nothing smeared
    uncovered = frame.visibility[0, 27]
    assert uncovered.min() < 0.5  # what the picture never showed is said not to be visible
    assert uncovered[board].min() > 0.6


def test_the_layers_cut_at_the_edge_and_go_on_behind() -> None:
    depth = np.full((40, 60), 4.0, np.float32)
    depth[10:30, 20:40] = 1.0
    colour = np.zeros((40, 60, 3), np.float32)
    colour[..., 0] = np.linspace(0, 1, 60)
    colour[10:30, 20:40] = (0, 1, 0)
    cut = cut_layers(colour, depth, reach=4)
    assert cut.front_opacity[20, 30] == 1
    assert cut.front_opacity[20, 19] == 0  # at the outline
    assert (cut.back_depth[12:28, 21:23] > 3).all()
    assert (cut.back_colour[12:28, 21:23, 1] == 0).all()  # no board in the picture behind it
    assert cut.back_known[20, 21] == 0
    assert cut.back_known[5, 5] == 1
    np.testing.assert_array_equal(cut.back_colour[:5], colour[:5])


def test_a_flat_depth_map_has_no_edges() -> None:
    cut = cut_layers(np.ones((9, 9, 3), np.float32), np.full((9, 9), 2, np.float32), reach=3)
    assert cut.front_opacity.min() == 1
    assert cut.back_known.min() == 1


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_a_depth_map_of_any_precision(dtype: torch.dtype) -> None:
    depth = torch.full((54, 96), 2.0)
    depth[20:34, 40:60] = 1.0
    picture = torch.rand(3, 54, 96, generator=torch.Generator().manual_seed(1))
    one, other = (lift_with_depth(picture, CAMERA, d) for d in (depth, depth.to(dtype)))
    for a, b in zip(one.layers, other.layers, strict=True):
        assert torch.equal(a.picture, b.picture)
        assert isinstance(a.surface, Relief)
        assert isinstance(b.surface, Relief)
        assert torch.equal(a.surface.distance, b.surface.distance)


@pytest.mark.parametrize(
    ("depth", "message"),
    [
        (torch.zeros(54, 96), "positive"),
        (torch.full((54, 96), torch.nan), "finite"),
        (torch.ones(54, 54), "another shape"),
    ],
)
def test_a_depth_map_that_does_not_fit_is_refused(depth: torch.Tensor, message: str) -> None:
    with pytest.raises(InputError, match=message):
        lift_with_depth(torch.zeros(3, 54, 96), CAMERA, depth)


def test_from_where_the_picture_was_taken_it_is_whole() -> None:
    """Cut edges open only where the view stretches them; without motion nothing shows through."""
    depth = torch.full((54, 96), 3.0)
    depth[14:40, 38:58] = 1.0
    picture = torch.zeros(3, 54, 96)
    picture[1] = torch.linspace(0.2, 0.8, 96)
    picture[:, 14:40, 38:58] = torch.tensor([0.9, 0.1, 0.1])[:, None, None]
    scene = lift_with_depth(picture, CAMERA, depth)
    track = truck(0.0, fov=60)
    window = window_for_track(track, scene.surface)
    canvases = [paint_canvas(layer.picture, CAMERA, window) for layer in scene.layers]
    frame = next(render_guide(track, [layer.surface for layer in scene.layers], canvases))
    inner = (slice(None), slice(3, -3), slice(3, -3))
    assert (frame.colour - picture)[inner].abs().mean() < 0.01
    assert frame.visibility[inner].min() > 0.99
