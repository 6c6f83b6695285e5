"""Sparse points in a grid against a loop, values and gradients, and where a camera sees points."""

import torch

from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.point_rendering import (
    NOWHERE,
    from_first_frame,
    grid_places,
    render_points,
    spread_places,
)
from dynascene.geometry.rays import track_rays
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.geometry.surface import Stage
from dynascene.geometry.world_points import points_of_frame, rows_off, seen_points, spread_shares
from dynascene.types import CameraTrack, Size

H, W = 4, 5


def random_points(*shape: int) -> torch.Tensor:
    points = torch.rand((*shape, 5), generator=torch.Generator().manual_seed(0)).double()
    points[..., :2] = points[..., :2] * 1.4 - 0.2  # some lie beyond the frame
    return points


def slow_render(points: torch.Tensor) -> torch.Tensor:
    """[N, 5] → [3, h, w]"""
    total, ways = torch.zeros(H, W).double(), torch.zeros(2, H, W).double()
    for x, y, visible, x0, y0 in points:
        for row in range(H):
            for column in range(W):
                across = (1 - (x * W - 0.5 - column).abs()).clamp(min=0)
                along = (1 - (y * H - 0.5 - row).abs()).clamp(min=0)
                share = across * along * visible
                at = torch.zeros(H, W).double()
                at[row, column] = 1
                total = total + share * at
                ways = ways + torch.stack([x - x0, y - y0])[:, None, None] * share * at
    covered = total.clamp(max=1)
    return torch.cat([covered[None], ways / total.clamp_min(1e-6) * covered])


def test_it_is_its_slow_reference() -> None:
    points = random_points(3, 3, 3).requires_grad_()
    fast = render_points(points, H, W)
    assert fast.shape == (3, 3, 3, H, W)
    slow = torch.stack([slow_render(p) for p in points.flatten(0, 1)]).unflatten(0, (3, 3))
    torch.testing.assert_close(fast, slow)
    mix = torch.linspace(-1, 1, fast.numel()).double().view(fast.shape)
    for values in (fast, slow):
        (gradient,) = torch.autograd.grad((values * mix).sum(), points)
        if values is fast:
            expected = gradient
    torch.testing.assert_close(expected, gradient)
    assert gradient.abs().max() > 0.01


def test_hidden_points_leave_nothing() -> None:
    points = random_points(7)
    points[:, 2] = 0
    assert not render_points(points, H, W).any()
    points[0] = torch.tensor([0.5 / W, 0.5 / H, 1, 0.5 / W + 0.1, 0.5 / H])
    drawn = render_points(points, H, W)
    torch.testing.assert_close(drawn[:, 0, 0], torch.tensor([1, -0.1, 0]).double())
    assert drawn[0].sum() == 1


def test_ways_count_from_the_first_of_the_frames() -> None:
    points = random_points(3, 4, 7)
    points[0, 2:, 1, 2], points[1, 0, 5, 2] = 0, 0
    told = from_first_frame(points)
    torch.testing.assert_close(told[..., :2], points[..., :2])
    torch.testing.assert_close(told[..., 3:], points[:, :1, :, :2].expand(-1, 4, -1, -1))
    assert not told[1, :, 5, 2].any()  # hidden in the first frame, and so without a place there
    assert not told[0, 2:, 1, 2].any()
    rest = [0, 2, 3, 4, 6]
    torch.testing.assert_close(told[:, :, rest, 2], points[:, :, rest, 2])
    assert torch.equal(from_first_frame(points[:, 2:])[1, 0, :, :2], points[1, 2, :, :2])


def track(turns: list[float], ways: list[list[float]]) -> CameraTrack:
    poses = rigid(rotation_about("y", torch.tensor(turns).double()), torch.tensor(ways).double())
    size = Size(48, 27)
    return CameraTrack(poses, intrinsics_matrix(30, 30, 24, 13.5).expand(3, 3, 3), size)


def depth_of(cameras: CameraTrack, stage: Stage) -> torch.Tensor:
    rays = track_rays(cameras)
    hits = stage.hit(rays.origins.expand_as(rays.directions), rays.directions)
    return rays.depth_of(hits)[:, None]


def test_points_are_seen_where_they_are() -> None:
    """The first frame sees them where they were chosen, the others where projection has them."""
    cameras = track([0.0, 5.0, -5.0], [[0, 0, 0], [-0.2, 0, 0], [0, 0, -0.3]])
    depth, shares = depth_of(cameras, Stage(1.0, 6.0)), spread_shares(50)
    world = points_of_frame(cameras, depth, shares)
    rows = seen_points(world, cameras, depth, cameras[:1])
    centres = (shares * torch.tensor([48, 27])).floor() + 0.5
    torch.testing.assert_close(rows[0, :, :2] * torch.tensor([48, 27]), centres, atol=1e-3, rtol=0)
    assert rows[0, :, 2].all()
    for number in range(0, 50, 7):
        point = (world[number, :3] / world[number, 3]).double()
        for frame in (1, 2):
            pose = cameras.cam_from_world[frame]
            seen = cameras.intrinsics[frame] @ (pose[:3, :3] @ point + pose[:3, 3])
            expected = (seen[:2] / seen[2] / torch.tensor([48, 27])).float()
            torch.testing.assert_close(rows[frame, number, :2], expected, atol=1e-4, rtol=0)
    torch.testing.assert_close(rows[2, :, 3:], rows[0, :, :2])


