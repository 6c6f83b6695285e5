"""What is as far as the person stays sharp, and the farther the softer."""

import numpy as np
import pytest
import torch
from standing_person import (
    GROUND,
    SIZE,
    camera_track,
    card_at,
    footing_of,
    pixels_of,
    place_of,
    scene,
)

from dynascene.generation.look.focus import Focus, focus_distances, pixel_depths
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.rays import track_rays
from dynascene.geometry.surface import Stage
from dynascene.types import CameraTrack

STAGE = Stage(GROUND, 30 * GROUND)
PLACE = place_of(STAGE)


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(60, 200, (SIZE.height, SIZE.width, 3), dtype=np.uint8)


def roughness(picture: np.ndarray, row: int) -> float:
    return float(np.abs(np.diff(picture[row - 2 : row + 3].astype(float), axis=1)).mean())


def test_the_person_s_distance_is_sharp_and_the_rest_is_not() -> None:
    track, picture = camera_track([0.0]), noise()
    blurred = Focus(track, PLACE, np.array([5.0]), 1.0).apply(0, picture)
    rows = [
        round(float(pixels_of(track, 0, np.array([0.0, GROUND, z]))[1])) for z in (5, 7, 12, 30)
    ]
    rough = [roughness(blurred, row) for row in rows]
    assert rough[0] > 0.7 * roughness(picture, rows[0])
    assert rough[0] > rough[1] > rough[2] > rough[3]


def test_light_is_kept() -> None:
    even = np.full((SIZE.height, SIZE.width, 3), 140, np.uint8)
    focus = Focus(camera_track([0.0]), PLACE, np.array([2.0]), 1.0)
    assert np.abs(focus.apply(0, even).astype(int) - 140).max() <= 1


def test_the_person_is_as_far_as_they_stand() -> None:
    made = scene([0.0, 1.0, -1.0])
    distances = focus_distances(made.track, footing_of(made).points, PLACE)
    pose = made.track.cam_from_world.numpy()
    truth = [(pose[f, :3, :3] @ made.foot + pose[f, :3, 3])[2] for f in range(3)]
    np.testing.assert_allclose(distances, truth, rtol=0.04)


def test_without_feet_the_nearest_that_is_seen_counts() -> None:
    track = camera_track([0.0])
    unknown = np.full((1, 3), np.nan)
    lowest = pixels_of(track, 0, np.array([0.0, GROUND, 3.6]))[1]
    assert lowest == pytest.approx(SIZE.height, abs=60)
    assert 2 < focus_distances(track, unknown, PLACE)[0] < 6


@pytest.mark.parametrize("pitch", [-8.0, -25.0])
def test_depths_are_those_of_each_pixel_s_own_ray(pitch: float) -> None:
    track = camera_track([12.0], pitch)
    rays = track_rays(track)
    exact = rays.depth_of(STAGE.hit(rays.origins.expand_as(rays.directions), rays.directions))[0]
    rows = exact[:, 0].numpy() < 8  # nearer, where the ground's depth is smooth
    assert rows.sum() > 60
    np.testing.assert_allclose(pixel_depths(track, PLACE)[rows], exact[rows], rtol=0.003)


def with_card(distance: float) -> LiftedScene:
    return place_of(STAGE, (card_at(distance),))


def test_depths_know_cards() -> None:
    """From the picture's own place, and from beside it."""
    for centre in (torch.zeros(3), torch.tensor([0.1, -0.05, 0.3])):
        pose = torch.eye(4, dtype=torch.float64)
        pose[:3, 3] = -centre
        track = CameraTrack(pose[None], camera_track([0.0]).intrinsics, SIZE)
        place = with_card(4.0)
        is_card = pixel_depths(track, place) != pixel_depths(track, PLACE)
        corners = PLACE.camera.directions_from_pixels(torch.tensor([[130.0, 60.0], [190.0, 150.0]]))
        upper, lower = (4 / corners[:, 2:] * corners).numpy()
        left, top = pixels_of(track, 0, upper)
        right, bottom = pixels_of(track, 0, lower)
        rows, columns = np.nonzero(is_card)
        bounds = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
        assert bounds == pytest.approx((left, right, top, bottom), abs=2.0)
        depths = pixel_depths(track, place)[is_card]
        np.testing.assert_allclose(depths, 4.0 - float(centre[2]), atol=1e-4)


def test_a_card_as_far_as_the_person_stays_sharp() -> None:
    pose = torch.eye(4, dtype=torch.float64)[None]
    track = CameraTrack(pose, camera_track([0.0]).intrinsics, SIZE)
    picture, ahead = noise(), np.array([4.0])
    row = 110  # before the wall, which is far behind
    lying = Focus(track, PLACE, ahead, 1.0).apply(0, picture)
    standing = Focus(track, with_card(4.0), ahead, 1.0).apply(0, picture)
    on_card = slice(140, 180)
    assert roughness(standing[:, on_card], row) > 0.9 * roughness(picture[:, on_card], row)
    assert roughness(lying[:, on_card], row) < 0.5 * roughness(picture[:, on_card], row)


def test_the_nearest_that_is_seen_may_be_a_card() -> None:
    track = camera_track([0.0])
    unknown = np.full((1, 3), np.nan)
    assert focus_distances(track, unknown, with_card(1.5))[0] == pytest.approx(1.5, abs=0.15)
