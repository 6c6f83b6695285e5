"""The skeleton of the synthetic person: named joints and bones, and how a pose follows from angles.

Axes as everywhere: x the person's right, y down, z forward; metres; the ground is y = 0. In the
rest pose the person stands at the origin facing +z, legs and arms slightly spread.
F frames, J joints (``JOINTS``), B bones (``BONES``).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from dynascene.geometry.rigid import rigid, rotation_about

REST_HEIGHT = 1.75  # the lengths below belong to a person this tall; others are scaled
ARM_SPREAD, LEG_SPREAD = 25.0, 6.0  # degrees from the vertical in the rest pose
UPPER_ARM, FOREARM, HAND = 0.290, 0.255, 0.175
THIGH, SHIN = 0.425, 0.405
SIDES = ("right", "left")


def side_sign(side: str) -> int:
    """+1 on the right (+x), −1 on the left."""
    return 1 if side == "right" else -1


def _rest_joints() -> dict[str, tuple[float, float, float]]:
    """Name → (right, up, forward) in metres."""
    joints = {
        "pelvis": (0.0, 0.940, 0.0),
        "spine": (0.0, 1.050, -0.005),
        "chest": (0.0, 1.210, -0.010),
        "neck": (0.0, 1.470, -0.020),
        "head": (0.0, 1.580, 0.0),
        "crown": (0.0, 1.750, 0.0),
    }
    arm = (math.sin(math.radians(ARM_SPREAD)), -math.cos(math.radians(ARM_SPREAD)))
    leg = (math.sin(math.radians(LEG_SPREAD)), -math.cos(math.radians(LEG_SPREAD)))

    def along(start: tuple[float, float, float], direction: tuple[float, float], length: float):
        return (start[0] + length * direction[0], start[1] + length * direction[1], start[2])

    shoulder, hip = (0.174, 1.405, -0.015), (0.088, 0.917, 0.0)
    elbow, knee = along(shoulder, arm, UPPER_ARM), along(hip, leg, THIGH)
    wrist, ankle = along(elbow, arm, FOREARM), along(knee, leg, SHIN)
    half = {
        "shoulder": shoulder, "elbow": elbow, "wrist": wrist,
        "fingertips": along(wrist, arm, HAND),
        "hip": hip, "knee": knee, "ankle": ankle,
        "heel": (ankle[0], 0.0, -0.070), "ball": (ankle[0], 0.0, 0.125),
        "toe": (ankle[0], 0.0, 0.195),
    }  # fmt: skip
    for side in SIDES:
        for name, (x, up, z) in half.items():
            joints[f"{side}_{name}"] = (side_sign(side) * x, up, z)
    return joints


_REST = _rest_joints()
JOINTS: tuple[str, ...] = tuple(_REST)

# bone → the joint it turns about; the joints that ride on it besides come after
_JOINTS_OF_BONE = {
    "pelvis": ("pelvis",), "spine": ("spine",), "chest": ("chest",), "neck": ("neck",),
    "head": ("head", "crown"),
}  # fmt: skip
for _side in SIDES:
    _JOINTS_OF_BONE |= {
        f"{_side}_upper_arm": (f"{_side}_shoulder",),
        f"{_side}_forearm": (f"{_side}_elbow",),
        f"{_side}_hand": (f"{_side}_wrist", f"{_side}_fingertips"),
        f"{_side}_thigh": (f"{_side}_hip",),
        f"{_side}_shin": (f"{_side}_knee",),
        f"{_side}_foot": (f"{_side}_ankle", f"{_side}_heel"),
        f"{_side}_toes": (f"{_side}_ball", f"{_side}_toe"),
    }
BONES: tuple[str, ...] = tuple(_JOINTS_OF_BONE)
BONE_ORIGIN = {bone: joints[0] for bone, joints in _JOINTS_OF_BONE.items()}
BONE_OF_JOINT = {joint: bone for bone, joints in _JOINTS_OF_BONE.items() for joint in joints}

# joint pairs whose distance never changes: what one draws as a stick figure
LIMBS: tuple[tuple[str, str], ...] = (
    ("pelvis", "spine"), ("spine", "chest"), ("chest", "neck"), ("neck", "head"), ("head", "crown"),
    *(
        (f"{side}_{a}", f"{side}_{b}")
        for side in SIDES
        for a, b in (
            ("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "fingertips"),
            ("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"), ("ankle", "ball"),
            ("ball", "toe"),
        )
    ),
)  # fmt: skip


def rest_joints(height: float = REST_HEIGHT) -> dict[str, Tensor]:
    """Joint name → position [3] float64 in the rest pose of a person of that height."""
    scale = height / REST_HEIGHT
    return {
        name: torch.tensor([x, -up, z], dtype=torch.float64) * scale
        for name, (x, up, z) in _REST.items()
    }


@dataclass(frozen=True)
class Poses:
    """A person's pose in each frame.

    world_from_rest: [F, B, 4, 4] float64, the rigid motion of each bone out of the rest pose.
    joints: [F, J, 3] float64, world positions in metres, in the order of ``JOINTS``.
    """

    world_from_rest: Tensor
    joints: Tensor

    def __len__(self) -> int:
        return len(self.joints)

    def __getitem__(self, frames: slice) -> "Poses":
        """The poses of a range of frames."""
        return Poses(self.world_from_rest[frames], self.joints[frames])

    def joint(self, name: str) -> Tensor:
        """One joint's positions, [F, 3]."""
        return self.joints[:, JOINTS.index(name)]


