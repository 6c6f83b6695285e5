"""The conventions of the moves, told by pixels: where does a point of the scene go?"""

import pytest
import torch

from dynascene.errors import InputError
from dynascene.geometry.easing import EASINGS
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import MOVES, describe_moves, make_move
from dynascene.geometry.rigid import camera_centres, rotation_angle
from dynascene.geometry.tracks import path_length
from dynascene.types import CameraTrack, Size

SIZE = Size(160, 90)
INTRINSICS = intrinsics_from_fov(60, SIZE)
CENTRE = (80.0, 45.0)
AHEAD, FAR, NEAR = (0.0, 0.0, 1.0), (0.0, 0.0, 20.0), (0.0, 0.0, 0.6)


def move(text: str, frames: int = 9, seed: int = 0) -> CameraTrack:
    return make_move(text, frames, INTRINSICS, SIZE, seed=seed)


def pixel(track: CameraTrack, point: tuple[float, float, float], frame: int = -1) -> torch.Tensor:
    """Where a point of the first camera's world lies in a frame: [2], u right, v down."""
    world = torch.tensor([*point, 1.0], dtype=torch.float64)
    projected = track.intrinsics[frame] @ (track.cam_from_world[frame] @ world)[:3]
    assert projected[2] > 0, "the point lies behind the camera"
    return projected[:2] / projected[2]


def shift(text: str, point: tuple[float, float, float]) -> tuple[float, float]:
    track = move(text)
    u, v = (pixel(track, point) - pixel(track, point, frame=0)).tolist()
    return u, v


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("frames", [1, 2, 3, 24])
def test_every_move_starts_exactly_at_the_identity(name, frames):
    track = move(name, frames)
    assert len(track) == frames
    assert torch.equal(track.cam_from_world[0], torch.eye(4).double())
    assert torch.equal(track.intrinsics[0], INTRINSICS)


@pytest.mark.parametrize("name", [name for name in MOVES if name != "static"])
def test_every_move_moves_smoothly(name):
    track = move(name, 48)
    relative = track.cam_from_world[1:] @ torch.linalg.inv(track.cam_from_world[:-1])
    speed = relative[:, :3, 3].norm(dim=-1) + torch.deg2rad(rotation_angle(relative[:, :3, :3]))
    assert speed.max() > 1e-4
    assert speed[0] < 0.1 * speed.max()
    assert speed.diff().abs().max() < 0.35 * speed.max()


def test_static_stays():
    track = move("static")
    assert torch.equal(track.cam_from_world, torch.eye(4).double().repeat(9, 1, 1))


@pytest.mark.parametrize(
    ("text", "axis", "sign"),
    [
        ("pan-right", 0, -1),
        ("pan-left", 0, 1),
        ("tilt-up", 1, 1),
        ("tilt-down", 1, -1),
        ("truck-right", 0, -1),
        ("truck-left", 0, 1),
        ("pedestal-up", 1, 1),
        ("pedestal-down", 1, -1),
    ],
)
def test_picture_moves_against_the_camera(text, axis, sign):
    moved = shift(text, AHEAD)
    assert moved[axis] * sign > 5
    assert abs(moved[1 - axis]) < 1e-9


@pytest.mark.parametrize("text", ["pan-left", "pan-right:300", "tilt-up", "tilt-down", "roll-left"])
def test_turning_moves_do_not_travel(text):
    assert path_length(move(text)) == 0


@pytest.mark.parametrize(
    ("text", "degrees"), [("pan-right:33", 33), ("tilt-down:7", 7), ("pan-left", 20)]
)
def test_amount_of_a_turn_is_in_degrees(text, degrees):
    angle = rotation_angle(move(text).cam_from_world[-1, :3, :3])
    assert angle.item() == pytest.approx(degrees)


def test_pan_by_half_the_field_of_view_takes_the_border_to_the_centre():
    focal = INTRINSICS[0, 0].item()
    on_right_border = (CENTRE[0] / focal, 0.0, 1.0)
    assert pixel(move("pan-right:30"), on_right_border).tolist() == pytest.approx(CENTRE)


def test_roll_right_turns_the_picture_counter_clockwise():
    track = move("roll-right:90")
    right_of_centre = (0.2, 0.0, 1.0)
    offset = pixel(track, right_of_centre) - torch.tensor(CENTRE).double()
    assert abs(offset[0]) < 1e-9
    assert offset[1] < -5  # up
    assert shift("roll-left:90", right_of_centre)[1] > 5


