"""Stands, turns or travels."""

import numpy as np
import pytest
from seen_points import see, space_points, travelling, turning

from dynascene.estimators.camera.classification import judge_turn, stands_still
from dynascene.estimators.camera.point_tracks import PointTracks
from dynascene.estimators.camera.rotation import fit_rotation
from dynascene.estimators.camera.tracking import turn_suffices


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


@pytest.mark.parametrize(
    ("turn", "travel", "suffices"),
    [
        (1.0, 0.9, True),  # travel explains hardly more
        (1.0, 0.7, False),
        (1.9, None, True),
        (2.4, None, False),  # neither explains anything
        (2.4, 1.95, False),  # travel alone is credible
        (2.4, 2.1, True),  # neither is, and the turn is steadier
        (3.0, 2.1, False),  # neither is, and travel explains clearly more
    ],
)
def test_a_turn_suffices_where_travel_explains_hardly_more(
    turn: float, travel: float | None, suffices: bool
) -> None:
    assert turn_suffices(turn, travel) is suffices
