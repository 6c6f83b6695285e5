"""The place where a person stands, from mattes whose truth is known."""

from dataclasses import replace

import numpy as np
from standing_person import GROUND, SIZE, footing_of, pixels_of, scene

from dynascene.estimators.scale.silhouette import person_silhouette
from dynascene.generation.look.footing import FEET, find_footing
from dynascene.io.landmarks import NAMES, PoseLandmarks
from dynascene.types import ArrayFrames


def test_a_person_who_stands_still_stands_there_in_every_frame() -> None:
    made = scene(list(np.linspace(-3, 3, 13)))
    found = footing_of(made)
    np.testing.assert_allclose(found.points[:, 1], GROUND, atol=1e-9)
    np.testing.assert_allclose(found.points, made.foot[None].repeat(13, axis=0), atol=0.15)
    rows = [pixels_of(made.track, frame, made.foot)[1] for frame in range(13)]
    np.testing.assert_allclose(found.rows, rows, atol=1.5)
    np.testing.assert_array_equal(found.presence, 1)


def test_the_ground_is_steadier_than_the_matte() -> None:
    made = scene([0.0] * 48)
    rng = np.random.default_rng(0)
    for matte in made.mattes:
        lowest = int(np.flatnonzero(matte.any(axis=(1, 2)))[-1])
        matte[lowest - 1 : lowest + rng.integers(0, 4)] = matte[lowest - 5]
    matte_rows = person_silhouette(ArrayFrames(made.mattes)).foot[:, 1]
    ground_rows = footing_of(made).rows
    assert np.diff(ground_rows, n=2).std() < np.diff(matte_rows, n=2).std() / 30


def test_a_shadow_fades_before_the_feet_leave_the_frame() -> None:
    made = scene([0.0] * 24)
    for matte in made.mattes[12:]:
        matte[100:, 150:180] = 255
    presence = footing_of(made).presence
    assert not presence[12:].any()
    assert (presence[:6] == 1).all()
    assert (np.diff(presence[5:13]) < 0).any()
    assert np.abs(np.diff(presence)).max() < 0.2


def test_one_frame_without_feet_is_a_mistake() -> None:
    made = scene([0.0] * 24)
    made.mattes[9][:] = 0
    np.testing.assert_array_equal(footing_of(made).presence, 1)


def test_landmarks_tell_that_feet_are_hidden() -> None:
    made = scene([0.0, 0.0, 0.0])
    silhouette = person_silhouette(ArrayFrames(made.mattes))
    points = np.random.default_rng(0).uniform(0, min(SIZE), (3, len(NAMES), 2))
    sure, zeros = np.ones((3, len(NAMES))), np.zeros((3, len(NAMES)))
    landmarks = PoseLandmarks(SIZE, points, zeros, sure, zeros, np.ones(3))
    hidden = replace(landmarks, visibility=sure.copy())
    hidden.visibility[:, FEET] = 0.1
    for pose, presence in ((landmarks, 1), (hidden, 0)):
        found = find_footing(silhouette, pose, made.track, GROUND, frame_rate=24)
        np.testing.assert_array_equal(found.presence, presence)


def test_feet_above_the_horizon_stand_nowhere() -> None:
    made = scene([0.0, 0.0, 0.0])
    mattes = [np.roll(matte, -150, axis=0) for matte in made.mattes]
    silhouette = person_silhouette(ArrayFrames(mattes))
    found = find_footing(silhouette, None, made.track, GROUND, frame_rate=24)
    assert not found.presence.any()