@pytest.mark.parametrize("text", ["truck-left", "truck-right", "pedestal-up", "pedestal-down"])
def test_near_things_move_more_than_far_ones(text):
    near, far = (max(map(abs, shift(text, point))) for point in (NEAR, FAR))
    assert near > 5 * far > 0


def test_dolly_in_enlarges_and_dolly_out_shrinks():
    right, above = (0.2, 0.0, 1.0), (0.0, -0.2, 1.0)
    assert shift("dolly-in", right)[0] > 3
    assert shift("dolly-in", above)[1] < -3
    assert shift("dolly-out", right)[0] < -3
    assert pixel(move("dolly-in:0.5"), right)[0].item() - 80 == pytest.approx(
        2 * (pixel(move("static"), right)[0].item() - 80)
    )


def test_translations_go_where_they_say():
    centre = {
        text: camera_centres(move(text).cam_from_world)[-1].tolist()
        for text in ("dolly-in:0.5", "dolly-out:2", "truck-right:0.4", "pedestal-up:0.3")
    }
    assert centre["dolly-in:0.5"] == pytest.approx([0, 0, 0.5])
    assert centre["dolly-out:2"] == pytest.approx([0, 0, -2])
    assert centre["truck-right:0.4"] == pytest.approx([0.4, 0, 0])
    assert centre["pedestal-up:0.3"] == pytest.approx([0, -0.3, 0])  # y points down


@pytest.mark.parametrize(("text", "side"), [("orbit-right:50", 1), ("orbit-left:50", -1)])
def test_orbit_circles_the_point_ahead_and_looks_at_it(text, side):
    track = move(text)
    centres = camera_centres(track.cam_from_world)
    distance = (centres - torch.tensor(AHEAD).double()).norm(dim=-1)
    assert torch.allclose(distance, torch.ones(9).double())
    assert centres[-1, 0] * side > 0.5
    for frame in range(9):
        assert pixel(track, AHEAD, frame).tolist() == pytest.approx(CENTRE)
    assert shift(text, FAR)[0] * side > 5  # the background passes the other way than in a truck


@pytest.mark.parametrize(("text", "sign"), [("crane-up:0.5", -1), ("crane-down:0.5", 1)])
def test_crane_keeps_the_centre_while_it_rises(text, sign):
    track = move(text)
    assert camera_centres(track.cam_from_world)[-1].tolist() == pytest.approx([0, 0.5 * sign, 0])
    for frame in range(9):
        assert pixel(track, AHEAD, frame).tolist() == pytest.approx(CENTRE)


@pytest.mark.parametrize("amount", [0.6, -1.5])
def test_dolly_zoom_keeps_the_plane_at_distance_one(amount):
    track = move(f"dolly-zoom:{amount}")
    assert camera_centres(track.cam_from_world)[-1].tolist() == pytest.approx([0, 0, amount])
    in_plane = (0.2, -0.1, 1.0)
    for frame in range(9):
        assert torch.allclose(pixel(track, in_plane, frame), pixel(track, in_plane, 0))
    background = abs(pixel(track, (2.0, 0, 20.0))[0].item() - 80)
    assert (background < abs(pixel(track, (2.0, 0, 20.0), 0)[0].item() - 80)) == (amount > 0)


def test_joined_moves_happen_together():
    track = move("dolly-in:0.3+pan-left:10:linear")
    assert camera_centres(track.cam_from_world)[-1].tolist() == pytest.approx([0, 0, 0.3])
    assert rotation_angle(track.cam_from_world[4, :3, :3]).item() == pytest.approx(5)
    written = move(" Pan-Left:10 + dolly-in"), move("dolly-in:0.3+pan-left:10")
    assert torch.equal(written[0].cam_from_world, written[1].cam_from_world)


def test_joined_moves_of_one_kind_add_up():
    both, one = move("pan-right:10+pan-right:5"), move("pan-right:15")
    assert torch.allclose(both.cam_from_world, one.cam_from_world)


def test_dolly_on_an_orbit_spirals_in_and_keeps_looking():
    track = move("orbit-right:60+dolly-in:0.5")
    distance = (camera_centres(track.cam_from_world) - torch.tensor(AHEAD).double()).norm(dim=-1)
    assert distance[-1].item() == pytest.approx(0.5)
    assert pixel(track, AHEAD).tolist() == pytest.approx(CENTRE)