@dataclass(frozen=True)
class Trunk:
    """Where the pelvis is and how the trunk is held; angles in degrees, [F] or numbers.

    pelvis: [F, 3] world position. heading: about y, 0 = facing +z, positive to the right. The
    turns of pelvis, chest and head are (yaw, roll, pitch) within the heading: yaw to the right,
    roll lowers the right side, pitch leans back.
    """

    pelvis: Tensor
    heading: Tensor
    pelvis_turn: tuple[Tensor | float, Tensor | float, Tensor | float] = (0.0, 0.0, 0.0)
    chest_turn: tuple[Tensor | float, Tensor | float, Tensor | float] = (0.0, 0.0, 0.0)
    head_turn: tuple[Tensor | float, Tensor | float, Tensor | float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Arm:
    """Degrees, [F] or numbers: swing forward, spread from the body, elbow bend, twist inward."""

    swing: Tensor | float
    spread: Tensor | float = 9.0
    bend: Tensor | float = 15.0
    twist: Tensor | float = 0.0


@dataclass(frozen=True)
class Foot:
    """World ankle positions [F, 3]; heading, pitch (toes up) and toe bend in degrees, [F]."""

    ankle: Tensor
    heading: Tensor
    pitch: Tensor
    toe_bend: Tensor


def turn(yaw: Tensor | float, roll: Tensor | float, pitch: Tensor | float) -> Tensor:
    """Ry · Rz · Rx of angles in degrees → [..., 3, 3]."""
    return rotation_about("y", yaw) @ rotation_about("z", roll) @ rotation_about("x", pitch)


def trunk_rotations(trunk: Trunk) -> dict[str, Tensor]:
    """Rotation of each bone of the trunk in the world, [F, 3, 3]."""
    heading = rotation_about("y", trunk.heading)

    def between(a: tuple, b: tuple, share: float) -> Tensor:
        return heading @ turn(*((1 - share) * p + share * q for p, q in zip(a, b, strict=True)))

    return {
        "pelvis": heading @ turn(*trunk.pelvis_turn),
        "spine": between(trunk.pelvis_turn, trunk.chest_turn, 0.5),
        "chest": heading @ turn(*trunk.chest_turn),
        "neck": between(trunk.chest_turn, trunk.head_turn, 0.5),
        "head": heading @ turn(*trunk.head_turn),
    }


def hip_position(trunk: Trunk, side: str, height: float) -> Tensor:
    """World position of a hip joint, [F, 3]."""
    rest = rest_joints(height)
    offset = rest[f"{side}_hip"] - rest["pelvis"]
    return trunk.pelvis + trunk_rotations(trunk)["pelvis"] @ offset


def solve(trunk: Trunk, arms: dict[str, Arm], feet: dict[str, Foot], height: float) -> Poses:
    """Angles and foot placements → poses. ``arms`` and ``feet`` have keys "right" and "left".

    The legs follow from the feet (two-bone inverse kinematics); an ankle out of reach is met as
    far as the leg goes.
    """
    rest = rest_joints(height)
    rotation = trunk_rotations(trunk)
    position = {"pelvis": trunk.pelvis}

    def hang(joint: str, bone: str) -> None:
        """Place a joint that rides on a bone."""
        origin = BONE_ORIGIN[bone]
        position[joint] = position[origin] + rotation[bone] @ (rest[joint] - rest[origin])

    for joint, bone in (
        ("spine", "pelvis"), ("chest", "spine"), ("neck", "chest"), ("head", "neck"),
    ):  # fmt: skip
        hang(joint, bone)
    for side in SIDES:
        rotation |= _arm_rotations(side, arms[side], rotation["chest"])
        hang(f"{side}_shoulder", "chest")
        hang(f"{side}_elbow", f"{side}_upper_arm")
        hang(f"{side}_wrist", f"{side}_forearm")
        hang(f"{side}_hip", "pelvis")
        rotation |= _leg_rotations(side, feet[side], position[f"{side}_hip"], rest)
        hang(f"{side}_knee", f"{side}_thigh")
        hang(f"{side}_ankle", f"{side}_shin")
        hang(f"{side}_ball", f"{side}_foot")
    world_from_rest = []
    for bone in BONES:
        origin = BONE_ORIGIN[bone]
        shift = position[origin] - rotation[bone] @ rest[origin]
        world_from_rest.append(rigid(rotation[bone].expand(len(shift), 3, 3), shift))
    motion = torch.stack(world_from_rest, dim=1)
    joint_motion = motion[:, [BONES.index(BONE_OF_JOINT[name]) for name in JOINTS]]
    rest_points = torch.stack([rest[name] for name in JOINTS])
    joints = (joint_motion[..., :3, :3] @ rest_points[..., None])[..., 0] + joint_motion[..., :3, 3]
    return Poses(motion, joints)


def _arm_rotations(side: str, arm: Arm, chest: Tensor) -> dict[str, Tensor]:
    sign = side_sign(side)
    inward = rotation_about("z", sign * (ARM_SPREAD - torch.as_tensor(arm.spread)))
    upper = chest @ rotation_about("x", arm.swing) @ inward
    # the elbow and the twist turn about axes of the straight, spread arm
    spread, back = rotation_about("z", -sign * ARM_SPREAD), rotation_about("z", sign * ARM_SPREAD)
    twist = rotation_about("y", -sign * torch.as_tensor(arm.twist))
    forearm = upper @ spread @ twist @ rotation_about("x", arm.bend) @ back
    return {
        f"{side}_upper_arm": upper,
        f"{side}_forearm": forearm,
        f"{side}_hand": forearm @ spread @ rotation_about("x", 4.0) @ back,
    }


def _leg_rotations(
    side: str, foot: Foot, hip: Tensor, rest: dict[str, Tensor]
) -> dict[str, Tensor]:
    thigh_rest = rest[f"{side}_knee"] - rest[f"{side}_hip"]
    shin_rest = rest[f"{side}_ankle"] - rest[f"{side}_knee"]
    a, b = thigh_rest.norm(), shin_rest.norm()
    reach = foot.ankle - hip
    distance = reach.norm(dim=-1, keepdim=True)
    direction = reach / distance
    distance = distance.clamp(max=0.9999 * (a + b))
    heading = rotation_about("y", foot.heading)
    forward = heading[..., 2]
    forward = forward - (forward * direction).sum(-1, keepdim=True) * direction
    forward = forward / forward.norm(dim=-1, keepdim=True)
    along = (a**2 + distance**2 - b**2) / (2 * distance)  # law of cosines
    out = (a**2 - along**2).clamp(min=0).sqrt()
    knee = along * direction + out * forward
    sideways = torch.linalg.cross(direction, forward, dim=-1)
    ankle = distance * direction
    foot_rotation = heading @ rotation_about("x", foot.pitch)
    return {
        f"{side}_thigh": _frame(knee, sideways) @ _frame(thigh_rest, _rest_axis(thigh_rest)).mT,
        f"{side}_shin": _frame(ankle - knee, sideways)
        @ _frame(shin_rest, _rest_axis(shin_rest)).mT,
        f"{side}_foot": foot_rotation,
        f"{side}_toes": foot_rotation @ rotation_about("x", foot.toe_bend),
    }


def _rest_axis(bone: Tensor) -> Tensor:
    """The knee's axis in the rest pose: square to the bone, in the frontal plane."""
    forward = torch.tensor([0.0, 0.0, 1.0], dtype=bone.dtype)
    return torch.linalg.cross(bone, forward, dim=-1)


def _frame(along: Tensor, sideways: Tensor) -> Tensor:
    """The rotation whose y axis is ``along`` and whose x axis is ``sideways``: [..., 3, 3]."""
    y = along / along.norm(dim=-1, keepdim=True)
    x = sideways / sideways.norm(dim=-1, keepdim=True)
    return torch.stack([x, y, torch.linalg.cross(x, y, dim=-1)], dim=-1)
