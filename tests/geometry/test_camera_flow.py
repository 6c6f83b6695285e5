"""The flow of the background of a known camera."""

import torch

from dynascene.geometry.camera_flow import backward_flow, pixel_shares
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.types import CameraTrack, Size

SIZE = Size(15, 9)


def track(turns: list[float], ways: list[list[float]]) -> CameraTrack:
    rotation = rotation_about("y", torch.tensor(turns, dtype=torch.float64))
    poses = rigid(rotation, torch.tensor(ways, dtype=torch.float64))
    lens = intrinsics_matrix(12, 12, SIZE.width / 2, SIZE.height / 2).expand(len(turns), 3, 3)
    return CameraTrack(poses, lens, SIZE)


def test_a_rotation_moves_what_is_infinitely_far_by_its_homography() -> None:
    turning = track([0.0, 4.0, 9.0], [[0, 0, 0]] * 3)
    flow = backward_flow(turning, torch.full((3, 1, 9, 15), torch.inf))
    assert not flow[0].any()
    for frame in (1, 2):
        lens, rotation = turning.intrinsics[frame], turning.cam_from_world[:, :3, :3]
        homography = lens @ rotation[frame - 1] @ rotation[frame].mT @ torch.linalg.inv(lens)
        for y in range(9):
            for x in range(15):
                pixel = torch.tensor([x + 0.5, y + 0.5, 1]).double()
                before = homography @ pixel
                moved = (pixel - before / before[2])[:2] / torch.tensor(SIZE)
                torch.testing.assert_close(flow[frame, :, y, x].double(), moved, atol=1e-5, rtol=0)


def test_a_rotation_moves_near_and_far_alike() -> None:
    turning = track([0.0, 5.0, -5.0], [[0, 0, 0]] * 3)
    depth = torch.rand(3, 1, 9, 15, generator=torch.Generator().manual_seed(0)) * 5 + 0.5
    far = backward_flow(turning, torch.full_like(depth, torch.inf))
    torch.testing.assert_close(backward_flow(turning, depth), far, atol=1e-5, rtol=1e-4)


def test_travel_moves_by_the_inverse_of_depth() -> None:
    """A step to the right by 0.1 moves a wall at depth z to the left by 12 · 0.1 / z pixels."""
    going = track([0.0, 0.0, 0.0], [[0, 0, 0], [-0.1, 0, 0], [-0.2, 0, 0]])
    for z in (1.0, 4.0):
        flow = backward_flow(going, torch.full((3, 1, 9, 15), z))
        expected = torch.tensor([-12 * 0.1 / z / SIZE.width, 0.0])
        torch.testing.assert_close(
            flow[1:], expected[:, None, None].expand(2, 2, 9, 15), atol=1e-6, rtol=1e-5
        )


def test_shares_go_from_border_to_border() -> None:
    shares = pixel_shares(SIZE, like=torch.zeros(()))
    assert shares.shape == (9, 15, 2)
    torch.testing.assert_close(shares[0, 0], torch.tensor([0.5 / 15, 0.5 / 9]))
    torch.testing.assert_close(shares.flatten(0, 1).mean(0), torch.tensor([0.5, 0.5]))
