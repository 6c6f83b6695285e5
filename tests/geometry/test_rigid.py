import pytest
import torch
from scipy.spatial.transform import Rotation

from dynascene.errors import InputError
from dynascene.geometry.rigid import (
    camera_centres,
    invert_rigid,
    orthonormalise,
    relative_to_first,
    rigid,
    rotation_about,
    rotation_angle,
)

BATCHES = [(), (2,), (3, 3), (3, 4)]


@pytest.mark.parametrize("batch", BATCHES)
def test_inverse_is_the_matrix_inverse(random_poses, batch):
    poses = random_poses(*batch)
    assert torch.allclose(invert_rigid(poses), torch.linalg.inv(poses), atol=1e-12)
    assert torch.equal(invert_rigid(poses)[..., 3, :], poses[..., 3, :])


@pytest.mark.parametrize("batch", BATCHES)
def test_rigid_puts_its_parts_together(random_poses, batch):
    poses = random_poses(*batch)
    assert torch.equal(rigid(poses[..., :3, :3], poses[..., :3, 3]), poses)


@pytest.mark.parametrize("batch", BATCHES)
def test_camera_centre_maps_to_the_origin(random_poses, batch):
    poses = random_poses(*batch)
    centre = torch.nn.functional.pad(camera_centres(poses), (0, 1), value=1.0)
    origin = (poses @ centre[..., None])[..., :3, 0]
    assert torch.allclose(origin, torch.zeros_like(origin), atol=1e-12)


@pytest.mark.parametrize("batch", [(3,), (2, 3), (3, 3, 5)])
def test_relative_to_first_keeps_all_relations(random_poses, batch):
    poses = random_poses(*batch)
    relative = relative_to_first(poses)
    identity = torch.eye(4, dtype=poses.dtype).expand_as(relative[..., 0, :, :])
    assert torch.allclose(relative[..., 0, :, :], identity, atol=1e-12)
    before = poses[..., 2, :, :] @ invert_rigid(poses[..., 1, :, :])
    after = relative[..., 2, :, :] @ invert_rigid(relative[..., 1, :, :])
    assert torch.allclose(before, after, atol=1e-12)


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_rotation_about_agrees_with_scipy(axis):
    degrees = torch.tensor([[-200.0, -90, 0], [0.1, 45, 180]], dtype=torch.float64)
    expected = Rotation.from_euler(axis, degrees.reshape(-1, 1).numpy(), degrees=True).as_matrix()
    assert torch.allclose(
        rotation_about(axis, degrees), torch.from_numpy(expected).reshape(2, 3, 3, 3), atol=1e-12
    )


def test_positive_yaw_turns_forward_to_the_right():
    forward, right = torch.tensor([0.0, 0, 1]).double(), torch.tensor([1.0, 0, 0]).double()
    assert torch.allclose(rotation_about("y", 90) @ forward, right, atol=1e-12)


@pytest.mark.parametrize("degrees", [0, 1e-7, 1e-3, 30, 90, 179.999, 179.9999999, 180])
def test_rotation_angle_is_accurate_at_both_ends(degrees):
    rotation = rotation_about("x", 31.0) @ rotation_about("y", degrees) @ rotation_about("x", -31.0)
    assert rotation_angle(rotation).item() == pytest.approx(degrees, abs=1e-12, rel=1e-8)


def test_orthonormalise_finds_the_nearest_rotation(random_poses):
    rotation = random_poses(3, 3)[..., :3, :3]
    generator = torch.Generator().manual_seed(1)
    noise = 2e-4 * torch.randn(rotation.shape, dtype=torch.float64, generator=generator)
    nearest = orthonormalise(rotation + noise)
    assert torch.allclose(
        nearest @ nearest.mT, torch.eye(3).double().expand(3, 3, 3, 3), atol=1e-12
    )
    # no rotation near it is nearer to the input
    distance = (nearest - rotation - noise).square().sum(dim=(-1, -2))
    for axis in "xyz":
        for turn in (-1e-3, 1e-3):
            other = nearest @ rotation_about(axis, turn)
            assert ((other - rotation - noise).square().sum(dim=(-1, -2)) > distance).all()


MIRROR = torch.diag(torch.tensor([1.0, 1, -1])).double()


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (torch.eye(3) * 1.01, "no rotation"),
        (torch.full((3, 3), torch.nan), "not finite"),
        (MIRROR, "mirrors"),
        (-torch.eye(3), "mirrors"),
        (MIRROR + 9e-4 * torch.eye(3), "mirrors"),
        (MIRROR * 1.01, "no rotation"),
        (MIRROR * -2, "no rotation"),
        (torch.zeros(3, 3), "no rotation"),
        (torch.ones(3, 3), "no rotation"),
        (-torch.ones(3, 3), "no rotation"),
        (torch.diag(torch.tensor([1.0, 1, 0])), "no rotation"),
        (torch.diag(torch.tensor([1.0, 1, -1e-12])), "no rotation"),
        (torch.diag(torch.tensor([1.0, 0, 0])), "no rotation"),
        (torch.stack([torch.ones(3, 3).double(), MIRROR]), "no rotation"),
        (torch.stack([torch.eye(3).double(), MIRROR]), "mirrors"),
    ],
)
def test_orthonormalise_refuses_what_was_no_rotation(matrix, message):
    with pytest.raises(InputError, match=message):
        orthonormalise(matrix.double())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    "singular",
    [
        torch.zeros(3, 3),
        torch.ones(3, 3),
        torch.diag(torch.tensor([1.0, 1, 0])),
        torch.tensor([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]),
    ],
)
def test_rounding_errors_do_not_make_a_mirror(singular, dtype):
    """A determinant of 0 comes out positive or negative; the refusal stays the same."""
    generator = torch.Generator().manual_seed(0)
    error = torch.randn(200, 3, 3, generator=generator, dtype=dtype) * torch.finfo(dtype).eps
    signs = set()
    for matrix in singular.to(dtype) + error:
        signs.add(torch.linalg.det(matrix).sign().item())
        with pytest.raises(InputError, match="no rotation"):
            orthonormalise(matrix)
    assert signs >= {-1.0, 1.0}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rounding_errors_do_not_change_what_is_a_rotation_and_what_a_mirror(random_poses, dtype):
    rotation = random_poses(200)[:, :3, :3].to(dtype)
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(rotation.shape, generator=generator, dtype=dtype) * torch.finfo(dtype).eps
    nearest = orthonormalise(rotation + noise)
    # a few units in the last place: of the input, of the noise and of the decomposition
    torch.testing.assert_close(nearest, rotation, rtol=0, atol=20 * torch.finfo(dtype).eps)
    for matrix in rotation + noise:
        with pytest.raises(InputError, match="mirrors"):
            orthonormalise(matrix @ MIRROR.to(dtype))
