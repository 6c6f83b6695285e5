"""Rotations and focal length from point tracks."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from seen_points import FOCAL, angles_between, see, space_points, turning

from dynascene.estimators.camera import rotation
from dynascene.estimators.camera.point_tracks import PointTracks
from dynascene.estimators.camera.rotation import (
    _normal_equations,
    fit_rotation,
    frame_pairs,
    transfer_errors,
    turn_between,
)


def with_outliers(tracks: PointTracks, share: float) -> PointTracks:
    """Some tracks wander about, as points of people do."""
    rng = np.random.default_rng(5)
    wild = rng.random(tracks.track.max() + 1)[tracks.track] < share
    points = tracks.point + wild[:, None] * rng.normal(0, 12, tracks.point.shape)
    return PointTracks(tracks.frame, tracks.track, points, tracks.frames, tracks.size)


def test_noise_and_outliers_leave_the_rotations() -> None:
    poses = turning(12)
    tracks = with_outliers(see(space_points(400), poses, noise=0.2), 0.15)
    fit = fit_rotation(tracks)
    assert fit is not None
    assert angles_between(fit.rotations, poses[:, :3, :3]).max() < 0.1
    assert fit.focal == pytest.approx(FOCAL, rel=0.01)
    assert fit.residual < 0.5
    assert fit.reached.all()


def test_a_given_focal_length_is_kept() -> None:
    tracks = see(space_points(200), turning(6), noise=0.1)
    right, wrong = fit_rotation(tracks, FOCAL), fit_rotation(tracks, 1.6 * FOCAL)
    assert right is not None
    assert wrong is not None
    assert (right.focal, wrong.focal) == (FOCAL, 1.6 * FOCAL)
    assert wrong.residual > 2 * right.residual


def test_a_still_camera_keeps_the_usual_focal_length() -> None:
    fit = fit_rotation(see(space_points(200), turning(5, 0.0), noise=0.1))
    assert fit is not None
    assert 0.7 < fit.focal / 320 < 1.3
    assert angles_between(fit.rotations, np.tile(np.eye(3), (5, 1, 1))).max() < 0.1


def test_frames_behind_a_break_are_not_reached() -> None:
    tracks = see(space_points(200), turning(9))
    names = tracks.track + 1000 * (tracks.frame >= 6)
    broken = PointTracks(tracks.frame, names, tracks.point, 9, tracks.size)
    fit = fit_rotation(broken)
    assert fit is not None
    assert fit.reached.tolist() == [True] * 6 + [False] * 3


def test_nothing_shared_gives_nothing() -> None:
    tracks = see(space_points(50), turning(3))
    alone = PointTracks(tracks.frame, np.arange(len(tracks.track)), tracks.point, 3, tracks.size)
    assert fit_rotation(alone) is None


def test_kabsch_is_exact_without_noise() -> None:
    tracks = see(space_points(40), turning(2, 9.0))
    _, a, b = tracks.shared(0, 1)
    middle = np.array(tracks.size) / 2
    turn = turn_between(a - middle, b - middle, FOCAL)
    np.testing.assert_allclose(turn, turning(2, 9.0)[1, :3, :3], atol=1e-12)


@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_slope_and_curvature_against_differences(at_once: int, monkeypatch) -> None:
    """With weights held, the slope is half the gradient of the squared errors, the curvature half
    the Gauss–Newton Hessian: both from numeric derivatives of the errors."""
    monkeypatch.setattr(rotation, "PAIRS_AT_ONCE", at_once)
    tracks = see(space_points(30), turning(3), noise=1.0)
    pairs = frame_pairs(tracks)
    assert pairs is not None
    rotations = Rotation.random(3, random_state=0).as_matrix()
    rotations = Rotation.from_rotvec(0.02 * np.arange(9).reshape(3, 3)).as_matrix()
    scale = 4.0

    def errors(change: np.ndarray) -> np.ndarray:
        turned = Rotation.from_rotvec(change[:-1].reshape(-1, 3)).as_matrix() @ rotations
        return transfer_errors(pairs, turned, FOCAL * np.exp(change[-1]))

    at = errors(np.zeros(10))
    step = 1e-6
    jacobian = np.stack(
        [(errors(step * unit) - errors(-step * unit)) / (2 * step) for unit in np.eye(10)], axis=-1
    )
    weights = 1 / (1 + (at**2).sum(axis=1) / scale**2)
    curvature, slope = _normal_equations(pairs, rotations, FOCAL, scale)
    expected = np.einsum("n,nci,nc->i", weights, jacobian, at)
    np.testing.assert_allclose(slope, expected, rtol=1e-5, atol=1e-3 * np.abs(expected).max())
    expected = np.einsum("n,nci,ncj->ij", weights, jacobian, jacobian)
    np.testing.assert_allclose(
        curvature.toarray(), expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max()
    )
