"""Where shadows fall, where they do not, and how dark they are."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
import torch
from standing_person import (
    GROUND,
    Scene,
    camera_track,
    card_at,
    footing_of,
    pixels_of,
    place_of,
    scene,
)

from dynascene.estimators.light import PlaceLight, diffuse_light
from dynascene.estimators.scale.silhouette import person_silhouette
from dynascene.generation.compositing import shade
from dynascene.generation.look.footing import find_footing
from dynascene.generation.look.ground import view_ground
from dynascene.generation.look.shadow import ShadowCaster
from dynascene.geometry.box import PlaceBox
from dynascene.geometry.lifting import lift_with_depth
from dynascene.geometry.picture import PictureCamera, picture_track
from dynascene.geometry.rays import track_rays
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.geometry.scene_view import view_cards_of
from dynascene.geometry.surface import Stage, Surface
from dynascene.types import ArrayFrames, CameraTrack, Size

STAGE = Stage(GROUND, 6 * GROUND)


def caster(
    made: Scene, light: PlaceLight, strength: float = 1.0, surface: Surface = STAGE
) -> ShadowCaster:
    return ShadowCaster(footing_of(made), light, made.track, place_of(surface), strength)


def sunlight(azimuth: float, elevation: float) -> PlaceLight:
    return PlaceLight(azimuth, elevation, 1.0, 1.0, "sun")


@pytest.mark.parametrize("azimuth", [-30.0, 0.0, 25.0])
def test_a_cast_shadow_lies_where_geometry_says(azimuth: float) -> None:
    """Light from ahead: the shadow comes towards the camera, as wide as the card."""
    made, light = scene([0.0]), sunlight(azimuth, 60.0)
    found = caster(made, light).shadow(0, made.mattes[0])[..., 0].astype(float)
    # where the card's two sides, from the ground to the head, throw their shadows
    up = np.linspace(0, 1.2, 200)[:, None]
    along = light.direction / -light.direction[1]
    fall = along + np.array([0, 1, 0])
    left, right = (
        pixels_of(made.track, 0, made.foot + np.array([x, 0, 0]) - up * fall) for x in (-0.15, 0.15)
    )
    row = round(float(left[100, 1]))  # halfway down the shadow
    columns = [np.interp(row + 0.5, side[:, 1], side[:, 0]) for side in (left, right)]
    dark = np.flatnonzero(found[row] > found[row].max() / 2)
    assert dark[0] == pytest.approx(columns[0], abs=1)
    assert dark[-1] + 1 == pytest.approx(columns[1], abs=1)


@pytest.mark.parametrize("light", [sunlight(20.0, 30.0), diffuse_light("")])
def test_nothing_is_darkened_above_the_horizon(light: PlaceLight) -> None:
    made = scene([0.0, 2.0, -2.0])
    for frame in range(3):
        shadow = caster(made, light).shadow(frame, made.mattes[frame])
        far = made.foot * [1, 1, 1e9]
        horizon = pixels_of(made.track, frame, far)[1]
        assert not shadow[: int(horizon)].any()
        assert shadow.max() > 100


def test_walls_stay_free() -> None:
    """A wall just behind the person: the shadow away from the camera would lie on it."""
    made, light, wall = scene([0.0]), sunlight(180.0, 25.0), 5.6
    box = PlaceBox(GROUND, np.inf, np.inf, np.inf, wall, turn=0.0, radius=20.0)
    foot_of_wall = round(float(pixels_of(made.track, 0, np.array([0.2, GROUND, wall]))[1]))
    on_floor, on_stage = (
        caster(made, light, surface=surface).shadow(0, made.mattes[0]) for surface in (box, STAGE)
    )
    assert on_stage[: foot_of_wall - 3].max() > 100
    assert not on_floor[: foot_of_wall - 3].any()
    np.testing.assert_array_equal(on_floor[foot_of_wall + 5 :], on_stage[foot_of_wall + 5 :])


def test_no_shadow_falls_on_a_card() -> None:
    """Neither on one before the shadow nor on one behind it; what is seen beside it stays."""
    track = camera_track([0.0])
    for distance in (3.0, 8.0):
        free = view_ground(track, place_of(STAGE)).share
        place = place_of(STAGE, (card_at(distance),))
        share = view_ground(track, place).share
        _, cards = view_cards_of(track, place)
        on_card = cards.is_card[0].numpy() & (cards.points[0, ..., 1].numpy() < GROUND)
        assert (free[on_card] > 0.5).sum() > 1000
        assert not share[on_card].any()
        np.testing.assert_array_equal(share[~on_card], free[~on_card])


@pytest.mark.parametrize("yaw", [-35.0, 0.0, 20.0])
def test_ground_ends_where_each_pixel_s_own_ray_meets_a_wall(yaw: float) -> None:
    track = camera_track([yaw])
    box = PlaceBox(GROUND, 3.0, 4.0, 3.0, 7.0, turn=12.0, radius=20.0)
    share = view_ground(track, place_of(box)).share
    hits = box.hit(*torch.broadcast_tensors(*track_rays(track)[:2]))[0]
    wall = hits[..., 1].numpy() < GROUND * 0.97
    floor = hits[..., 1].numpy() > GROUND * 0.9999
    assert not share[wall].any()
    # no more than a row or two of the grid at the foot of a wall counts as wall
    inner = cv2.erode(floor.astype(np.uint8), np.ones((13, 13), np.uint8), borderValue=1) > 0
    assert (share[inner] == 1).all()
    assert inner.sum() > 5000


def test_a_depth_map_s_ground_need_not_be_flat() -> None:
    camera = PictureCamera(260.0, Size(321, 201), 80.0)
    rows = torch.arange(201) + 0.5
    depth = 1.5 * camera.focal / (rows - camera.horizon).clamp_min(4)
    uneven = 1 + 0.03 * torch.sin(torch.arange(321) / 15) * torch.cos(rows / 9)[:, None]
    place = lift_with_depth(torch.zeros(3, 201, 321), camera, depth[:, None] * uneven)
    share = view_ground(picture_track(camera), place).share
    assert share[110:].mean() > 0.99


def test_a_pan_all_around_keeps_the_shadow_at_the_feet() -> None:
    """Beside the person, where no light leads, nothing is smeared over the ground."""
    made = scene([0.0])
    frames = 73
    yaws = np.linspace(0, 360, frames)
    track = CameraTrack(
        torch.cat([made.track.cam_from_world @ _turned(yaw) for yaw in yaws]),
        made.track.intrinsics.expand(frames, 3, 3),
        made.track.size,
    )
    footing = find_footing(
        person_silhouette(ArrayFrames(made.mattes * frames)), None, track, GROUND, frame_rate=24
    )
    around = ShadowCaster(footing, sunlight(100.0, 60.0), track, place_of(STAGE), 1.0)
    areas = [(around.shadow(i, made.mattes[0]) > 60).sum() for i in range(0, frames, 3)]
    assert max(areas) < 3 * np.median(areas)


def _turned(yaw: float) -> torch.Tensor:
    """World → world, about the upright axis."""
    return rigid(rotation_about("y", yaw).mT, torch.zeros(3, dtype=torch.float64))


def test_the_feet_s_surroundings_are_darkest() -> None:
    made = scene([0.0])
    shadow = caster(made, diffuse_light("")).shadow(0, made.mattes[0])[..., 0].astype(int)
    row, column = (round(float(x)) for x in pixels_of(made.track, 0, made.foot)[::-1])
    beneath = shadow[row + 1, column]
    assert beneath > 100
    assert beneath > shadow[row + 6, column] > shadow[row + 20, column]
    assert beneath > shadow[row + 1, column + 40]


@pytest.mark.parametrize("light", [sunlight(20.0, 40.0), diffuse_light("")])
def test_strength_bounds_what_is_taken(light: PlaceLight) -> None:
    made = scene([0.0])
    strengths = (0.0, 0.3, 0.7, 1.0)
    shadows = [caster(made, light, s).shadow(0, made.mattes[0]).astype(int) for s in strengths]
    assert not shadows[0].any()
    for weaker, stronger in pairwise(shadows):
        assert (stronger >= weaker).all()
    for strength, shadow in zip(strengths, shadows, strict=True):
        assert shadow.max() <= np.ceil(255 * strength)


def test_feet_beyond_the_frame_cast_nothing() -> None:
    made = scene([0.0, 0.0, 0.0])
    for matte in made.mattes:
        matte[100:, 150:180] = 255  # down to the lower border
    cut = caster(made, sunlight(0.0, 40.0))
    assert not cut.footing.presence.any()
    assert not any(cut.shadow(i, m).any() for i, m in enumerate(made.mattes))


def test_a_jump_leaves_the_contact() -> None:
    """In the air the soles are far from the ground, which keeps its light beneath them."""
    on_ground, in_air = scene([0.0] * 31), scene([0.0], lifted=0.5)
    made = Scene(on_ground.track, [*on_ground.mattes], on_ground.foot)
    made.mattes[15] = in_air.mattes[0]
    jumping = caster(made, diffuse_light(""))
    assert jumping.shadow(15, made.mattes[15]).max() < jumping.shadow(0, made.mattes[0]).max() / 3


def test_shade_takes_light_in_proportion() -> None:
    rng = np.random.default_rng(4)
    background = rng.integers(0, 256, (33, 35, 3), dtype=np.uint8)
    shadow = np.zeros((33, 35, 1), np.uint8)
    shadow[5:9, 3:30] = rng.integers(0, 256, (4, 27, 1), dtype=np.uint8)
    shaded = shade(background, shadow)
    assert (shaded <= background).all()
    np.testing.assert_array_equal(shaded[9:], background[9:])
    for row, column, channel in np.ndindex(*shaded.shape):
        if not shadow[row, column, 0]:
            assert shaded[row, column, channel] == background[row, column, channel]
    v = background[6, 7].astype(float) / 255
    light = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    light *= 1 - shadow[6, 7] / 255
    srgb = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(shaded[6, 7] - srgb * 255).max() < 0.56


def test_no_shadow_leaves_the_background_itself() -> None:
    background = np.ones((3, 3, 3), np.uint8)
    assert shade(background, np.zeros((3, 3, 1), np.uint8)) is background
