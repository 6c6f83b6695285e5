"""Standing feet: when they stand, how far they slide under a track, and the travel they tell."""

from functools import cache

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter, map_coordinates

from dynascene.estimators.scale.slip import (
    feet_slip,
    slides,
    standing_moments,
    travel_by_feet,
)
from dynascene.estimators.scale.stance import SOLES, Stances, find_stances
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rigid import camera_centres, rigid, rotation_about
from dynascene.geometry.tracks import scale_track
from dynascene.io.landmarks import NAMES, PoseLandmarks
from dynascene.types import ArrayFrames, CameraTrack, Size

SIZE, FRAMES, BODY = Size(160, 120), 24, 60.0
STANDS = ((0, 11), (10, 23))  # first and last frame in which each foot stands
TRACK = scale_track(
    CameraTrack(
        rigid(
            rotation_about("x", -20.0).mT.expand(FRAMES, 3, 3),
            -(
                rotation_about("x", -20.0).mT
                @ torch.stack([torch.linspace(0, 0.4, FRAMES), torch.zeros(FRAMES),
                               torch.linspace(0, 0.15, FRAMES)], dim=-1).double()[..., None]
            )[..., 0],
        ),
        intrinsics_from_fov(50, SIZE).expand(FRAMES, 3, 3),
        SIZE,
    ),
    1.0,
)  # fmt: skip


def ground_pixels(points: np.ndarray) -> np.ndarray:
    """World points [F, 3] → pixels [F, 2], each of its own frame."""
    pose, k = TRACK.cam_from_world, TRACK.intrinsics
    seen = (pose[:, :3, :3] @ torch.from_numpy(points)[..., None])[..., 0] + pose[:, :3, 3]
    x, y, z = (k @ seen[..., None])[..., 0].unbind(-1)
    return torch.stack([x / z, y / z], dim=-1).numpy()


def soles() -> np.ndarray:
    """[2, F, 2]: each foot stands for its frames, and else swings ahead through the air."""
    paths = np.tile(np.array([[0.1, 1.0, 2.2], [0.35, 1.0, 2.4]])[:, None], (1, FRAMES, 1))
    for foot, (start, stop) in enumerate(STANDS):
        frame = np.arange(FRAMES)
        away = np.maximum(start - frame, 0) - np.maximum(frame - stop, 0)
        paths[foot, :, 0] -= 0.07 * away
    return np.stack([ground_pixels(path) for path in paths])


@cache
def clip() -> tuple[ArrayFrames, ArrayFrames]:
    """A ground of noise under the track, and a matte of a post above the feet."""
    noise = gaussian_filter(np.random.default_rng(0).normal(size=(400, 400)), 2.0)
    noise = 127 + 50 * noise / noise.std()
    v, u = np.mgrid[: SIZE.height, : SIZE.width] + 0.5
    pixels = torch.from_numpy(np.stack([u, v, np.ones_like(u)], -1).reshape(-1, 3))
    frames = []
    for index in range(FRAMES):
        pose = TRACK.cam_from_world[index]
        rays = torch.linalg.solve(TRACK.intrinsics[index], pixels.T).T @ pose[:3, :3]
        centre = camera_centres(pose)
        points = centre + ((1 - centre[1]) / rays[:, 1].clamp(min=1e-3))[:, None] * rays
        places = (points[:, [2, 0]] * 60 + 150).numpy().T
        grey = map_coordinates(noise, places, order=1, mode="wrap").reshape(v.shape)
        frames.append(np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2))
    matte = np.zeros((SIZE.height, SIZE.width, 1), np.uint8)
    matte[20:60, 70:90] = 255
    return ArrayFrames(frames), ArrayFrames([matte] * FRAMES)


def landmarks(doubt: float = 0.2, visibility: float = 0.95) -> PoseLandmarks:
    points = np.zeros((FRAMES, len(NAMES), 2))
    points[...] = [80, 20]
    for foot, indices in enumerate(SOLES):
        points[:, indices] = soles()[foot][:, None]
    points[:, 0] = [80.0, soles()[..., 1].mean() - BODY]
    flat = np.full(points.shape[:2], visibility)
    return PoseLandmarks(SIZE, points, 0 * flat, flat, 0 * flat + doubt, np.ones(FRAMES))


@cache
def stances() -> Stances:
    return find_stances(landmarks(), *clip())


