"""The guide: geometry against written-out formulas, the canvas against the picture itself."""

import math

import pytest
import torch
from stored_canvas import canvas_of

from dynascene.errors import InputError
from dynascene.geometry.canvas import paint_canvas
from dynascene.geometry.framing import (
    FRAMING_GRID,
    Attitude,
    Framing,
    afloat,
    check_inside,
    choose_framing,
    filmed_attitude,
    find_framing,
    place_track,
    reached_share,
    reached_shares,
    seen_share,
)
from dynascene.geometry.intrinsics import (
    contain_intrinsics,
    cover_crop_intrinsics,
    focal_from_fov,
    intrinsics_from_fov,
)
from dynascene.geometry.lifting import lift_to_stage, median_depth
from dynascene.geometry.panorama import (
    PanoramaWindow,
    angles_from_directions,
    directions_from_angles,
)
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.projection import render_guide, scene_angles, window_for_track
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.geometry.surface import Stage
from dynascene.types import CameraTrack, Size

SIZE = Size(64, 36)


def picture_camera(size: Size = SIZE, fov: float = 60.0, horizon: float = 0.5) -> PictureCamera:
    return PictureCamera(focal_from_fov(fov, size), size, horizon * size.height)


def smooth_picture(size: Size = SIZE) -> torch.Tensor:
    """A picture with no detail finer than several pixels, different at every place."""
    x = torch.linspace(0, 1, size.width)[None, :].expand(size.height, size.width)
    y = torch.linspace(0, 1, size.height)[:, None].expand(size.height, size.width)
    return torch.stack([x, y, 0.5 + 0.5 * torch.sin(5 * x) * torch.cos(4 * y)])


def solid(picture: torch.Tensor) -> torch.Tensor:
    return torch.cat([picture, torch.ones_like(picture[:2])])


def track_of(centres: torch.Tensor, fov: float = 50.0, yaw: torch.Tensor | None = None):
    frames = len(centres)
    angles = torch.zeros(frames) if yaw is None else yaw
    rotation = rotation_about("y", angles).mT
    translation = -(rotation @ centres.double()[..., None])[..., 0]
    k = intrinsics_from_fov(fov, SIZE).expand(frames, 3, 3)
    return CameraTrack(rigid(rotation, translation), k, SIZE)


def test_angles_and_directions_are_inverse() -> None:
    azimuth = torch.linspace(-3.1, 3.1, 33).double()[:, None].expand(33, 9)
    depression = torch.linspace(-1.5, 1.5, 9).double()[None].expand(33, 9)
    again = angles_from_directions(3 * directions_from_angles(azimuth, depression))
    torch.testing.assert_close(again, (azimuth, depression))


@pytest.mark.parametrize("horizon", [-0.2, 0.3, 0.5, 0.8])
def test_the_horizon_is_at_its_row(horizon: float) -> None:
    camera = picture_camera(horizon=horizon)
    pixel, _ = camera.pixels_from_directions(torch.tensor([0.0, 0.0, 1.0]).double())
    assert pixel.tolist() == pytest.approx([SIZE.width / 2, horizon * SIZE.height])


def test_a_stage_is_met_where_the_formulas_say() -> None:
    stage = Stage(height=1.5, radius=10)
    down = torch.tensor([[0.0, 0.3, 1.0]])  # meets the ground at depth 1.5 / 0.3
    torch.testing.assert_close(stage.hit(torch.zeros(1, 3), down), torch.tensor([[0, 1.5, 5.0]]))
    level = torch.tensor([[1.0, 0.0, 1.0]])
    expected = torch.tensor([[10 / math.sqrt(2), 0, 10 / math.sqrt(2)]])
    torch.testing.assert_close(stage.hit(torch.zeros(1, 3), level), expected)
    origin = torch.tensor([[2.0, -1.0, 3.0]])
    ahead = stage.hit(origin, torch.tensor([[0.0, 0.0, 2.0]]))
    torch.testing.assert_close(ahead, torch.tensor([[2.0, -1.0, math.sqrt(100 - 4)]]))


