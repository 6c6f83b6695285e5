"""Errors of cameras on tracks: exact for the true ones, fair to short tracks, free of units."""

import numpy as np
import pytest
from seen_points import FOCAL, see, space_points, travelling, turning

from dynascene.estimators.camera import triangulation
from dynascene.estimators.camera.completion import interpolate_missing, resect_frames
from dynascene.estimators.camera.triangulation import explain_tracks


@pytest.mark.parametrize("cameras", [travelling, turning])
def test_true_cameras_leave_nothing(cameras) -> None:
    explained = explain_tracks(see(space_points(80), cameras(5)), cameras(5), FOCAL)
    assert len(explained.errors) > 100
    assert explained.errors.max() < 1e-5


def test_points_are_where_they_were() -> None:
    space = space_points(80)
    explained = explain_tracks(see(space, travelling(5)), travelling(5), FOCAL)
    found = explained.points[:, :3] / explained.points[:, 3:]
    np.testing.assert_allclose(found, space[np.unique(explained.tracks.track)], atol=1e-5)


@pytest.mark.parametrize(("cameras", "frames"), [(travelling, 3), (travelling, 9), (turning, 3)])
def test_mean_square_is_the_noise_however_short_the_tracks(cameras, frames: int) -> None:
    """The point fits its own noise; the correction gives that back: E[error²] = 2 σ²."""
    poses, noise = cameras(frames), 0.1
    explained = explain_tracks(see(space_points(1500), poses, noise), poses, FOCAL)
    assert (explained.errors**2).mean() == pytest.approx(2 * noise**2, rel=0.12)


def test_the_unit_of_length_does_not_matter() -> None:
    poses = travelling(5)
    tracks = see(space_points(60), poses, noise=0.3)
    scaled = poses.copy()
    scaled[:, :3, 3] *= 1e-4
    np.testing.assert_allclose(
        explain_tracks(tracks, scaled, FOCAL).errors,
        explain_tracks(tracks, poses, FOCAL).errors,
        rtol=1e-6,
    )


@pytest.mark.parametrize("at_once", [1, 33])
@pytest.mark.parametrize("cameras", [travelling, turning])
def test_portions_give_what_the_whole_gives(cameras, at_once: int, monkeypatch) -> None:
    tracks, poses = see(space_points(60), cameras(5), noise=0.3), cameras(5)
    whole = explain_tracks(tracks, poses, FOCAL)
    monkeypatch.setattr(triangulation, "AT_ONCE", at_once)  # observations
    parts = explain_tracks(tracks, poses, FOCAL)
    np.testing.assert_allclose(parts.errors, whole.errors, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(parts.points, whole.points, rtol=1e-6, atol=1e-9)


def test_wrong_cameras_are_found_out() -> None:
    tracks = see(space_points(100), travelling(6))
    assert np.median(explain_tracks(tracks, turning(6, 5.0), FOCAL).errors) > 3


def test_unknown_cameras_are_left_out() -> None:
    poses = travelling(6)
    poses[2] = np.nan
    explained = explain_tracks(see(space_points(60), travelling(6)), poses, FOCAL)
    assert 2 not in explained.tracks.frame
    assert explained.errors.max() < 1e-5


def test_missing_cameras_are_resected() -> None:
    truth = travelling(9)
    some = truth.copy()
    some[[1, 2, 4, 7]] = np.nan
    filled = resect_frames(see(space_points(150), truth, noise=0.1), some, FOCAL)
    np.testing.assert_array_equal(filled[[0, 3, 5, 6, 8]], truth[[0, 3, 5, 6, 8]])
    np.testing.assert_allclose(filled, truth, atol=0.01)


def test_a_frame_that_sees_nothing_stays_unknown() -> None:
    truth = travelling(6)
    tracks = see(space_points(150), truth)
    some = truth.copy()
    some[3] = np.nan
    blind = tracks.where(tracks.frame != 3)
    assert np.isnan(resect_frames(blind, some, FOCAL)[3]).all()


def test_gaps_are_filled_evenly_and_ends_stand() -> None:
    truth = turning(7, 0.0)
    truth[:, 0, 3] = -np.arange(7)
    some = truth.copy()
    some[[0, 2, 3, 6]] = np.nan
    filled = interpolate_missing(some)
    np.testing.assert_allclose(filled[:, 0, 3], [-1, -1, -2, -3, -4, -5, -5], atol=1e-12)
    np.testing.assert_allclose(filled[:, :3, :3], truth[:, :3, :3], atol=1e-12)
