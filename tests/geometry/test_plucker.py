import pytest
import torch

from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.plucker import pixel_rays, plucker_embedding
from dynascene.geometry.rigid import camera_centres, invert_rigid
from dynascene.types import Size

BATCHES = [(), (2,), (3, 3)]
SIZES = [Size(3, 5), Size(4, 3), Size(3, 3)]  # threes: an unnamed axis would pick a wrong one
FRAMES = 3


def random_intrinsics(*batch: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(7)
    jitter = torch.rand(*batch, 4, dtype=torch.float64, generator=generator)
    intrinsics = torch.zeros(*batch, 3, 3, dtype=torch.float64)
    intrinsics[..., 0, 0], intrinsics[..., 1, 1] = 3 + jitter[..., 0], 4 + jitter[..., 1]
    intrinsics[..., 0, 2], intrinsics[..., 1, 2] = 1 + jitter[..., 2], 1.5 + jitter[..., 3]
    intrinsics[..., 2, 2] = 1
    return intrinsics


def slow_plucker(pose: torch.Tensor, intrinsics: torch.Tensor, size: Size) -> torch.Tensor:
    """One camera [4, 4], [3, 3] → [6, H, W], pixel by pixel from matrix inverses."""
    world_from_cam = torch.linalg.inv(pose)
    origin = world_from_cam[:3, 3]
    rows = []
    for row in range(size.height):
        pixels = []
        for column in range(size.width):
            pixel = torch.tensor([column + 0.5, row + 0.5, 1.0], dtype=pose.dtype)
            direction = world_from_cam[:3, :3] @ torch.linalg.inv(intrinsics) @ pixel
            d = direction / direction.square().sum().sqrt()
            moment = torch.stack(
                [
                    origin[1] * d[2] - origin[2] * d[1],
                    origin[2] * d[0] - origin[0] * d[2],
                    origin[0] * d[1] - origin[1] * d[0],
                ]
            )
            pixels.append(torch.cat([moment, d]))
        rows.append(torch.stack(pixels, dim=-1))
    return torch.stack(rows, dim=-2)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("batch", BATCHES, ids=str)
def test_values_and_gradients_agree_with_the_slow_reference(random_poses, batch, size):
    poses = random_poses(*batch, FRAMES).requires_grad_()
    intrinsics = random_intrinsics(*batch, FRAMES).requires_grad_()
    fast = plucker_embedding(poses, intrinsics, size)
    assert fast.shape == (*batch, FRAMES, 6, size.height, size.width)
    slow = torch.stack(
        [
            slow_plucker(pose, matrix, size)
            for pose, matrix in zip(
                poses.reshape(-1, 4, 4), intrinsics.reshape(-1, 3, 3), strict=True
            )
        ]
    ).reshape(fast.shape)
    assert torch.allclose(fast, slow, atol=1e-12)
    weights = torch.randn(
        fast.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3)
    )
    fast_gradients = torch.autograd.grad((fast * weights).sum(), [poses, intrinsics])
    slow_gradients = torch.autograd.grad((slow * weights).sum(), [poses, intrinsics])
    # the inverse of a matrix that stays rigid: compare along rigid motions and along fx fy cx cy
    for fast_step, slow_step in zip(
        *(_along_motions(poses, g[0]) for g in (fast_gradients, slow_gradients)), strict=True
    ):
        assert torch.allclose(fast_step, slow_step, atol=1e-9)
    used = torch.tensor([[1, 0, 1], [0, 1, 1], [0, 0, 0]]).bool()
    assert torch.allclose(fast_gradients[1][..., used], slow_gradients[1][..., used], atol=1e-9)


def _along_motions(poses: torch.Tensor, gradient: torch.Tensor) -> list[torch.Tensor]:
    """Derivatives along the six infinitesimal motions of each camera."""
    steps = []
    for a, b in ((0, 1), (0, 2), (1, 2)):
        turn = torch.zeros(4, 4, dtype=torch.float64)
        turn[a, b], turn[b, a] = -1, 1
        steps.append((gradient * (turn @ poses)).sum(dim=(-1, -2)))
    return steps + [gradient[..., i, 3] for i in range(3)]


def test_gradcheck(random_poses):
    poses = random_poses(2).requires_grad_()
    intrinsics = random_intrinsics(2).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda p, k: plucker_embedding(p, k, Size(3, 2)), (poses, intrinsics)
    )


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_moments_are_orthogonal_to_unit_directions(random_poses, size):
    embedding = plucker_embedding(random_poses(3, 3), random_intrinsics(3, 3), size)
    moments, directions = embedding.split(3, dim=-3)
    assert torch.allclose(directions.norm(dim=-3), torch.ones(()).double(), atol=1e-12)
    product = (moments * directions).sum(dim=-3)
    assert torch.allclose(product, torch.zeros(()).double(), atol=1e-12)


def test_moving_along_a_ray_leaves_its_embedding_unchanged(random_poses):
    pose, intrinsics, size = random_poses(1), random_intrinsics(1), Size(5, 4)
    before = plucker_embedding(pose, intrinsics, size)
    _, directions = pixel_rays(pose, intrinsics, size)
    world_from_cam = invert_rigid(pose)
    world_from_cam[0, :3, 3] += 2.5 * directions[0, 1, 3]
    after = plucker_embedding(invert_rigid(world_from_cam), intrinsics, size)
    assert torch.allclose(after[..., 1, 3], before[..., 1, 3], atol=1e-12)
    assert not torch.allclose(after[..., 3, 0], before[..., 3, 0], atol=1e-2)


def test_points_on_the_rays_project_to_the_pixel_centres(random_poses):
    pose, intrinsics, size = random_poses(), random_intrinsics(), Size(4, 3)
    origin, directions = pixel_rays(pose, intrinsics, size)
    assert torch.allclose(origin, camera_centres(pose))
    points = torch.nn.functional.pad(origin + 1.7 * directions, (0, 1), value=1.0)
    projected = (points @ pose.mT)[..., :3] @ intrinsics.mT
    pixels = projected[..., :2] / projected[..., 2:]
    assert torch.allclose(pixels[2, 3], torch.tensor([3.5, 2.5]).double())
    assert torch.allclose(pixels[0, 0], torch.tensor([0.5, 0.5]).double())


def test_known_ray_of_the_central_pixel():
    pose = torch.eye(4, dtype=torch.float64)
    pose[0, 3] = -2.0  # the camera stands at x = 2
    embedding = plucker_embedding(pose[None], intrinsics_matrix(2, 2, 1.5, 1.5)[None], Size(3, 3))
    # o × d = (2, 0, 0) × (0, 0, 1)
    expected = torch.tensor([0.0, -2, 0, 0, 0, 1], dtype=torch.float64)
    assert torch.allclose(embedding[0, :, 1, 1], expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_dtype_is_kept(random_poses, dtype):
    embedding = plucker_embedding(
        random_poses(3).to(dtype), random_intrinsics(3).to(dtype), Size(3, 3)
    )
    assert embedding.dtype == dtype
