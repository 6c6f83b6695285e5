"""The walker moves as a body does: rigid limbs, planted feet, knees that bend one way."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.rigid import rotation_angle
from dynascene.synthetic.people.gait import Walk
from dynascene.synthetic.people.gait_style import stride_length
from dynascene.synthetic.people.ground_path import GroundPath
from dynascene.synthetic.people.skeleton import (
    BONE_OF_JOINT,
    BONES,
    JOINTS,
    LIMBS,
    rest_joints,
)
from dynascene.synthetic.people.standing import Stand

STRAIGHT = GroundPath(torch.tensor([[0.0, 0.0], [0.0, 8.0]]))
CURVE = GroundPath(torch.tensor([[0.0, 0.0], [1.5, 1.0], [2.0, 3.0], [4.0, 3.5]]))
TIMES = torch.arange(200, dtype=torch.float64) / 100

motions = pytest.mark.parametrize(
    "motion",
    [
        Walk(STRAIGHT),
        Walk(CURVE, speed=1.0, height=1.62, phase=0.3),
        Walk(CURVE, speed=1.7, height=1.9),
        Walk(STRAIGHT, speed=3.0),
        Stand((0.4, -1.0), heading=70, waving=True),
    ],
    ids=["walk", "slow, short, curved", "brisk, tall, curved", "run", "wave"],
)


def lengths(joints: Tensor) -> Tensor:
    ends = torch.tensor([[JOINTS.index(a), JOINTS.index(b)] for a, b in LIMBS])
    return (joints[:, ends[:, 0]] - joints[:, ends[:, 1]]).norm(dim=-1)


@motions
def test_limbs_keep_their_length(motion: Walk | Stand) -> None:
    rest = torch.stack(list(rest_joints(motion.height).values()))[None]
    joints = motion.poses(TIMES).joints
    assert torch.allclose(lengths(joints), lengths(rest).expand(200, -1), atol=1e-9)


@motions
def test_bones_carry_their_joints_rigidly(motion: Walk | Stand) -> None:
    poses, rest = motion.poses(TIMES), rest_joints(motion.height)
    rotation = poses.world_from_rest[..., :3, :3]
    eye = torch.eye(3, dtype=torch.float64)
    assert (rotation @ rotation.mT - eye).abs().max() < 1e-9
    for name, bone in BONE_OF_JOINT.items():
        motion_of_bone = poses.world_from_rest[:, BONES.index(bone)]
        place = motion_of_bone[:, :3, :3] @ rest[name] + motion_of_bone[:, :3, 3]
        assert torch.allclose(place, poses.joint(name), atol=1e-9)


@motions
def test_nothing_sinks_into_the_ground(motion: Walk | Stand) -> None:
    assert motion.poses(TIMES).joints[..., 1].max() < 1e-6


def slip_while_on_ground(points: Tensor) -> float:
    """Largest horizontal drift of a sole point during any spell within 1 mm of the ground."""
    down = points[:, 1] > -0.001
    worst, start = 0.0, None
    for frame in range(len(points)):
        if not down[frame]:
            start = None
        elif start is None:
            start = points[frame]
        else:
            worst = max(worst, float((points[frame] - start)[[0, 2]].norm()))
    return worst


@motions
@pytest.mark.parametrize("point", ["right_heel", "right_ball", "left_heel", "left_ball"])
def test_a_planted_foot_does_not_slide(motion: Walk | Stand, point: str) -> None:
    points = motion.poses(TIMES).joint(point)
    assert (points[:, 1] > -0.001).any(), "the foot never lands: the test would prove nothing"
    assert slip_while_on_ground(points) < 0.01


def test_the_slip_measure_sees_a_sliding_foot() -> None:
    sliding = torch.stack([TIMES * 0.1, 0 * TIMES, 0 * TIMES], dim=-1)
    assert slip_while_on_ground(sliding) == pytest.approx(0.199)


def knee_bend(side: str, joints: Callable[[str], Tensor]) -> Tensor:
    thigh = joints(f"{side}_knee") - joints(f"{side}_hip")
    shin = joints(f"{side}_ankle") - joints(f"{side}_knee")
    cosine = torch.nn.functional.cosine_similarity(thigh, shin, dim=-1)
    return torch.rad2deg(torch.acos(cosine.clamp(-1, 1)))


def test_knees_bend_as_in_walking() -> None:
    poses = Walk(STRAIGHT).poses(TIMES)
    bend = knee_bend("right", poses.joint)
    assert bend.min() < 15, "almost straight at heel strike"
    assert 50 < bend.max() < 75, "about 60 degrees in swing"
    knee_ahead = poses.joint("right_knee") - 0.5 * (
        poses.joint("right_hip") + poses.joint("right_ankle")
    )
    assert knee_ahead[:, 2].min() > 0, "a knee points where the person goes"


def test_arms_swing_against_the_legs() -> None:
    poses = Walk(STRAIGHT).poses(TIMES)
    for side in ("right", "left"):
        hand = (poses.joint(f"{side}_wrist") - poses.joint(f"{side}_shoulder"))[:, 2]
        foot = (poses.joint(f"{side}_ankle") - poses.joint(f"{side}_hip"))[:, 2]
        assert torch.corrcoef(torch.stack([hand, foot]))[0, 1] < -0.7


def test_pelvis_bobs_twice_a_stride_by_a_few_centimetres() -> None:
    period = stride_length(1.35) / 1.35
    times = torch.arange(120, dtype=torch.float64) / 120 * period
    height = -Walk(STRAIGHT).poses(times).joint("pelvis")[:, 1]
    assert 0.02 < height.max() - height.min() < 0.07
    spectrum = torch.fft.rfft(height - height.mean()).abs()
    assert int(spectrum.argmax()) == 2


@pytest.mark.parametrize("speed", [1.35, 3.0])
def test_only_runners_fly(speed: float) -> None:
    poses = Walk(STRAIGHT, speed=speed).poses(TIMES)
    soles = [f"{side}_{point}" for side in ("right", "left") for point in ("heel", "ball", "toe")]
    lowest = torch.stack([-poses.joint(name)[:, 1] for name in soles]).amin(0)
    assert bool((lowest > 0.005).any()) == (speed > 2)


def test_walker_follows_the_path_and_faces_along_it() -> None:
    walk = Walk(CURVE, speed=1.2)
    poses = walk.poses(TIMES)
    on_path = CURVE.position(1.2 * TIMES)
    offset = (poses.joint("pelvis") - on_path)[:, [0, 2]].norm(dim=-1)
    assert offset.max() < 0.04, "only the sway of the hips"
    across = poses.joint("right_hip") - poses.joint("left_hip")
    heading = torch.rad2deg(torch.atan2(-across[:, 2], across[:, 0]))
    error = (heading - CURVE.heading(1.2 * TIMES) + 180) % 360 - 180
    assert error.abs().max() < 10


def test_motion_is_smooth_at_film_rate() -> None:
    times = torch.arange(96, dtype=torch.float64) / 24
    joints = Walk(CURVE).poses(times).joints
    jump = joints.diff(dim=0).norm(dim=-1).max()
    assert jump < 5.5 / 24, "nothing on a walker is faster than four times the walk"
    turn = Walk(CURVE).poses(times).world_from_rest[..., :3, :3]
    assert rotation_angle(turn[1:] @ turn[:-1].mT).max() < 35


def test_path_is_walked_at_even_pace_and_goes_on_straight() -> None:
    distance = torch.linspace(-1, CURVE.length + 1, 500, dtype=torch.float64)
    points = CURVE.position(distance)
    pace = points.diff(dim=0).norm(dim=-1) / distance.diff()
    assert (pace - 1).abs().max() < 0.01
    assert CURVE.heading(torch.tensor([-5.0]))[0] == pytest.approx(
        float(CURVE.heading(torch.tensor([-9.0]))[0])
    )


@pytest.mark.parametrize(
    ("waypoints", "words"),
    [
        (torch.zeros(1, 2), r"\[1, 2\]"),
        (torch.zeros(3, 3), r"\[3, 3\]"),
        (torch.zeros(3, 2), "waypoints 0 and 1 coincide"),
        (torch.tensor([[0.0, 0.0], [math.nan, 1.0]]), "not finite"),
    ],
)
def test_bad_paths_are_refused(waypoints: Tensor, words: str) -> None:
    with pytest.raises(InputError, match=words):
        GroundPath(waypoints)


def test_bad_speed_is_refused() -> None:
    with pytest.raises(InputError, match="speed 9"):
        Walk(STRAIGHT, speed=9)
