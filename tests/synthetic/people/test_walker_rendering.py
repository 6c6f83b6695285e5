"""The rendered person: coverage, depth and colour against geometry that can be written out."""

import numpy as np
import pytest
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rigid import invert_rigid, rigid, rotation_about
from dynascene.synthetic.people.gait import Walk
from dynascene.synthetic.people.ground_path import GroundPath
from dynascene.synthetic.people.look import PersonLook, random_look
from dynascene.synthetic.people.rasteriser import rasterise
from dynascene.synthetic.people.renderer import RenderedPerson, render_person
from dynascene.synthetic.people.skeleton import Poses
from dynascene.synthetic.people.standing import Stand
from dynascene.synthetic.people.surface import Loft, blended_distance, extract_surface
from dynascene.synthetic.shots.demo_shot import demo_shot
from dynascene.types import CameraTrack, Size

SIZE = Size(160, 90)
COARSE = 0.03
LOOK = PersonLook()
WALK = Walk(GroundPath(torch.tensor([[-1.0, 0.0], [1.0, 0.0]])), start=0.6)


def track(
    distance: float = 4.5, yaw: float = 0.0, size: Size = SIZE, frames: int = 1
) -> CameraTrack:
    """A camera at z = −distance, 1 m up, looking along +z and turned right by ``yaw`` degrees."""
    centre = torch.tensor([0.0, -1.0, -distance], dtype=torch.float64)
    pose = invert_rigid(rigid(rotation_about("y", yaw), centre))
    intrinsics = intrinsics_from_fov(50, size)
    return CameraTrack(pose.expand(frames, 4, 4), intrinsics.expand(frames, 3, 3), size)


def render(
    poses: Poses, cameras: CameraTrack, look: PersonLook = LOOK, voxel: float = COARSE
) -> list[RenderedPerson]:
    return list(render_person(look, poses, cameras, voxel=voxel))


def still() -> Poses:
    return Stand(heading=180.0).poses(torch.zeros(1))


def centre_column(matte: np.ndarray) -> float:
    weights = matte[..., 0].sum(0).astype(float)
    return float((weights * (np.arange(len(weights)) + 0.5)).sum() / weights.sum())


def test_frame_is_what_it_says() -> None:
    (frame,) = render(still(), track())
    assert frame.colour.shape == (90, 160, 3)
    assert frame.matte.shape == (90, 160, 1)
    assert frame.colour.dtype == frame.matte.dtype == np.uint8
    assert frame.depth.dtype == np.float32
    on = frame.matte[..., 0] > 0
    assert np.isfinite(frame.depth[on]).all()
    assert np.isinf(frame.depth[~on]).all()
    assert (frame.colour[~on] == 0).all()
    assert (frame.matte[[0, -1]] == 0).all(), "off the person"
    assert frame.matte.max() == 255, "on the person"
    assert set(np.unique(frame.matte)) - {0, 255}, "soft edges"


def test_edges_are_not_darkened() -> None:
    (frame,) = render(still(), track(2.5, size=Size(320, 180)))
    shirt = frame.colour[..., 2] > frame.colour[..., 0].astype(int) + 20  # the blue jacket
    matte = frame.matte[..., 0]
    edge = frame.colour[shirt & (matte > 0) & (matte < 128)].mean()
    inner = frame.colour[shirt & (matte == 255)].mean()
    assert edge > 0.75 * inner


def test_area_falls_with_the_square_of_the_distance() -> None:
    (near,) = render(still(), track(6, size=Size(320, 180)))
    (far,) = render(still(), track(12, size=Size(320, 180)))
    assert near.matte.sum() / far.matte.sum() == pytest.approx(4, rel=0.06)


