"""Whether feet go evenly over the ground, on paths whose soles are projected by a known camera."""

import math

import numpy as np
import pytest
from filmed_walkers import camera

from dynascene.estimators.scale.person_scale import CARRIED
from dynascene.estimators.scale.silhouette import Silhouette
from dynascene.estimators.scale.sliding import LEAST_STEP, foot_evenness
from dynascene.geometry.tracks import relative_track

HEIGHT, PITCH, RATE = 1.5, -6.0, 24
TIME = np.arange(4 * RATE) / RATE


def evenness(places: np.ndarray, travel: str = "still") -> float:
    """Of feet at places [F, 3] in metres, x right, y down from the ground, z forward."""
    track = camera(travel, HEIGHT, PITCH, len(places))
    poses = track.cam_from_world.numpy()
    in_camera = np.einsum("fij,fj->fi", poses[:, :3, :3], places) + poses[:, :3, 3]
    pixels = np.einsum("fij,fj->fi", track.intrinsics.numpy(), in_camera)
    foot = pixels[:, :2] / pixels[:, 2:]
    nowhere, never = np.full(len(foot), np.nan), np.zeros(len(foot), bool)
    sole = foot[:, :1] + [-2.0, 2.0]
    silhouette = Silhouette(foot, foot, sole, nowhere, never, never, never)
    return foot_evenness(silhouette, relative_track(track), HEIGHT, PITCH, RATE)


def ridden(turn: float, speed: float = 2.0) -> np.ndarray:
    """A ride that turns evenly by ``turn`` degrees in four seconds, past the middle of the view."""
    angle = np.radians(turn) * TIME / TIME[-1]
    way = np.cumsum(np.stack([np.cos(angle), 0 * angle, np.sin(angle)], -1), axis=0) * speed / RATE
    return way - way.mean(axis=0) + [0, 0, 12]


@pytest.mark.parametrize("travel", ["still", "truck", "pan"])
@pytest.mark.parametrize("turn", [0, 120, 180, -360])
def test_a_ride_is_even_in_curves_too(turn: float, travel: str) -> None:
    """By the angle of a curve between the middles of neighbouring steps, a quarter of a second."""
    expected = math.cos(math.radians(turn) * 0.25 / TIME[-1])
    assert evenness(ridden(turn), travel) == pytest.approx(expected, abs=1e-3)


def test_a_sharp_turn_is_a_moment_of_a_ride() -> None:
    there_and_back = np.stack([3 - 2 * np.abs(TIME - 2), 0 * TIME, 0 * TIME + 9], -1)
    assert CARRIED + 0.2 < evenness(there_and_back) < 0.99


@pytest.mark.parametrize("seconds", [0.4, 0.5, 0.7])
@pytest.mark.parametrize("speed", [0.0, 1.5])
def test_hops_are_not_even(seconds: float, speed: float) -> None:
    """As high as a body falls in that time, on the spot and along."""
    past = TIME % seconds
    hop = 9.81 / 2 * past * (seconds - past)
    places = np.stack([speed * (TIME - 2), -hop, 0 * TIME + 8], -1)
    assert evenness(places) < CARRIED - 0.1


def test_what_is_seen_too_briefly_or_stands_is_unknown() -> None:
    brief = ridden(0)
    brief[np.arange(len(brief)) % 20 >= 9] = np.nan  # never two steps in turn
    assert math.isnan(evenness(brief))
    standing = np.tile([0.0, 0.0, 8.0], (len(TIME), 1))
    standing[:, 0] += LEAST_STEP / 3 * np.sin(40 * TIME)
    assert math.isnan(evenness(standing))
    assert math.isnan(evenness(ridden(0)[:5]))
