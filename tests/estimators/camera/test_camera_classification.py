"""Stands, turns or travels."""

from dataclasses import replace

import numpy as np
import pytest
from seen_points import FOCAL, see, space_points, travelling, turning

from dynascene.estimators.camera.candidates import CameraCandidate, score
from dynascene.estimators.camera.classification import judge_turn, stands_still
from dynascene.estimators.camera.point_tracks import PointTracks
from dynascene.estimators.camera.rotation import fit_rotation
from dynascene.estimators.camera.tracking import CREDIBLE, _turn_suffices


def shaken(frames: int, pixels: float) -> PointTracks:
    still = see(space_points(200), turning(frames, 0.0), noise=0.05)
    shake = np.random.default_rng(2).uniform(-pixels, pixels, (frames, 2))
    return PointTracks(
        still.frame, still.track, still.point + shake[still.frame], frames, still.size
    )


def turns(tracks: PointTracks) -> bool:
    fit = fit_rotation(tracks.fitted())
    assert fit is not None
    evidence = judge_turn(tracks.held_out(), fit)
    assert evidence
    return all(judged.turns for judged in evidence.values())


def test_a_tripod_with_slight_shake_stands() -> None:
    assert stands_still(shaken(20, 0.25))
    assert not stands_still(shaken(20, 3.0))


def test_slow_drift_adds_up() -> None:
    """0.1 pixels a frame are below the noise of neighbours, and two pixels in the end."""
    still = shaken(24, 0.0)
    drift = still.point + 0.1 * still.frame[:, None]
    moved = PointTracks(still.frame, still.track, drift, 24, still.size)
    assert stands_still(still)
    assert not stands_still(moved)


def test_a_crowd_moves_and_the_camera_stands() -> None:
    still = shaken(10, 0.0)
    walking = still.track % 10 < 3
    points = still.point + np.outer(walking * still.frame, (2.0, 0.3))
    assert stands_still(PointTracks(still.frame, still.track, points, 10, still.size))


@pytest.mark.parametrize("noise", [0.05, 0.3])
def test_a_pan_turns(noise: float) -> None:
    assert turns(see(space_points(600), turning(10), noise))


@pytest.mark.parametrize("shift", [(1.0, 0.0, 0.0), (0.0, 0.0, 1.5), (0.2, 0.1, 0.2)])
def test_travel_is_no_turn(shift: tuple[float, float, float]) -> None:
    assert not turns(see(space_points(600), travelling(10, shift), 0.1))


def spoilt(tracks: PointTracks, share: float) -> PointTracks:
    """With a share of the points anywhere, as in powder snow."""
    random = np.random.default_rng(5)
    point = tracks.point.copy()
    wrong = random.random(len(point)) < share
    point[wrong] = random.random((wrong.sum(), 2)) * tracks.size
    return replace(tracks, point=point)


@pytest.mark.parametrize(
    ("share", "travel", "suffices"),
    [
        (0.0, 0.9, True),  # of the turn's score: travel explains hardly more
        (0.0, 0.7, False),
        (0.0, None, True),
        (0.4, 0.7, False),
        (0.4, 0.95, True),  # neither is credible, and the turn is steadier
        (0.4, None, False),  # neither explains anything
        (0.9, 0.95, False),  # a turn that has failed is none
    ],
)
def test_a_turn_suffices_where_travel_explains_hardly_more(
    share: float, travel: float | None, suffices: bool
) -> None:
    poses = turning(12, 12.0)
    tracks = spoilt(see(space_points(400), poses, noise=0.6), share)
    turned = CameraCandidate(
        "rotation", "rotation", poses, FOCAL, "given", score(tracks, poses, FOCAL)
    )
    assert (turned.score < CREDIBLE) is (share == 0)
    travelled = None
    if travel is not None:
        travelled = replace(turned, kind="general", score=travel * turned.score)
    assert _turn_suffices(tracks, turned, travelled) is suffices


def test_a_credible_travel_wins_over_a_turn_that_is_none() -> None:
    poses = turning(12, 12.0)
    tracks = spoilt(see(space_points(400), poses, noise=0.6), 0.4)
    turned = CameraCandidate("rotation", "rotation", poses, FOCAL, "given", 2.2)
    assert not _turn_suffices(tracks, turned, replace(turned, score=1.95))
