"""Walking and running: poses over time.

A stride is two steps. Phase 0 is the right heel's strike and phase ½ the left one's. A foot stands
for the first ``duty`` of its own stride (rolling from the heel over the flat foot to the ball) and
swings for the rest. The footprints come first, so a planted foot cannot slide; the pelvis moves
along the path above them and the legs follow.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.rigid import rotation_about
from dynascene.synthetic.people.gait_style import RUN, RUNNING_SPEED, WALK, GaitStyle, stride_length
from dynascene.synthetic.people.ground_path import GroundPath
from dynascene.synthetic.people.kinematics import hip_position, solve_poses
from dynascene.synthetic.people.skeleton import (
    REST_HEIGHT,
    SHIN,
    SIDES,
    THIGH,
    Arm,
    Foot,
    Poses,
    Trunk,
    rest_joints,
    side_sign,
)

FULL_REACH = 0.994  # of the leg's length: a knee is never quite straight
TOE_OUT = 6.0  # degrees


@dataclass(frozen=True)
class Walk:
    """A person walking along a path at an even pace; from RUNNING_SPEED on, running.

    Args:
        path: where to go.
        speed: metres per second, 0.3 … 5.
        height: metres, as in the person's look.
        phase: of the stride at time 0, 0 … 1.
        start: metres along the path at time 0.
        style: None = as the speed asks.

    Raises:
        InputError: the speed is out of range.
    """

    path: GroundPath
    speed: float = 1.35
    height: float = REST_HEIGHT
    phase: float = 0.0
    start: float = 0.0
    style: GaitStyle | None = None

    def __post_init__(self) -> None:
        if not 0.3 <= self.speed <= 5:
            raise InputError(f"walk: speed {self.speed} m/s is not within 0.3 … 5")

    @property
    def gait(self) -> GaitStyle:
        """The style; that of the speed where none is chosen."""
        if self.style is not None:
            return self.style
        return RUN if self.speed >= RUNNING_SPEED else WALK

    def poses(self, times: Tensor) -> Poses:
        """The poses at some times.

        Args:
            times: [F] seconds.

        Returns:
            F poses.
        """
        times = times.double()
        phase = self.phase + self.speed * times / stride_length(self.speed, self.height)
        feet = {side: self._foot(side, phase) for side in SIDES}
        trunk = self._trunk(times, phase, feet)
        arms = {side: self._arm(side, phase) for side in SIDES}
        return solve_poses(trunk, arms, feet, self.height)

    def _distance(self, phase: Tensor) -> Tensor:
        """Metres along the path at a stride phase."""
        return self.start + (phase - self.phase) * stride_length(self.speed, self.height)

    def _trunk(self, times: Tensor, phase: Tensor, feet: dict[str, Foot]) -> Trunk:
        gait, scale = self.gait, self.height / REST_HEIGHT
        vigour = min(self.speed / 1.35, 1.3) if self.gait is not RUN else 1.0
        cycle = 2 * math.pi * phase
        over_right = 2 * math.pi * (phase - gait.duty / 2)  # 0 when above the standing right foot
        distance = self.start + self.speed * times
        heading = self.path.heading(distance)
        right = rotation_about("y", heading)[..., 0]
        up = (0.940 - gait.sink + vigour * gait.bob * (2 * over_right).cos()) * scale
        pelvis = (
            self.path.position(distance) + gait.sway * scale * over_right.cos()[:, None] * right
        )
        pelvis[:, 1] = -up
        trunk = Trunk(
            pelvis,
            heading,
            (
                -vigour * gait.pelvis_yaw * cycle.cos(),  # the right hip forward at its strike
                -vigour * gait.pelvis_list * over_right.cos(),  # the swinging side drops
                gait.lean / 2,
            ),
            (
                vigour * gait.chest_yaw * cycle.cos(),
                0.3 * vigour * gait.pelvis_list * over_right.cos(),
                gait.lean + 0.8 * (2 * over_right).cos(),
            ),
            (0.0, 0.0, 0.3 * gait.lean - 0.6 * (2 * over_right).cos()),
        )
        trunk.pelvis[:, 1] = -self._reachable_height(trunk, feet)
        return trunk

    def _reachable_height(self, trunk: Trunk, feet: dict[str, Foot]) -> Tensor:
        """The pelvis's height above the ground, lowered to where both legs reach their ankles."""
        up = -trunk.pelvis[:, 1]
        leg = FULL_REACH * (THIGH + SHIN) * self.height / REST_HEIGHT
        for side in SIDES:
            hip = hip_position(trunk, side, self.height)
            gap = (feet[side].ankle - hip)[:, [0, 2]].square().sum(-1)
            rise = (leg**2 - gap).clamp(min=0).sqrt()
            limit = up + hip[:, 1] - feet[side].ankle[:, 1] + rise
            up = _smooth_minimum(up, limit, 0.015)
        return up

    def _arm(self, side: str, phase: Tensor) -> Arm:
        gait = self.gait
        vigour = min(self.speed / 1.35, 1.4) if gait is not RUN else 1.0
        # an arm swings with the other side's leg; slightly late, as a pendulum
        swing = -side_sign(side) * (2 * math.pi * (phase - 0.03)).cos()
        bend = gait.elbow + gait.elbow_swing * vigour * (swing + 0.35 * (1 - swing.square()))
        return Arm(
            gait.arm_rest + vigour * gait.arm_swing * swing,
            spread=8.0 if gait is not RUN else 16.0,
            bend=bend,
            twist=18.0 + 6.0 * swing,
        )

    def _foot(self, side: str, phase: Tensor) -> Foot:
        gait = self.gait
        own = phase + (0.0 if side == "right" else 0.5)
        cycle, u = own.floor(), own - own.floor()
        rolling = u < gait.duty
        stand = _stance(gait, (u / gait.duty).clamp(max=1))
        # swing: from the pose at toe-off to the pose at the next strike
        v = ((u - gait.duty) / (1 - gait.duty)).clamp(min=0)
        off, strike = _stance(gait, torch.ones_like(u)), _stance(gait, torch.zeros_like(u))
        here, there = self._ankle(side, cycle, off), self._ankle(side, cycle + 1, strike)
        share = _hermite(v, 0.7, 0.35)
        ankle = here[0] + (there[0] - here[0]) * share[:, None]
        scale = self.height / REST_HEIGHT
        ankle[:, 1] -= gait.swing_lift * scale * (math.pi * v.pow(0.75)).sin()
        pitch = gait.roll_off + (gait.strike - gait.roll_off) * _hermite(
            (v * 1.15).clamp(max=1), 0, 0
        )
        heading = here[1] + _wrap_degrees(there[1] - here[1]) * share
        toe_bend = -gait.roll_off * (1 - (v * 4).clamp(max=1)) ** 2
        standing = self._ankle(side, cycle, stand)
        foot = Foot(
            torch.where(rolling[:, None], standing[0], ankle),
            torch.where(rolling, standing[1], heading),
            torch.where(rolling, stand.pitch, pitch),
            torch.where(rolling, stand.toe_bend, toe_bend),
        )
        clearance = torch.where(rolling, 0.0, 0.012 * scale * (math.pi * v).sin())
        return self._above_ground(foot, clearance)

    def _ankle(self, side: str, cycle: Tensor, roll: "_Roll") -> tuple[Tensor, Tensor]:
        """The ankle [F, 3] above the footprint of a stride, and the footprint's heading [F]."""
        rest, sign = rest_joints(self.height), side_sign(side)
        # the body is above the footprint in the middle of the stance
        phase = cycle + self.gait.duty / 2 - (0.0 if side == "right" else 0.5)
        distance = self._distance(phase)
        heading = self.path.heading(distance)
        across = rotation_about("y", heading)[..., 0]
        half = sign * self.gait.step_width / 2 * self.height / REST_HEIGHT
        facing = heading + sign * TOE_OUT
        turn = rotation_about("y", facing)
        # under the middle of the stance lies the ankle of the flat foot
        ankle = self.path.position(distance) + half * across
        offsets = {
            name: rest[f"{side}_{name}"] - rest[f"{side}_ankle"] for name in ("heel", "ball")
        }
        pitch_turn = turn @ rotation_about("x", roll.pitch)
        flat_ankle = torch.tensor([0.0, float(rest[f"{side}_ankle"][1]), 0.0], dtype=torch.float64)
        ankle = ankle + flat_ankle
        for name, share in (("heel", roll.on_heel), ("ball", 1 - roll.on_heel)):
            shift = (turn - pitch_turn) @ offsets[name]  # keeps that point of the sole where it was
            ankle = ankle + share[:, None] * shift
        return ankle, facing

    def _above_ground(self, foot: Foot, clearance: Tensor) -> Foot:
        """The foot raised until heel, ball and toe are ``clearance`` [F] above the ground."""
        rest = rest_joints(self.height)
        origin = rest["right_ankle"]
        turn = rotation_about("x", foot.pitch)
        ball = turn @ (rest["right_ball"] - origin)
        toe = ball + turn @ rotation_about("x", foot.toe_bend) @ (
            rest["right_toe"] - rest["right_ball"]
        )
        lowest = torch.stack([turn @ (rest["right_heel"] - origin), ball, toe])[..., 1].amax(0)
        excess = (foot.ankle[:, 1] + lowest + clearance).clamp(min=0)
        ankle = foot.ankle.clone()
        ankle[:, 1] -= excess
        return Foot(ankle, foot.heading, foot.pitch, foot.toe_bend)


