"""The skeleton of the synthetic person: named joints and bones, and how a pose follows from angles.

Axes as everywhere: x the person's right, y down, z forward; metres; the ground is y = 0. In the
rest pose the person stands at the origin facing +z, legs and arms slightly spread.
F frames, J joints (``JOINTS``), B bones (``BONES``).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

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
    """The joints in the rest pose.

    Args:
        height: of the person, metres.

    Returns:
        [3] float64 by the joint's name.
    """
    scale = height / REST_HEIGHT
    return {
        name: torch.tensor([x, -up, z], dtype=torch.float64) * scale
        for name, (x, up, z) in _REST.items()
    }


@dataclass(frozen=True)
class Poses:
    """A person's pose in each frame.

    Attributes:
        world_from_rest: [F, B, 4, 4] float64, the rigid motion of each bone out of the rest pose.
        joints: [F, J, 3] float64 world positions in metres, in the order of ``JOINTS``.
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
    """Position of the pelvis and attitude of the trunk; angles in degrees, [F] or numbers.

    Attributes:
        pelvis: [F, 3] world position.
        heading: about y, 0 = facing +z, positive to the right.
        pelvis_turn, chest_turn, head_turn: (yaw, roll, pitch) within the heading: yaw to the right,
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