def test_the_ground_line_has_no_seam() -> None:
    """Two rays that pass just over and just under the ground line meet the stage side by side."""
    stage = Stage(height=0.2, radius=1.3)
    slope = stage.height / stage.radius
    rays = torch.tensor([[0.0, slope - 1e-5, 1.0], [0.0, slope + 1e-5, 1.0]]).double()
    near, far = stage.hit(torch.zeros(2, 3).double(), rays)
    assert (near - far).norm() < 1e-3


def test_a_static_camera_like_the_pictures_shows_the_picture() -> None:
    picture, camera = smooth_picture(), picture_camera()
    stage = Stage(0.2, 1.5)
    track = track_of(torch.zeros(1, 3), fov=60.0)
    canvas = paint_canvas(solid(picture), camera, window_for_track(track, stage))
    frame = next(render_guide(track, [stage], [canvas]))
    inner = (slice(None), slice(2, -2), slice(2, -2))
    assert (frame.colour[inner] - picture[inner]).abs().max() < 0.02
    assert frame.visibility[inner].min() > 0.9999


def test_projection_moves_points_as_a_pinhole_camera_does() -> None:
    """Slow reference: world points on the stage, projected into both cameras by hand."""
    camera, stage = picture_camera(), Stage(0.2, 1.5)
    track = track_of(torch.tensor([[0.1, 0.02, 0.2]]), yaw=torch.tensor([4.0]))
    azimuth, depression = scene_angles(track, stage, 0)
    pixel, _ = camera.pixels_from_directions(directions_from_angles(azimuth, depression))
    pose, k = track.cam_from_world[0], track.intrinsics[0]
    for row, column in [(3, 5), (18, 32), (30, 50), (35, 0)]:
        ray = (
            pose[:3, :3].T
            @ torch.linalg.inv(k)
            @ torch.tensor([column + 0.5, row + 0.5, 1]).double()
        )
        centre = torch.tensor([0.1, 0.02, 0.2]).double()
        point = stage.hit(centre, ray)
        on_ground = abs(point[1] - stage.height) < 1e-6
        on_wall = abs(torch.hypot(point[0], point[2]) - stage.radius) < 1e-6
        assert on_ground or on_wall
        expected = camera.focal * point[:2] / point[2] + torch.tensor(SIZE).double() / 2
        assert (pixel[row, column] - expected).abs().max() < 1e-2


def test_what_lies_beyond_the_picture_is_not_visible() -> None:
    camera, stage = picture_camera(fov=50), Stage(0.2, 1.5)
    track = track_of(torch.zeros(3, 3), fov=50.0, yaw=torch.tensor([0.0, 25.0, 60.0]))
    canvas = paint_canvas(solid(smooth_picture()), camera, window_for_track(track, stage))
    shares = [float(frame.visibility.mean()) for frame in render_guide(track, [stage], [canvas])]
    assert shares[0] > 0.97
    assert 0.3 < shares[1] < 0.6
    assert shares[2] == 0


def test_the_place_is_the_same_when_the_camera_comes_back() -> None:
    camera, stage = picture_camera(fov=40), Stage(0.2, 1.5)
    track = track_of(torch.zeros(5, 3), yaw=torch.tensor([0.0, 100.0, 200.0, 300.0, 360.0]))
    window = window_for_track(track, stage)
    canvas = paint_canvas(solid(smooth_picture()), camera, window)
    frames = [frame.colour for frame in render_guide(track, [stage], [canvas])]
    assert (frames[0] - frames[-1]).abs().max() < 1e-3
    assert (frames[0] - frames[2]).abs().max() > 0.1


def test_fine_detail_is_averaged_not_aliased() -> None:
    """A one-pixel checkerboard seen from much farther away becomes its mean, everywhere."""
    x, y = torch.meshgrid(torch.arange(512), torch.arange(512), indexing="xy")
    layers = ((x + y) % 2).float().expand(5, 512, 512).clone()
    canvas = canvas_of(PanoramaWindow(0.0, 0.5, -0.5, 0.5, 512.0), layers)
    azimuth = torch.linspace(-0.45, 0.45, 48)[None, :].expand(48, 48)
    depression = torch.linspace(-0.45, 0.45, 48)[:, None].expand(48, 48)
    colour = canvas.sample(azimuth, depression).colour
    assert (colour - 0.5).abs().max() < 0.05


