import pytest
import torch
from scipy.interpolate import PchipInterpolator

from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.keyframes import AT_REST, Keyframe, interpolate, track_from_keyframes
from dynascene.geometry.moves import make_move
from dynascene.geometry.rigid import camera_centres
from dynascene.types import CameraTrack, Size

SIZE = Size(64, 36)
INTRINSICS = intrinsics_from_fov(60, SIZE)
TIMES = torch.tensor([0.0, 0.1, 0.45, 0.5, 0.8, 1.0], dtype=torch.float64)
VALUES = torch.tensor(
    [[0.0, 5], [1, 3], [4, -2], [4, -2], [3, 7], [9, 7.5]], dtype=torch.float64
)  # fmt: skip
FINE = torch.linspace(0, 1, 2001, dtype=torch.float64)


def track(keyframes: list[Keyframe], frames: int = 9, easing: str = "ease-in-out") -> CameraTrack:
    return track_from_keyframes(keyframes, frames, INTRINSICS, SIZE, easing)


@pytest.mark.parametrize("easing", AT_REST)
def test_curve_goes_through_its_keys(easing):
    assert torch.allclose(interpolate(TIMES, VALUES, TIMES, easing), VALUES)


@pytest.mark.parametrize("easing", AT_REST)
def test_curve_never_overshoots_its_keys(easing):
    curve = interpolate(TIMES, VALUES, FINE, easing)
    for k in range(len(TIMES) - 1):
        low, high = VALUES[k : k + 2].amin(dim=0), VALUES[k : k + 2].amax(dim=0)
        inside = curve[(TIMES[k] <= FINE) & (TIMES[k + 1] >= FINE)]
        assert (inside >= low - 1e-12).all()
        assert (inside <= high + 1e-12).all()


@pytest.mark.parametrize("keys", [2, 3, 6])
def test_smooth_curve_agrees_with_scipy(keys):
    times, values = TIMES[:keys], VALUES[:keys]
    at = FINE[times[-1] >= FINE]
    expected = PchipInterpolator(times.numpy(), values.numpy())(at.numpy())
    assert torch.allclose(interpolate(times, values, at, "smooth"), torch.from_numpy(expected))


@pytest.mark.parametrize("easing", [easing for easing in AT_REST if easing != "linear"])
def test_speed_is_continuous(easing):
    for key in TIMES[1:-1]:
        around = key + torch.tensor([-2e-6, -1e-6, 1e-6, 2e-6], dtype=torch.float64)
        values = interpolate(TIMES, VALUES, around, easing)
        before, after = (values[1] - values[0]) / 1e-6, (values[3] - values[2]) / 1e-6
        assert torch.allclose(before, after, atol=1e-2)


@pytest.mark.parametrize(
    ("easing", "starts_at_rest", "ends_at_rest"),
    [(name, *rest) for name, rest in AT_REST.items() if rest] + [("linear", False, False)],
)
def test_ends_rest_as_the_easing_says(easing, starts_at_rest, ends_at_rest):
    at = torch.tensor([0, 1e-6, 1 - 1e-6, 1], dtype=torch.float64)
    start, _, end = interpolate(TIMES, VALUES, at, easing).diff(dim=0).abs().amax(dim=-1) * 1e6
    assert (start < 0.1) == starts_at_rest
    assert (end < 0.1) == ends_at_rest


def test_linear_is_straight_between_keys():
    at = torch.tensor([0.05, 0.9], dtype=torch.float64)
    expected = torch.tensor([[0.5, 4], [6, 7.25]], dtype=torch.float64)
    assert torch.allclose(interpolate(TIMES, VALUES, at, "linear"), expected)


def test_controls_mean_what_the_moves_mean():
    for text, controls in {
        "pan-right:20+tilt-up:5": {"pan": 20.0, "tilt": 5.0},
        "dolly-in:0.3+truck-left:0.2+pedestal-up:0.1": {"forward": 0.3, "right": -0.2, "up": 0.1},
        "orbit-left:30+roll-right:4": {"orbit": -30.0, "roll": 4.0},
    }.items():
        by_name = make_move(text, 3, INTRINSICS, SIZE).cam_from_world[-1]
        by_key = track([Keyframe(0, {}), Keyframe(1, controls)], 3).cam_from_world[-1]
        assert torch.allclose(by_name, by_key, atol=1e-12)


def test_control_that_a_key_does_not_name_stays():
    keys = [Keyframe(0, {"up": 0.5}), Keyframe(0.5, {"right": 1.0}), Keyframe(1, {"forward": 2.0})]
    assert camera_centres(track(keys).cam_from_world)[-1].tolist() == pytest.approx([1, -0.5, 2])


def test_camera_stands_still_before_the_first_and_after_the_last_key():
    keys = [Keyframe(0.25, {"right": 1.0}), Keyframe(0.75, {"right": 3.0})]
    right = camera_centres(track(keys, easing="linear").cam_from_world)[:, 0].tolist()
    assert right == pytest.approx([1, 1, 1, 1.5, 2, 2.5, 3, 3, 3])


@pytest.mark.parametrize("frames", [1, 3])
def test_single_key_is_a_still_camera(frames):
    poses = track([Keyframe(0.5, {"pan": 10.0})], frames).cam_from_world
    assert torch.equal(poses, poses[:1].expand(frames, 4, 4))
    assert not torch.allclose(poses[0], torch.eye(4).double())


def test_zoom_is_the_logarithm_of_the_focal_length():
    zoomed = track([Keyframe(0, {}), Keyframe(1, {"zoom": torch.tensor(2.0).log().item()})])
    focal = zoomed.intrinsics[:, 0, 0] / INTRINSICS[0, 0]
    assert focal[[0, 4, 8]].tolist() == pytest.approx([1, 2**0.5, 2])
    assert torch.equal(zoomed.intrinsics[:, :2, 2], INTRINSICS[:2, 2].expand(9, 2))
