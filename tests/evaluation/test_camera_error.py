"""Errors of found cameras: angles by definition, the estimator on clips of a known camera."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from dynascene.errors import InputError
from dynascene.evaluation import camera_error as module
from dynascene.evaluation.camera_error import (
    TRUE_CLIP,
    CameraErrors,
    camera_error,
    direction_angles,
    rotation_angles,
)
from dynascene.evaluation.protocol import EvaluationShot
from dynascene.evaluation.request import EvaluationRequest
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.types import CameraTrack, Size

SIZE = Size(160, 96)


def poses_of(yaws: torch.Tensor, centres: torch.Tensor) -> torch.Tensor:
    rotation = rotation_about("y", yaws.double())
    return rigid(rotation, -(rotation @ centres.double()[..., None])[..., 0])


def track_of(yaws: torch.Tensor, centres: torch.Tensor | None = None) -> CameraTrack:
    centres = torch.zeros(len(yaws), 3) if centres is None else centres
    k = intrinsics_from_fov(55, SIZE).expand(len(yaws), 3, 3)
    return CameraTrack(poses_of(yaws, centres), k, SIZE)


@pytest.mark.parametrize("angle", [1e-5, 0.3, 45.0, 120.0, 180.0])
def test_rotation_angles_are_those_of_the_definition(angle: float) -> None:
    yaws = torch.tensor([0.0, 4.0, 9.0], dtype=torch.float64)
    given = poses_of(yaws, torch.randn(3, 3))
    found = poses_of(yaws + torch.tensor([0.0, angle, -angle]), torch.randn(3, 3))
    angles = rotation_angles(found, given)
    assert angles.tolist() == pytest.approx([0, angle, angle], rel=1e-4)
    r1, r2 = (track[:, :3, :3] @ track[:1, :3, :3].mT for track in (found, given))
    trace = (r1.mT @ r2).diagonal(dim1=1, dim2=2).sum(1)
    slow = torch.rad2deg(torch.acos(((trace - 1) / 2).clamp(-1, 1)))
    torch.testing.assert_close(angles, slow, atol=1e-4, rtol=1e-3)


def test_world_and_unit_of_the_found_camera_do_not_matter() -> None:
    yaws = torch.linspace(0, 20, 7)
    centres = torch.stack([torch.linspace(0, 1, 7), torch.zeros(7), torch.linspace(0, 2, 7)], 1)
    given = poses_of(yaws, centres)
    elsewhere = rigid(rotation_about("x", 33.0), torch.tensor([4.0, 5, 6]).double())
    found = given @ elsewhere
    scaled = poses_of(yaws, 17 * centres)
    for track in (found, scaled):
        assert float(rotation_angles(track, given).max()) < 1e-5
        assert float(direction_angles(track, given).max()) < 1e-4


def test_directions() -> None:
    centres = torch.tensor([[0.0, 0, 0], [0.001, 0, 0], [0, 0, 1], [0, 0, 2]])
    sideways = torch.tensor([[0.0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1]])
    still = torch.zeros(4)
    angles = direction_angles(poses_of(still, sideways), poses_of(still, centres))
    assert angles.tolist() == pytest.approx([90, 45])  # frame 1 is too near to have a direction
    back = direction_angles(poses_of(still, -centres), poses_of(still, centres))
    assert back.tolist() == pytest.approx([180, 180])
    nowhere = poses_of(still, torch.zeros(4, 3))
    assert not len(direction_angles(nowhere, poses_of(still, centres)))
    assert not len(direction_angles(poses_of(still, centres), nowhere))


def panned(yaws: torch.Tensor) -> np.ndarray:
    """What a camera in the middle of a textured panorama sees."""
    random = np.random.default_rng(0)
    small = Image.fromarray(random.integers(0, 255, (24, 200, 3), dtype=np.uint8))
    panorama = np.array(small.resize((2000, 240), Image.Resampling.BICUBIC))
    track = track_of(yaws)
    u, v = np.meshgrid(np.arange(SIZE.width) + 0.5, np.arange(SIZE.height) + 0.5)
    frames = []
    for pose, k in zip(track.cam_from_world.numpy(), track.intrinsics.numpy(), strict=True):
        rays = np.stack([u, v, np.ones_like(u)], -1) @ np.linalg.inv(k).T @ pose[:3, :3]
        azimuth = np.arctan2(rays[..., 0], rays[..., 2])
        height = rays[..., 1] / np.hypot(rays[..., 0], rays[..., 2])
        column = (1000 + 500 * azimuth).round().astype(int).clip(0, 1999)
        row = (120 + 300 * height).round().astype(int).clip(0, 239)
        frames.append(panorama[row, column])
    return np.stack(frames)


def test_the_estimator_finds_a_pan_and_a_wrong_one_is_seen() -> None:
    yaws = torch.linspace(0, 12, 8)
    frames, given = panned(yaws), track_of(yaws)
    right = camera_error(frames, given, None)
    assert right.is_tracked
    assert right.rotation_mean < 0.5
    assert right.rotation_median < 0.5
    assert math.isnan(right.direction)
    assert right.rot_err == pytest.approx(math.radians(7 * right.rotation_mean))
    wrong = camera_error(frames[::-1].copy(), given, None)
    expected = 2 * np.linspace(0, 12, 8)[1:].mean()
    assert wrong.rotation_mean == pytest.approx(expected, rel=0.1)


def test_nothing_to_follow_is_a_failure() -> None:
    grey = np.full((6, SIZE.height, SIZE.width, 3), 128, np.uint8)
    assert not camera_error(grey, track_of(torch.linspace(0, 5, 6)), None).is_tracked


def test_errors_by_row_with_failures(benchmark, monkeypatch) -> None:
    values = iter([(1.0, 0.5, 8.0), (3.0, 2.0, float("nan")), (2.0, 1.0, 9.0), None])
    sums = (0.1, 0.2, 0.3)

    def told(frames, given, matte):
        value = next(values)
        return module.NOT_FOUND if value is None else module.CameraError(*value, *sums)

    monkeypatch.setattr(module, "camera_error", told)
    errors = CameraErrors(2)
    shot: EvaluationShot = benchmark[0]
    for k in range(3):
        errors.add(replace(shot, place=f"place {k}"), {"projection": shot.truth})
    assert list(errors.rows) == [TRUE_CLIP, "projection"]
    assert len(errors.rows[TRUE_CLIP]) == 2
    summary = errors.summary()
    assert summary[TRUE_CLIP]["rotation_mean"]["mean"] == 1.5
    assert summary["projection"]["failure_rate"] == 0.5
    assert summary["projection"]["rotation_mean"]["mean"] == 3.0
    assert summary["projection"]["direction"]["mean"] is None
    table = errors.table()[0]
    assert [row[:2] for row in table.rows] == [
        [TRUE_CLIP, "2 of 2"], ["projection", "1 of 2"]
    ]  # fmt: skip
    assert table.rows[1][4] == "–"
    assert table.rows[1][-1].startswith("0.30")
    assert summary[TRUE_CLIP]["rot_err"]["mean"] == 0.1
    assert CameraErrors(0).table() == []


@pytest.mark.parametrize("cameras", [-1, 5])
def test_no_more_clips_than_there_are(cameras: int) -> None:
    with pytest.raises(InputError, match=f"`cameras` {cameras}: must be between 0 and `clips`"):
        EvaluationRequest(["projection"], "synthetic", clips=4, cameras=cameras)
