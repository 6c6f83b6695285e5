import pytest
import torch

from dynascene.geometry.epipolar import epipolar_distance, fundamental_matrix, sampson_distance
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.rigid import invert_rigid, rotation_about

INTRINSICS_A = intrinsics_matrix(300, 310, 160, 90)
INTRINSICS_B = intrinsics_matrix(420, 400, 150, 100)


def two_cameras(batch: tuple[int, ...] = ()) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    turn = 10 * torch.randn(*batch, 2, dtype=torch.float64, generator=generator)
    pose_a = torch.eye(4, dtype=torch.float64).repeat(*batch, 1, 1)
    pose_b = pose_a.clone()
    pose_a[..., :3, :3] = rotation_about("y", turn[..., 0])
    pose_b[..., :3, :3] = rotation_about("x", turn[..., 1])
    pose_b[..., :3, 3] = torch.randn(*batch, 3, dtype=torch.float64, generator=generator)
    return pose_a, pose_b


def seen_points(pose: torch.Tensor, intrinsics: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    projected = (points @ pose[..., :3, :3].mT + pose[..., None, :3, 3]) @ intrinsics.mT
    return projected[..., :2] / projected[..., 2:]


def world_points(count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    points = torch.rand(count, 3, dtype=torch.float64, generator=generator)
    return points * 4 + torch.tensor([-2.0, -2.0, 6.0])


@pytest.mark.parametrize("batch", [(), (2,), (3, 3)], ids=str)
@pytest.mark.parametrize("distance", [epipolar_distance, sampson_distance])
def test_pictures_of_one_point_fit(batch, distance):
    pose_a, pose_b = two_cameras(batch)
    points = world_points(3)
    fundamental = fundamental_matrix(pose_a, pose_b, INTRINSICS_A, INTRINSICS_B)
    assert fundamental.shape == (*batch, 3, 3)
    error = distance(
        fundamental,
        seen_points(pose_a, INTRINSICS_A, points),
        seen_points(pose_b, INTRINSICS_B, points),
    )
    assert error.shape == (*batch, 3)
    assert error.max() < 1e-8


def test_distance_is_in_pixels():
    """Sideways motion: epipolar lines are rows, so a shift by 2 rows is 2 pixels off both lines."""
    pose_a = torch.eye(4, dtype=torch.float64)
    pose_b = pose_a.clone()
    pose_b[0, 3] = -1.0
    fundamental = fundamental_matrix(pose_a, pose_b, INTRINSICS_A, INTRINSICS_A)
    points_a = torch.tensor([[10.0, 20.0], [200.0, 30.0]], dtype=torch.float64)
    points_b = points_a + torch.tensor([[-50.0, 2.0], [-7.0, 0.0]], dtype=torch.float64)
    assert epipolar_distance(fundamental, points_a, points_b).tolist() == pytest.approx([2, 0])
    # the nearest fitting pair shares the error: 1 pixel each, √2 together
    assert sampson_distance(fundamental, points_a, points_b).tolist() == pytest.approx([2**0.5, 0])


def test_symmetric_under_exchange_of_the_pictures():
    pose_a, pose_b = two_cameras()
    generator = torch.Generator().manual_seed(5)
    points_a, points_b = 300 * torch.rand(2, 6, 2, dtype=torch.float64, generator=generator)
    there = fundamental_matrix(pose_a, pose_b, INTRINSICS_A, INTRINSICS_B)
    back = fundamental_matrix(pose_b, pose_a, INTRINSICS_B, INTRINSICS_A)
    for distance in (epipolar_distance, sampson_distance):
        forward, backward = distance(there, points_a, points_b), distance(back, points_b, points_a)
        assert torch.allclose(forward, backward)
        assert forward.min() > 0.1


def test_inverted_poses_do_not_fit():
    pose_a, pose_b = two_cameras()
    points = world_points(20)
    wrong = fundamental_matrix(
        invert_rigid(pose_a), invert_rigid(pose_b), INTRINSICS_A, INTRINSICS_B
    )
    error = epipolar_distance(
        wrong, seen_points(pose_a, INTRINSICS_A, points), seen_points(pose_b, INTRINSICS_B, points)
    )
    assert error.median() > 3


def test_no_translation_excludes_nothing():
    pose = two_cameras()[0]
    turned = pose.clone()
    turned[:3, :3] = rotation_about("y", 20) @ pose[:3, :3]
    fundamental = fundamental_matrix(pose, turned, INTRINSICS_A, INTRINSICS_B)
    assert torch.equal(fundamental, torch.zeros(3, 3).double())
    points = torch.ones(1, 2, dtype=torch.float64)
    assert epipolar_distance(fundamental, points, points).isnan().all()