def test_a_foot_stands_while_it_moves_with_the_ground():
    feet = stances()
    assert feet.body_height == pytest.approx(BODY, rel=0.15)
    for rests, (start, stop) in zip(feet.rests, STANDS, strict=True):
        frames = np.flatnonzero(rests)
        assert abs(frames[0] - start) <= 2
        assert abs(frames[-1] - stop) <= 2
        assert rests[frames[0] : frames[-1] + 1].all()


@pytest.mark.parametrize("unsure", [landmarks(doubt=9.0), landmarks(visibility=0.6)])
def test_feet_that_are_guessed_stand_nowhere(unsure: PoseLandmarks):
    assert not find_stances(unsure, *clip()).rests.any()


@pytest.mark.parametrize("unsure", [{16}, {16, 17, 18}])
@pytest.mark.filterwarnings("error")
def test_a_foot_unsure_for_a_while_stands_before_and_after_alone(unsure: set[int]):
    """Steps to and from an unsure frame are unknown, and no others."""
    whole = landmarks()
    whole.visibility[sorted(unsure)] = 0.1
    rests = find_stances(whole, *clip()).rests[1]
    stands = stances().rests[1]
    lost = {*unsure, *(frame - 1 for frame in unsure)}
    steps = [step for step in np.flatnonzero(stands[:-1] & stands[1:]) if step not in lost]
    assert set(np.flatnonzero(rests)) == {frame for step in steps for frame in (step, step + 1)}
    assert min(steps) < min(lost)
    assert max(steps) > max(lost)


def test_ground_without_texture_tells_nothing():
    _, matte = clip()
    plain = ArrayFrames([np.full((SIZE.height, SIZE.width, 3), 90, np.uint8)] * FRAMES)
    assert not find_stances(landmarks(), plain, matte).rests.any()


def test_feet_stand_under_their_own_camera_alone():
    slip = feet_slip(stances(), TRACK, SIZE, 1.0, 24.0)
    wrong = feet_slip(stances(), scale_track(TRACK, 2.0), SIZE, 1.0, 24.0)
    assert slip is not None
    assert wrong is not None
    assert slip.pixels < 0.02
    assert wrong.pixels > 0.4
    assert wrong.bodies == pytest.approx(wrong.pixels * 24 / stances().body_height)
    assert feet_slip(stances(), TRACK, SIZE, -1.0, 24.0) is None  # no ground below the horizon


def test_slides_are_those_of_points_followed_one_by_one():
    """Against the definition, written out for one moment and one scale."""
    moments = standing_moments(stances(), 24.0)
    scale = 1.6
    track = scale_track(TRACK, scale)
    off = slides(moments, TRACK, SIZE, 1.0, np.array([0.3, scale, 4.0]))
    for index in range(0, len(moments.first), 3):
        i, j = moments.first[index], moments.last[index]
        k, pose = track.intrinsics[i], track.cam_from_world[i]
        ray = pose[:3, :3].T @ torch.linalg.inv(k) @ torch.tensor([*moments.before[index], 1.0])
        centre = camera_centres(pose)
        point = centre + (1.0 - centre[1]) / ray[1] * ray
        later = track.cam_from_world[j]
        x, y, z = track.intrinsics[j] @ (later[:3, :3] @ point + later[:3, 3])
        moved = torch.stack([x / z, y / z]).numpy() - moments.after[index]
        assert off[1, index] == pytest.approx(np.linalg.norm(moved) / (j - i), rel=1e-9)


@pytest.mark.filterwarnings("error")
def test_feet_above_the_horizon_tell_no_travel():
    assert travel_by_feet(stances(), TRACK, SIZE, -1.0, 24.0) is None


@pytest.mark.parametrize("scale", [0.4, 1.7, 3.0])
def test_the_feet_tell_the_travel(scale: float):
    travel = travel_by_feet(stances(), scale_track(TRACK, scale), SIZE, 1.0, 24.0)
    assert travel == pytest.approx(1 / scale, rel=0.05)
    assert travel_by_feet(stances(), TRACK, SIZE, 1.0, 24.0) is None  # it is right already


def test_too_few_moments_tell_nothing():
    short = Stances(stances().points, stances().rests & (np.arange(FRAMES) < 5), BODY)
    assert feet_slip(short, TRACK, SIZE, 1.0, 24.0) is None
    assert travel_by_feet(short, scale_track(TRACK, 3.0), SIZE, 1.0, 24.0) is None
