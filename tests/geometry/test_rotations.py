import math

import pytest
import torch
from scipy.spatial.transform import Rotation, Slerp

from dynascene.geometry.rotations import (
    interpolate_rotations,
    quaternion_from_rotation,
    rotation_from_vector,
    rotation_vector,
)

AXES = torch.nn.functional.normalize(
    torch.tensor([[1.0, 0, 0], [0, -1, 0], [0, 0, 1], [1, 2, -3], [-1, -1, 1]]).double(), dim=-1
)


@pytest.mark.parametrize("angle", [0, 1e-12, 1e-6, 0.3, 2, math.pi - 1e-7])
def test_vector_round_trip(angle):
    vectors = AXES * angle
    rotation = rotation_from_vector(vectors)
    expected = Rotation.from_rotvec(vectors.numpy()).as_matrix()
    assert torch.allclose(rotation, torch.from_numpy(expected), atol=1e-14)
    assert torch.allclose(rotation_vector(rotation), vectors, atol=1e-14 + 1e-9 * angle)


def test_half_turn_keeps_its_axis_up_to_sign():
    vectors = rotation_vector(rotation_from_vector(AXES * math.pi))
    assert torch.allclose((vectors * AXES).sum(-1).abs(), torch.full((5,), math.pi).double())


@pytest.mark.parametrize("batch", [(), (2,), (3, 3)])
def test_quaternions_agree_with_scipy(random_poses, batch):
    rotation = random_poses(*batch)[..., :3, :3]
    expected = Rotation.from_matrix(rotation.reshape(-1, 3, 3).numpy()).as_quat(canonical=True)
    actual = quaternion_from_rotation(rotation).reshape(-1, 4)
    assert torch.allclose(actual, torch.from_numpy(expected), atol=1e-12)


def test_interpolation_agrees_with_scipy(random_poses):
    start, end = random_poses(2)[:, :3, :3]
    fraction = torch.tensor([0, 0.2, 0.5, 0.9, 1], dtype=torch.float64)
    slerp = Slerp([0, 1], Rotation.from_matrix(torch.stack([start, end]).numpy()))
    expected = torch.from_numpy(slerp(fraction.numpy()).as_matrix())
    assert torch.allclose(interpolate_rotations(start, end, fraction), expected, atol=1e-12)