def test_infinitely_far_points_turn_and_are_hidden_by_what_is_near() -> None:
    cameras = track([0.0, 10.0, 20.0], [[0, 0, 0]] * 3)
    far = torch.full((3, 1, 27, 48), torch.inf)
    rows = seen_points(points_of_frame(cameras, far, spread_shares(9)), cameras, far, cameras[:1])
    inside = ((rows[..., :2] >= 0) & (rows[..., :2] < 1)).all(dim=-1)
    assert torch.equal(rows[..., 2].bool(), inside)
    wall = far.clone()
    wall[1] = 2.0
    hidden = seen_points(
        points_of_frame(cameras, far, spread_shares(9)), cameras, wall, cameras[:1]
    )
    assert not hidden[1, :, 2].any()
    assert torch.equal(hidden[2], rows[2])


def test_points_behind_somebody_are_hidden() -> None:
    rows = torch.rand(3, 50, 5, generator=torch.Generator().manual_seed(0))
    rows[..., 2] = 1
    hiding = torch.zeros(3, 1, 10, 20, dtype=torch.bool)
    hiding[1, :, :, 10:] = True
    off = rows_off(rows, hiding)
    assert off[0, :, 2].all()
    assert torch.equal(off[1, :, 2].bool(), rows[1, :, 0] < 0.5)
    assert torch.equal(off[..., [0, 1, 3, 4]], rows[..., [0, 1, 3, 4]])


def test_every_part_of_the_sequence_is_spread() -> None:
    shares = spread_shares(12)
    assert shares.min() >= 0
    assert shares.max() < 1
    gaps = (shares[:, None] - shares[None]).norm(dim=-1) + torch.eye(12)
    assert gaps.min() > 0.12
    torch.testing.assert_close(spread_shares(50)[:12], shares)


def test_places_between_points_go_by_inverse_distances() -> None:
    """Against one cell and one point after the other; a point that is nowhere does not count."""
    generator = torch.Generator().manual_seed(3)
    points = torch.rand(2, 5, 5, generator=generator)
    points[..., 2] = torch.tensor([1, 0.5, 0, 1, 1])
    points[:, 4, 3:] = NOWHERE
    fast = spread_places(points, H, W)
    assert fast.shape == (2, 3, H, W)
    for frame in range(2):
        for row in range(H):
            for column in range(W):
                centre = torch.tensor([(column + 0.5) / W, (row + 0.5) / H])
                total, way = 0.0, torch.zeros(2)
                for x, y, visible, *origin in points[frame, :4].tolist():
                    place = torch.tensor([x, y])
                    away = (centre - place) * torch.tensor([W, H])
                    weight = visible / (float(away.square().sum()) + 1e-3) ** 2
                    total, way = total + weight, way + weight * (torch.tensor(origin) - place)
                assert fast[frame, 0, row, column] == 1
                expected = centre + way / total
                torch.testing.assert_close(fast[frame, 1:, row, column], expected)


def test_places_of_a_shifted_view_are_shifted() -> None:
    """Of points that have all gone the same way, and of none."""
    points = torch.rand(3, 7, 5, generator=torch.Generator().manual_seed(0))
    points[..., 2] = 1
    points[..., 3:] = points[..., :2] + torch.tensor([0.2, -0.1])
    places = spread_places(points, H, W)
    own = grid_places(H, W, like=points)
    shift = torch.tensor([0.2, -0.1])[:, None, None]
    torch.testing.assert_close(places[:, 1:], (own + shift).expand(3, -1, -1, -1))
    points[..., 2] = 0
    assert not spread_places(points, H, W).any()


def test_places_in_another_picture_are_where_its_camera_sees_them() -> None:
    cameras = track([0.0, 5.0, 3.0], [[0, 0, 0], [-0.2, 0, 0], [0, 0, 0]])
    picture = track([-8.0, 180.0, 0.0], [[0.1, 0, 0.2], [0, 0, 0], [0, 0, 0]])
    depth = depth_of(cameras, Stage(1.0, 6.0))
    world = points_of_frame(cameras, depth, spread_shares(9))
    rows = seen_points(world, cameras, depth, picture[:1])
    seen = seen_points(world, picture[:1], depth[:1], picture[:1])
    torch.testing.assert_close(rows[..., 3:], seen[:, :, :2].expand(3, -1, -1))
    away = seen_points(world, cameras, depth, picture[1:2])
    assert (away[..., 3:] == NOWHERE).all()
    torch.testing.assert_close(away[..., :3], rows[..., :3])


def test_mixed_precision_leaves_places_alone() -> None:
    """A point on a cell's centre weighs a million, which half precision cannot hold."""
    points = torch.rand(3, 7, 5, generator=torch.Generator().manual_seed(0))
    points[..., 2], points[:, 0, :2] = 1, torch.tensor([0.5 / W, 0.5 / H])
    exact = spread_places(points, H, W)
    for dtype in (torch.bfloat16, torch.float16):
        with torch.autocast("cpu", dtype):
            torch.testing.assert_close(spread_places(points, H, W), exact)
    torch.testing.assert_close(exact[:, 1:, 0, 0], points[:, 0, 3:], atol=1e-4, rtol=0)
