"""Depth from disparity against places whose depth is written out."""

import math

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.estimators.depth.disparity import FARTHEST, depth_from_disparity, fit_ground
from dynascene.estimators.depth.protocol import DepthEstimate, scene_depth
from dynascene.geometry.lifting import lift_with_depth
from dynascene.geometry.picture import PictureCamera
from dynascene.types import Size

SIZE = Size(90, 63)


def camera(pitch: float = -6.0, focal: float = 80.0, size: Size = SIZE) -> PictureCamera:
    horizon = size.height / 2 + focal * math.tan(math.radians(pitch))
    return PictureCamera(focal, size, horizon)


def place(camera: PictureCamera, wall: float = math.inf, height: float = 1.0) -> np.ndarray:
    """Depth [H, W] of level ground under a camera at ``height``, and an upright wall across it."""
    rays = camera.rays(camera.size.height, camera.size.width).double()
    world = rays @ camera.scene_from_picture.mT
    down, ahead = world[..., 1], world[..., 2]
    ground = torch.where(down > 1e-9, height / down, torch.inf)
    return torch.minimum(ground, wall / ahead).numpy()  # the rays have z = 1: distance is depth


def affine(depth: np.ndarray, scale: float = 3.3, shift: float = 0.7) -> np.ndarray:
    return (scale / depth + shift).astype(np.float32)


@pytest.mark.parametrize("pitch", [-14.0, -3.0, 5.0])
@pytest.mark.parametrize(("scale", "shift"), [(3.0, 0.0), (0.03, 30.0), (333.0, -3.0)])
def test_ground_gives_scale_and_shift(pitch: float, scale: float, shift: float) -> None:
    view = camera(pitch)
    truth = place(view, wall=7.0)
    found = depth_from_disparity(affine(truth, scale, shift), view)
    assert found.ground > 0.8
    np.testing.assert_allclose(found.depth, truth, rtol=0.02)


def test_the_sky_is_far_and_nothing_is_farther() -> None:
    view = camera()
    found = depth_from_disparity(affine(place(view)), view).depth
    assert found.max() == pytest.approx(FARTHEST)
    assert (found[: int(view.horizon)] == found.max()).all()


def test_things_that_stand_on_the_ground_do_not_bend_it() -> None:
    view = camera()
    truth = place(view, wall=9.0)
    for left, foot in ((3, 50), (33, 60), (66, 45)):  # upright cards, 18 of 90 columns each
        truth[12:foot, left : left + 18] = truth[foot - 1, left]
    noise = np.random.default_rng(3).normal(0, 0.005, truth.shape)
    found = depth_from_disparity((affine(truth) + noise).astype(np.float32), view)
    near = truth < 6
    assert np.median(np.abs(found.depth / truth - 1)[near]) < 0.03
    assert np.median(np.abs(found.depth / truth - 1)[~near]) < 0.06


def test_a_map_smaller_than_the_picture() -> None:
    view = camera()
    truth = place(view, wall=6.0)
    small = affine(truth)[::3, ::3]
    middle = truth[1::3, 1::3]
    found = depth_from_disparity(affine(middle), view)
    assert found.depth.shape == small.shape == middle.shape
    np.testing.assert_allclose(found.depth, middle, rtol=0.03)


def test_a_wall_without_ground_keeps_its_order_only() -> None:
    """Seen upwards there is no ground: nothing is claimed, near stays nearer than far."""
    view = camera(pitch=40.0)
    ramp = np.tile(np.linspace(3, 9, SIZE.width, dtype=np.float32), (SIZE.height, 1))
    found = depth_from_disparity(ramp, view)
    assert found.ground == 0
    assert (np.diff(found.depth[0]) <= 0).all()
    assert 3 < found.depth.max() / found.depth.min() < 30


@pytest.mark.parametrize("flat", [0.0, 3.0])
def test_a_flat_answer_is_a_flat_depth(flat: float) -> None:
    found = depth_from_disparity(np.full((33, 33), flat, np.float32), camera())
    assert found.ground == 0
    assert np.ptp(found.depth) == 0
    assert found.depth.min() > 0


def test_ground_that_rises_towards_the_horizon_is_no_ground() -> None:
    disparity = np.tile(np.linspace(9, 3, 60)[:, None], (1, 30))  # nearer above than below
    assert fit_ground(disparity, horizon=10.0) is None


def test_pixels_without_an_answer_are_far() -> None:
    view = camera()
    disparity = affine(place(view, wall=9.0))
    disparity[:3] = np.nan
    assert (depth_from_disparity(disparity, view).depth[:3] > 8).all()
    with pytest.raises(InputError, match="disparity"):
        depth_from_disparity(np.full((3, 3), np.nan), view)
    with pytest.raises(InputError, match="disparity"):
        depth_from_disparity(np.zeros((3, 3, 3)), view)


def test_the_lifted_place_has_the_camera_at_its_height() -> None:
    """What this makes is what lifting reads: ground at one height of the camera below it."""
    view = camera(pitch=-12.0)
    depth = depth_from_disparity(affine(place(view, wall=5.0)), view).depth
    lifted = lift_with_depth(torch.rand(3, *depth.shape), view, torch.from_numpy(depth))
    assert lifted.surface.height == pytest.approx(1 / np.median(depth), rel=0.05)


def test_kinds_of_answers() -> None:
    view = camera()
    metres = np.full((6, 9), 3.0, np.float32)
    metres[0] = np.inf
    assert (scene_depth(DepthEstimate(metres, "metres"), view) == 3).all()
    truth = place(view, wall=6.0)
    found = scene_depth(DepthEstimate(affine(truth), "disparity"), view)
    np.testing.assert_allclose(found, truth, rtol=0.03)
