"""RotErr, TransErr and CamMC by their formulas."""

import math

import pytest
import torch

from dynascene.evaluation.metrics.trajectories import trajectory_error
from dynascene.geometry.rigid import invert_rigid, rigid, rotation_about


def poses(yaws: list[float], centres: list[list[float]]) -> torch.Tensor:
    """cam_from_world of cameras with these turns and places in the world."""
    rotation = rotation_about("y", torch.tensor(yaws, dtype=torch.float64))
    return invert_rigid(rigid(rotation, torch.tensor(centres, dtype=torch.float64)))


GIVEN = poses([0, 10, 20], [[0, 0, 0], [1, 0, 0], [2, 0, 1]])


def test_equal_cameras_have_no_error_in_whatever_world_and_unit() -> None:
    elsewhere = rigid(rotation_about("x", 33.0), torch.tensor([4.0, 5, 6]).double())
    other = GIVEN @ elsewhere
    for estimate in (GIVEN, other):
        assert trajectory_error(estimate, GIVEN) == pytest.approx((0, 0, 0), abs=1e-9)
    scaled = poses([0, 10, 20], [[0, 0, 0], [7, 0, 0], [14, 0, 7]])
    assert trajectory_error(scaled, GIVEN) == pytest.approx((0, 0, 0), abs=1e-9)


def test_errors_by_the_definition() -> None:
    estimate = poses([0, 13, 15], [[0, 0, 0], [0, 0, 1], [3, 0, 0]])
    rot_err = math.radians(3) + math.radians(5)
    far = math.hypot(2, 1)
    ways = [math.dist((0, 0, 1 / 3), (1 / far, 0, 0)), math.dist((1, 0, 0), (2 / far, 0, 1 / far))]
    chords = [math.sqrt(8) * math.sin(math.radians(angle) / 2) for angle in (3, 5)]
    cam_mc = sum(math.hypot(c, w) for c, w in zip(chords, ways, strict=True))
    error = trajectory_error(estimate, GIVEN)
    assert error == pytest.approx((rot_err, sum(ways), cam_mc))
    r1, r2 = (invert_rigid(track)[:, :3, :3] for track in (estimate, GIVEN))
    trace = (r1.mT @ r2).diagonal(dim1=1, dim2=2).sum(1)
    slow = torch.acos(((trace - 1) / 2).clamp(-1, 1)).sum()
    assert error.rot_err == pytest.approx(float(slow), abs=1e-6)


def test_a_camera_that_only_turns_is_not_scaled() -> None:
    turning = poses([0, 10, 20], [[0, 0, 0]] * 3)
    assert trajectory_error(turning, turning) == pytest.approx((0, 0, 0), abs=1e-9)
    assert trajectory_error(turning, GIVEN).trans_err == pytest.approx(1 / math.hypot(2, 1) + 1)