@pytest.mark.parametrize("wide", [False, True])
def test_sampling_reads_the_canvas_where_it_says(wide: bool) -> None:
    """A canvas whose value is its own azimuth gives the azimuth back, across the seam too."""
    half = math.pi if wide else 0.6
    window = PanoramaWindow(0.3, half, -0.4, 0.4, 200.0)
    azimuth, _ = window.pixel_angles()
    layers = (0.5 + 0.4 * azimuth.sin()).expand(5, window.size.height, -1).clone()
    canvas = canvas_of(window, layers)
    end = math.pi if wide else 0.8
    seen = torch.linspace(-0.2, end + 0.6 * wide, 90)[None, :].expand(20, 90)
    down = torch.zeros(20, 90) + torch.linspace(-0.2, 0.2, 20)[:, None]
    colour = canvas.sample(seen, down).colour
    assert (colour[0] - (0.5 + 0.4 * seen.sin())).abs().max() < 3e-3


def test_track_units_make_the_median_depth_one() -> None:
    scene = lift_to_stage(smooth_picture(), picture_camera(horizon=0.4))
    assert median_depth(scene.camera, scene.surface) == pytest.approx(1, rel=1e-5)


def test_framing_turns_the_camera_into_the_picture() -> None:
    """A pan to the right at a narrow view must begin on the picture's left."""
    size = Size(160, 90)
    scene = lift_to_stage(smooth_picture(size), picture_camera(size, fov=70))
    pan = track_of(torch.zeros(9, 3), fov=30.0, yaw=torch.linspace(0, 36, 9))
    framing = find_framing(pan, scene)
    assert framing.yaw == pytest.approx(-18, abs=3)
    best = seen_share(place_track(pan, framing), scene)
    plain = seen_share(place_track(pan, Framing(0, 0)), scene)
    assert best > 0.97
    assert best > plain + 0.05


def test_framings_at_once_see_what_each_sees_alone() -> None:
    scene = lift_to_stage(smooth_picture(), picture_camera(fov=70))
    ways = torch.linspace(0, 0.1, 3)[:, None] * torch.tensor([1.0, -0.3, 2.0])
    track = track_of(ways, fov=60.0, yaw=torch.tensor([0.0, 12.0, 30.0]))
    framings = [Framing(0, 0), Framing(-20, 4, 3), Framing(9, -12, position=(0.1, -0.05, 0.2))]
    alone = [reached_share(place_track(track, f), scene, FRAMING_GRID) for f in framings]
    assert reached_shares(track, framings, scene) == pytest.approx(alone, abs=1e-6)
    assert len({round(share, 3) for share in alone}) == 3


@pytest.mark.parametrize("frames", [2, 17, 34, 48])
def test_framing_sees_the_last_frame(frames: int) -> None:
    """All frames look ahead but the last, which turns to the right: all must turn left for it."""
    size = Size(160, 90)
    scene = lift_to_stage(smooth_picture(size), picture_camera(size, fov=70))
    yaw = torch.zeros(frames)
    still = track_of(torch.zeros(frames, 3), fov=30.0, yaw=yaw)
    assert find_framing(still, scene).yaw == 0
    yaw[-1] = 34
    turned = track_of(torch.zeros(frames, 3), fov=30.0, yaw=yaw)
    assert find_framing(turned, scene).yaw < -8


def standing_at(foot: float, head: float) -> torch.Tensor:
    """Rays [3, 2, 3] to feet and head, so many degrees below the camera's axis."""
    below = torch.deg2rad(torch.tensor([foot, head], dtype=torch.float64))
    return torch.stack([below * 0, below.sin(), below.cos()], dim=-1).expand(3, 2, 3)


def test_framing_puts_a_person_on_the_ground() -> None:
    """A camera held up so far that feet below its middle would be above the level."""
    size = Size(160, 90)
    scene = lift_to_stage(smooth_picture(size), picture_camera(size, fov=60))
    still = track_of(torch.zeros(2, 3), fov=40.0)

    def found(standing: torch.Tensor | None, pitch: float) -> float:
        held = Attitude(pitch, roll=0.0, confidence=0.5, standing=standing)
        return find_framing(still, scene, held).pitch

    person = standing_at(6, -2)
    assert found(None, 12.0) > 5
    assert found(person[:0], 12.0) == found(None, 12.0)  # nobody says nothing
    pitch = found(person, 12.0)
    eye = math.tan(math.radians(6 - pitch)) / (
        math.tan(math.radians(6 - pitch)) + math.tan(math.radians(2 + pitch))
    )
    assert 0.6 < eye < 0.9  # of the person's height above the ground
    assert found(person, -5.0) == found(None, -5.0)  # who stands on the ground already says nothing