def test_joints_fall_on_the_matte_and_in_front_of_the_depth() -> None:
    times = torch.arange(3, dtype=torch.float64) / 3
    poses, cameras = WALK.poses(times), track(frames=3, size=Size(480, 270))
    for joints, frame in zip(poses.joints, render(poses, cameras, voxel=0.014), strict=True):
        in_camera = joints @ cameras.cam_from_world[0, :3, :3].T + cameras.cam_from_world[0, :3, 3]
        pixel = (in_camera @ cameras.intrinsics[0].T)[:, :2] / in_camera[:, 2:]
        column, row = pixel.floor().long().T.numpy()
        # joints of the sole and the crown lie on the very edge of the body: look one pixel around
        near = np.stack(
            [frame.matte[row + dy, column + dx, 0] for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        )
        assert (near.max(0) > 0).all()
        depth = frame.depth[row, column]
        inside = near.min(0) == 255
        assert inside.sum() > 12
        assert (depth[inside] < in_camera[inside, 2].numpy() + 0.03).all(), (
            "skin lies before the joint"
        )


def test_pan_right_moves_the_person_left() -> None:
    ahead, right = (render(still(), track(yaw=yaw))[0].matte for yaw in (0.0, 10.0))
    focal = float(track().intrinsics[0, 0, 0])
    shift = centre_column(right) - centre_column(ahead)
    assert shift == pytest.approx(-focal * np.tan(np.radians(10)), abs=1.5)


def test_person_out_of_view_gives_an_empty_frame() -> None:
    for yaw in (90.0, 180.0):
        (frame,) = render(still(), track(yaw=yaw))
        assert not frame.matte.any()
        assert np.isinf(frame.depth).all()


def test_taller_person_is_taller_by_the_same_share() -> None:
    tall, short = PersonLook(height=1.9), PersonLook(height=1.6)
    rows = []
    for look in (tall, short):
        poses = Stand(heading=180.0, height=look.height).poses(torch.zeros(1))
        (frame,) = render(poses, track(6, size=Size(640, 360)), look)
        rows.append(int(frame.matte.any(axis=(1, 2)).sum()))
    assert rows[0] / rows[1] == pytest.approx(1.9 / 1.6, rel=0.03)


def test_same_seed_same_person_and_same_pixels() -> None:
    people = [random_look(torch.Generator().manual_seed(seed)) for seed in (3, 3, 4)]
    assert people[0] == people[1] != people[2]
    first, again = (render(WALK.poses(torch.zeros(1)), track())[0] for _ in range(2))
    for a, b in zip(first, again, strict=True):
        assert np.array_equal(a, b)


def test_bad_input_is_refused_in_one_line() -> None:
    with pytest.raises(InputError, match="1 poses for 3 cameras"):
        render(still(), track(frames=3))
    with pytest.raises(InputError, match="samples is 0"):
        list(render_person(LOOK, still(), track(), samples=0))
    with pytest.raises(InputError, match="height 3"):
        PersonLook(height=3.0)
    with pytest.raises(InputError, match="0 frames"):
        demo_shot(frames=0)


def slow_raster(points: Tensor, depth: Tensor, faces: Tensor, width: int, height: int) -> Tensor:
    """Each sample against each triangle, one by one: depth [H, W], infinite where none."""
    nearest = torch.full((height, width), torch.inf)
    for face in faces.tolist():
        (ax, ay), (bx, by), (cx, cy) = points[face].tolist()
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area >= 0:
            continue
        for row in range(height):
            for column in range(width):
                x, y = column + 0.5, row + 0.5
                wa = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
                wb = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
                wc = 1 - wa - wb
                if min(wa, wb, wc) >= 0:
                    za, zb, zc = depth[face].tolist()
                    z = 1 / (wa / za + wb / zb + wc / zc)
                    nearest[row, column] = min(float(nearest[row, column]), z)
    return nearest


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_rasteriser_against_the_slow_one(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    width, height = 13, 9
    points = torch.rand(24, 2, generator=generator) * torch.tensor([20.0, 15.0]) - 3
    depth = torch.rand(24, generator=generator) * 3 + 1
    faces = torch.arange(24).reshape(8, 3)
    expected = slow_raster(points, depth, faces, width, height)
    cover = rasterise(points, depth, faces, width, height)
    nearest = torch.full((height * width,), torch.inf)
    nearest[cover.sample] = cover.depth
    assert cover.sample.numel() > 10
    assert torch.allclose(nearest.reshape(height, width), expected, atol=1e-4)
    # the weights rebuild the sample's own place, undone of perspective
    z = depth[faces[cover.triangle]]
    screen = cover.weights * z / cover.depth[:, None]
    place = (points[faces[cover.triangle]] * screen[..., None]).sum(1)
    centre = torch.stack([cover.sample % width, cover.sample // width], dim=-1) + 0.5
    assert torch.allclose(place, centre, atol=1e-3)


def test_depth_of_a_sphere_is_the_analytic_one() -> None:
    radius, distance, focal, size = 0.5, 4.0, 120.0, 64
    ball = Loft("trunk", (0, 0, 0), (0, 0, 0), (radius,), (radius,), radius)
    bound = torch.full((3,), 0.6)
    vertices, faces = extract_surface(
        lambda points: blended_distance([ball], points), -bound, bound, 0.04
    )
    assert (vertices.norm(dim=-1) - radius).abs().max() < 1e-3
    z = vertices[:, 2] + distance
    cover = rasterise(vertices[:, :2] * focal / z[:, None] + size / 2, z, faces, size, size)
    x = (cover.sample % size + 0.5 - size / 2) / focal
    y = (cover.sample // size + 0.5 - size / 2) / focal
    # |s·(x, y, 1) − (0, 0, distance)| = radius, the nearer root; off the grazing rim
    a, c = x * x + y * y + 1, distance**2 - radius**2
    root = distance**2 - a * c
    inner = root > 0.1
    assert inner.sum() > 400
    expected = (distance - root[inner].sqrt()) / a[inner]
    assert (cover.depth[inner] - expected).abs().max() < 0.004


def test_demo_shot_keeps_the_walker_in_the_frame() -> None:
    colour, matte, cameras = demo_shot(frames=5, size=SIZE, frame_rate=2)
    assert len(colour) == len(matte) == len(cameras) == 5
    assert cameras.size == colour.size == matte.size == SIZE
    for frame, person in zip(colour.frames, matte.frames, strict=True):
        assert not person[0].any(), "the head is in"
        assert person[-1].any(), "seen from the waist up"
        assert 0.35 < centre_column(person) / SIZE.width < 0.65
        assert (frame[person[..., 0] == 0] == frame[0, 0]).all(), "plain studio behind"
    centres = invert_rigid(cameras.cam_from_world)[:, :3, 3]
    assert (centres[:, 1] + 1.5).abs().max() < 0.02
    assert float(centres[-1, 0] - centres[0, 0]) == pytest.approx(2.3, abs=0.05)