@pytest.mark.parametrize("easing", EASINGS)
def test_easings_run_from_zero_to_one_and_never_back(easing):
    progress = EASINGS[easing](torch.linspace(0, 1, 101, dtype=torch.float64))
    assert progress[0] == 0
    assert progress[-1].item() == pytest.approx(1)
    assert (progress.diff() > 0).all()


@pytest.mark.parametrize(
    ("easing", "starts_slowly", "ends_slowly"),
    [("linear", 0, 0), ("ease-in", 1, 0), ("ease-out", 0, 1), ("ease-in-out", 1, 1)],
)
def test_easing_is_slow_where_it_says(easing, starts_slowly, ends_slowly):
    travelled = camera_centres(move(f"truck-right:1:{easing}", 25).cam_from_world)[:, 0]
    speed = travelled.diff() * 24
    assert (speed[0] < 0.05) == starts_slowly
    assert (speed[-1] < 0.05) == ends_slowly


def test_easing_with_the_default_amount():
    assert torch.equal(
        move("pan-right::linear").cam_from_world, move("pan-right:20:linear").cam_from_world
    )


def test_handheld_has_its_amount_and_stays_in_its_band():
    track = move("handheld:2", 3000)
    forward = track.cam_from_world[:, 2, :3]
    pan = torch.rad2deg(torch.atan2(forward[:, 0], forward[:, 2]))
    assert pan.square().mean().sqrt().item() == pytest.approx(2, rel=0.05)
    spectrum = torch.fft.rfft(pan * torch.hann_window(3000, dtype=torch.float64)).abs() ** 2
    hertz = torch.fft.rfftfreq(3000, 1 / 24)
    assert spectrum[(hertz > 0.3) & (hertz < 3.2)].sum() > 0.99 * spectrum.sum()


def test_handheld_is_decided_by_its_seed():
    first, again, other = move("handheld", 30), move("handheld", 30), move("handheld", 30, seed=1)
    assert torch.equal(first.cam_from_world, again.cam_from_world)
    assert not torch.allclose(first.cam_from_world, other.cam_from_world, atol=1e-4)
    longer = move("handheld", 60)
    assert torch.allclose(longer.cam_from_world[:30], first.cam_from_world, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pan-rigth", r"unknown move 'pan-rigth', did you mean 'pan-right'\? known: static, pan-"),
        ("xyz", "unknown move 'xyz'; known: static"),
        ("", "unknown move ''"),
        ("pan-right+", "unknown move ''"),
        ("pan-right:ten", "'ten' is not a number; it is in degrees, as in pan-right:20"),
        ("truck-left:0.2m", "'0.2m' is not a number; it is in track units"),
        ("pan-right:nan", "is not a number"),
        ("pan-right:inf", "is not a number"),
        ("pan-right:", "expected NAME"),
        ("pan-right:1:linear:2", "expected NAME"),
        ("pan-right:10:eas-in", "unknown easing 'eas-in', did you mean 'ease-in'"),
        ("pan-right:-10", "0 to 360 degrees; for the other direction take pan-left"),
        ("dolly-out:-1", "for the other direction take dolly-in"),
        ("pan-right:361", "out of range"),
        ("tilt-up:91", "out of range"),
        ("dolly-in:1", "0 to 0.95 track units"),
        ("dolly-zoom:1", "-10 to 0.95"),
        ("truck-right:20", "0 to 10 track units"),
        ("static:1", "takes no amount"),
        ("handheld:0.3:linear", "takes no easing"),
    ],
)
def test_nonsense_is_refused_in_one_line(text, message):
    with pytest.raises(InputError, match=message) as error:
        move(text)
    assert "\n" not in str(error.value)


def test_no_frames_are_refused():
    with pytest.raises(InputError, match="0 frames"):
        move("static", 0)


def test_description_names_every_move_with_its_default():
    lines = describe_moves().splitlines()
    assert len(lines) == len(MOVES)
    for line, entry in zip(lines, MOVES.values(), strict=True):
        assert line.startswith(entry.name)
        assert entry.description in line
        assert entry.unit is None or f"{entry.default:g} {entry.unit}" in line


@pytest.mark.parametrize("stem", ["pan", "tilt", "roll", "truck", "pedestal", "dolly", "orbit"])
def test_opposite_moves_cancel(stem):
    one, other = (name for name in MOVES if name.startswith(stem) and name != "dolly-zoom")
    cancelled = move(f"{one}:0.1+{other}:0.1").cam_from_world
    assert torch.equal(cancelled, torch.eye(4).double().repeat(9, 1, 1))
