"""Animated people whose hands and feet are elsewhere than the animation has them.

T times, J joints. Metres, glTF's axes: x to the person's left, y up, z ahead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from dynascene.synthetic.characters.glb_file import Character

STRETCH = 0.999  # of a limb's length, at most


class Limb(NamedTuple):
    """Three joints, by the names that VALID avatars have, and where the middle one points."""

    upper: str
    lower: str
    end: str
    bend: tuple[float, float, float]


LIMBS = {
    "left hand": Limb("LeftArm", "LeftForeArm", "LeftHand", (0.6, -1.0, -0.4)),
    "right hand": Limb("RightArm", "RightForeArm", "RightHand", (-0.6, -1.0, -0.4)),
    "left foot": Limb("LeftUpLeg", "LeftLeg", "LeftFoot", (0.1, 0.0, 1.0)),
    "right foot": Limb("RightUpLeg", "RightLeg", "RightFoot", (-0.1, 0.0, 1.0)),
}


class Posture(NamedTuple):
    """What a thing asks of a body.

    Attributes:
        targets: where wrists and ankles are, [T or 1, 3] by the limb's name.
        lean: radians by which the back leans forward.
        sink: metres by which the hips are lower.
    """

    targets: Mapping[str, np.ndarray]
    lean: float = 0.0
    sink: float = 0.0


def assume(character: Character, matrices: np.ndarray, posture: Posture) -> np.ndarray:
    """A character's joints in a posture.

    Args:
        character: with the joints of LIMBS.
        matrices: [T, J, 4, 4], posed from unposed.
        posture: the other limbs do as the animation says.

    Returns:
        [T, J, 4, 4].
    """
    matrices = matrices.copy()
    matrices[..., 1, 3] -= posture.sink
    if posture.lean:
        c, s = np.cos(posture.lean), np.sin(posture.lean)
        forward = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
        matrices = _turn(
            character, matrices, "Spine", np.broadcast_to(forward, (len(matrices), 3, 3))
        )
    for name, target in posture.targets.items():
        matrices = _reach(character, matrices, LIMBS[name], target)
    return matrices


def _reach(
    character: Character, matrices: np.ndarray, limb: Limb, target: np.ndarray
) -> np.ndarray:
    """Two-bone inverse kinematics, by the law of cosines."""
    root, middle, end = (_position(character, matrices, name) for name in limb[:3])
    first, second = _length(middle - root), _length(end - middle)
    distance = np.minimum(_length(target - root), STRETCH * (first + second))
    towards = _unit(target - root)
    aside = np.array(limb.bend) - (towards @ np.array(limb.bend))[:, None] * towards
    cosine = (first**2 + distance**2 - second**2) / (2 * first * distance)
    cosine = cosine.clip(-1, 1)
    sine = np.sqrt(1 - cosine**2)
    wanted = root + first * (cosine * towards + sine * _unit(aside))
    matrices = _turn(character, matrices, limb.upper, _rotation(middle - root, wanted - root))
    end = _position(character, matrices, limb.end)
    goal = root + distance * towards
    return _turn(character, matrices, limb.lower, _rotation(end - wanted, goal - wanted))


def _turn(
    character: Character, matrices: np.ndarray, name: str, rotations: np.ndarray
) -> np.ndarray:
    """A joint and all that hangs on it, turned about it by rotations [T, 3, 3]."""
    pivot = _position(character, matrices, name)
    turn = np.tile(np.eye(4), (len(matrices), 1, 1))
    turn[:, :3, :3] = rotations
    turn[:, :3, 3] = pivot - (rotations @ pivot[..., None])[..., 0]
    joints = limb_joints(character, name)
    matrices = matrices.copy()
    matrices[:, joints] = turn[:, None] @ matrices[:, joints]
    return matrices


def limb_joints(character: Character, name: str) -> np.ndarray:
    """The numbers of a joint and of all that hang on it."""
    top = int(character.skin[character.joint_names.index(name)])
    below = []
    for number, node in enumerate(character.skin):
        above = int(node)
        while above not in (top, -1):
            above = int(character.parents[above])
        if above == top:
            below.append(number)
    return np.array(below)


def _position(character: Character, matrices: np.ndarray, name: str) -> np.ndarray:
    """Where a joint is: [T, 3]."""
    joint = character.joint_names.index(name)
    unposed = np.linalg.inv(character.inverse_bind[joint])[:, 3]
    return (matrices[:, joint] @ unposed)[:, :3]


def _rotation(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The least rotations that turn vectors [T, 3] to others (Rodrigues): [T, 3, 3]."""
    start, end = _unit(start), _unit(end)
    x, y, z = np.cross(start, end).T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(-1, 3, 3)
    cosine = (start * end).sum(-1)[:, None, None]
    return np.eye(3) + cross + cross @ cross / (1 + cosine).clip(1e-6)


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=-1, keepdims=True)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / _length(vectors).clip(1e-9)
