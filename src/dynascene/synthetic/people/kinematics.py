"""How poses follow from the angles of the trunk and arms and from the places of the feet.

F frames.
"""

import torch
from torch import Tensor

from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.synthetic.people.skeleton import (
    ARM_SPREAD,
    BONE_OF_JOINT,
    BONE_ORIGIN,
    BONES,
    JOINTS,
    SIDES,
    Arm,
    Foot,
    Poses,
    Trunk,
    rest_joints,
    side_sign,
)


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


def solve_poses(trunk: Trunk, arms: dict[str, Arm], feet: dict[str, Foot], height: float) -> Poses:
    """Poses from angles of the trunk and arms and from the places of the feet.

    The legs follow from the feet (two-bone inverse kinematics); an ankle out of reach is met as
    far as the leg goes.

    Args:
        trunk: of the person.
        arms, feet: by side, "right" and "left".
        height: of the person, metres.

    Returns:
        The poses.
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