@dataclass(frozen=True)
class _Roll:
    """How the sole stands: pitch [F], toe bend [F] in degrees, share resting on the heel [F]."""

    pitch: Tensor
    toe_bend: Tensor
    on_heel: Tensor


def _stance(gait: GaitStyle, share: Tensor) -> _Roll:
    """The roll of the foot at a share 0 … 1 of the stance: heel, flat, ball."""
    landing = (1 - share / 0.16).clamp(min=0)
    leaving = ((share - 0.52) / 0.48).clamp(min=0)
    pitch = gait.strike * landing.pow(1.5) + gait.roll_off * leaving.pow(2.2)
    return _Roll(pitch, -pitch.clamp(max=0), (share < 0.3).double())


def _hermite(v: Tensor, start: float, end: float) -> Tensor:
    """The cubic from 0 to 1 over v = 0 … 1 with these slopes at its ends."""
    rise = v * v * (3 - 2 * v)
    return rise + start * v * (1 - v) ** 2 - end * v * v * (1 - v)


def _smooth_minimum(a: Tensor, b: Tensor, width: float) -> Tensor:
    """Never above the smaller of both; rounds the corner where they are within ``width``."""
    near = (width - (a - b).abs()).clamp(min=0)
    return torch.minimum(a, b) - near.square() / (4 * width)


def _wrap_degrees(degrees: Tensor) -> Tensor:
    """The same turn within −180 … 180 degrees."""
    return (degrees + 180) % 360 - 180
