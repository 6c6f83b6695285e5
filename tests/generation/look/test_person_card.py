"""The shadow's homography against rays that are followed one by one."""

import math

import numpy as np
import pytest
from standing_person import GROUND, camera_track, pixels_of

from dynascene.estimators.light import PlaceLight
from dynascene.generation.look.card import (
    FADING,
    MOST_OBLIQUE,
    MOST_TURN,
    shadow_homography,
    stand_cards,
)


@pytest.mark.parametrize("azimuth", [-150.0, -40.0, 0.0, 33.0, 180.0])
@pytest.mark.parametrize("elevation", [15.0, 50.0, 90.0])
def test_points_of_the_card_fall_along_the_light(azimuth: float, elevation: float) -> None:
    track = camera_track([0.0, 4.0, -3.0])
    light = PlaceLight(azimuth, elevation, 1.0, 1.0, "").direction
    foot, normal = np.array([0.4, GROUND, 4.0]), np.array([math.sin(0.3), 0, math.cos(0.3)])
    across = np.array([normal[2], 0, -normal[0]])
    rng = np.random.default_rng(3)
    for frame in range(3):
        pose = track.cam_from_world[frame].numpy()
        centre = -pose[:3, :3].T @ pose[:3, 3]
        homography = shadow_homography(
            track.intrinsics[frame].numpy(), pose[:3, :3], normal, foot - centre, light
        )
        for side, up in rng.uniform([-0.5, 0], [0.5, 1.0], (9, 2)):
            point = foot + side * across + np.array([0, -up, 0])
            shadow = point - light * (up / -light[1])  # down the light until y is the ground's
            assert shadow[1] == pytest.approx(GROUND)
            mapped = homography @ [*pixels_of(track, frame, point), 1]
            expected = pixels_of(track, frame, shadow)
            np.testing.assert_allclose(mapped[:2] / mapped[2], expected, atol=1e-6)


def test_what_touches_the_ground_stays_where_it_is() -> None:
    track, foot = camera_track([0.0]), np.array([0.0, GROUND, 4.0])
    light = PlaceLight(70.0, 40.0, 1.0, 1.0, "").direction
    homography = shadow_homography(
        track.intrinsics[0].numpy(), track.cam_from_world[0, :3, :3].numpy(),
        np.array([0.0, 0.0, 1.0]), foot, light,
    )  # fmt: skip
    for x in (-0.3, 0.0, 0.4):
        pixel = pixels_of(track, 0, foot + np.array([x, 0, 0]))
        mapped = homography @ [*pixel, 1]
        np.testing.assert_allclose(mapped[:2] / mapped[2], pixel, atol=1e-9)


@pytest.mark.parametrize("azimuth", np.radians([-180, -95, -60, 0, 20, 89, 91, 130]).tolist())
def test_cards_turn_towards_the_light_and_no_farther_than_needed(azimuth: float) -> None:
    feet = np.array([[x, GROUND, 4.0] for x in (-1.0, 0.0, 0.7)])
    normals, presence = stand_cards(feet, azimuth)
    assert (presence == 1).all()
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1)
    facing = np.arctan2(feet[:, 0], feet[:, 2])
    slant = np.abs(np.cos(azimuth) * normals[:, 2] + np.sin(azimuth) * normals[:, 0])
    assert (slant > math.cos(math.radians(MOST_OBLIQUE)) - 1e-9).all()
    turn = np.abs(np.arctan2(normals[:, 0], normals[:, 2]) - facing)
    assert (turn < np.pi / 2 - math.radians(MOST_OBLIQUE) + np.ptp(facing) + 1e-9).all()


def test_cards_do_not_jump_when_the_light_passes_their_edge() -> None:
    azimuths = np.linspace(-0.4, 0.4, 33)
    feet = np.stack([np.sin(azimuths), np.full(33, GROUND), np.cos(azimuths)], axis=1)
    normals, presence = stand_cards(feet, np.pi / 2)
    assert (presence == 1).all()
    turned = np.arctan2(normals[:, 0], normals[:, 2])
    assert np.abs(np.diff(turned)).max() < 0.03


@pytest.mark.parametrize("turn", [360.0, -360.0, 1080.0])
@pytest.mark.parametrize("light", np.radians([-170, -60, 0, 90, 130]).tolist())
def test_around_a_full_turn_cards_are_seen_and_lit_from_a_side(light: float, turn: float) -> None:
    azimuths = np.radians(np.linspace(0, turn, 1 + round(abs(turn) / 2)))
    view = np.stack([np.sin(azimuths), np.zeros(len(azimuths)), np.cos(azimuths)], axis=1)
    normals, presence = stand_cards(3 * view + [0, GROUND, 0], light)
    towards = np.array([math.sin(light), 0, math.cos(light)])
    assert ((normals * view).sum(axis=1) > math.cos(math.radians(MOST_TURN)) - 1e-9).all()
    assert (np.abs(normals @ towards) > math.cos(math.radians(MOST_OBLIQUE)) - 1e-9).all()
    jumps = np.flatnonzero(np.linalg.norm(np.diff(normals, axis=0), axis=1) > 0.1)
    assert len(jumps) == pytest.approx(abs(turn) / 180, abs=1)
    for frame in jumps:
        assert presence[frame] == pytest.approx(1 / FADING)  # one degree from the jump
        assert presence[frame + 1] == pytest.approx(1 / FADING)
    assert np.abs(np.diff(presence)).max() < 2.1 / FADING
    assert (presence == 1).mean() > 0.7