@pytest.mark.parametrize(
    ("pitch", "expected"),
    [
        (-10, 0.0),
        (6 - 8 * 0.85, 0.0),
        (6 - 8 * 0.6, 0.39),
        (6 - 8 * 0.3, 0.988),
        (6, 1.0),
        (20, 1.0),
    ],
)
def test_who_is_afloat(pitch: float, expected: float) -> None:
    """Feet 6 degrees below the axis and the head 2 above, and where the horizon cuts them."""
    assert afloat(Framing(0, pitch), standing_at(6, -2)) == pytest.approx(expected, abs=0.01)
    assert afloat(Framing(0, pitch), None) == 0


def test_framing_keeps_the_horizon_level() -> None:
    track = place_track(track_of(torch.zeros(1, 3)), Framing(20.0, -7.0))
    right_axis = track.cam_from_world[0, 0, :3]
    assert abs(float(right_axis[1])) < 1e-12
    forward = track.cam_from_world[0, 2, :3]
    assert math.degrees(math.asin(-float(forward[1]))) == pytest.approx(-7)
    assert math.degrees(math.atan2(float(forward[0]), float(forward[2]))) == pytest.approx(20)


def test_a_camera_that_leaves_the_stage_is_refused() -> None:
    scene = lift_to_stage(smooth_picture(), picture_camera())
    height = scene.surface.height
    with pytest.raises(InputError, match="frame 1 lies below the ground"):
        check_inside(track_of(torch.tensor([[0, 0, 0], [0, 1.5 * height, 0]])), scene)
    with pytest.raises(InputError, match="frame 0 lies behind what it sees"):
        check_inside(track_of(torch.tensor([[0, 0, 10 * height]])), scene)


@pytest.mark.parametrize("target", [Size(64, 36), Size(100, 36), Size(30, 90)])
def test_cover_undoes_contain(target: Size) -> None:
    k = intrinsics_from_fov(47, SIZE).expand(3, 3, 3)
    within = contain_intrinsics(k, SIZE, target)
    torch.testing.assert_close(cover_crop_intrinsics(within, target, SIZE), k)


@pytest.mark.parametrize("horizon", [-1.2, -0.6, 0.1, 0.5, 1.1, 1.8])
def test_automatic_framing_is_never_worse_than_the_middle(horizon: float) -> None:
    """Pictures that look steeply up or down must be found, too."""
    size = Size(160, 90)
    scene = lift_to_stage(smooth_picture(size), picture_camera(size, fov=60, horizon=horizon))
    still = track_of(torch.zeros(2, 3), fov=45.0)
    shares = [
        seen_share(place_track(still, choose_framing(choice, still, scene)), scene)
        for choice in ("auto", "centre")
    ]
    assert shares[0] >= shares[1] - 0.25  # a pitch like the filmed one is worth a little
    assert shares[0] > 0.7


def test_a_roll_of_the_first_frame_does_not_tilt_the_place() -> None:
    """A level pan whose first frames were filmed rolled by 8 degrees."""
    yaw = torch.linspace(0, 40, 41).double()
    roll = torch.cat([torch.full((3,), 8.0), torch.zeros(38)]).double()
    world_from_cam = rotation_about("y", yaw) @ rotation_about("z", roll)
    poses = rigid(world_from_cam.mT, torch.zeros(41, 3).double())
    track = CameraTrack(poses, intrinsics_from_fov(50, SIZE).expand(41, 3, 3), SIZE)
    held = filmed_attitude(track)
    assert 4 < held.roll < 8.5  # as much of it as the track makes sure
    placed = place_track(track, Framing(0.0, 0.0, held.roll))
    last_right = placed.cam_from_world[-1, 0, :3]
    assert abs(math.degrees(math.asin(float(last_right[1])))) < 4
