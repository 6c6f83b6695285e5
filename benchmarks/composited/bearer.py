"""What a thing is attached to: where its bearer is, goes and has the hands, and rigid parts.

T times. Metres, the world's axes: x right, y down, z ahead.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from composited.postures import limb_joints
from composited.shapes import Surface
from dynascene.synthetic.characters.glb_file import Character
from dynascene.synthetic.solid.mesh import Skin


class Bearer(NamedTuple):
    """A person in motion.

    Attributes:
        places: [T, 3], the ground under them.
        headings: [T] radians, 0 = ahead, π/2 = to the right: where they go.
        way: [T] metres since the first moment.
        left_hand, right_hand, back: [T, 3], the middle of the palm, and between the shoulders.
    """

    places: np.ndarray
    headings: np.ndarray
    way: np.ndarray
    left_hand: np.ndarray
    right_hand: np.ndarray
    back: np.ndarray


class Part(NamedTuple):
    """A rigid part of a thing, and where it is: world from part, [T, 4, 4]."""

    surface: Surface
    poses: np.ndarray


class Skins(NamedTuple):
    """What things are cover with."""

    plain: Skin
    cloth: Skin
    board: Skin
    ribbed: Skin

    def paint(self, red: float, green: float, blue: float) -> Skin:
        """One colour, in linear light."""
        return self.plain._replace(tint=(red, green, blue))


def bearer_of(
    character: Character, vertices: list[np.ndarray], places: np.ndarray, headings: np.ndarray
) -> Bearer:
    """The bearer whose mesh is known.

    Args:
        character: with the joints of VALID avatars.
        vertices: T arrays [V, 12].
        places: [T, 3], the ground under them.
        headings: [T] radians.
    """
    points = np.stack([v[:, :3] for v in vertices]).astype(np.float64)

    def middle(joint: str, *, whole: bool) -> np.ndarray:
        numbers = limb_joints(character, joint)
        numbers = numbers if whole else numbers[numbers == character.joint_names.index(joint)]
        weight = (character.weights * np.isin(character.joints, numbers)).sum(1)
        return points[:, weight > 0.5].mean(1)

    steps = np.linalg.norm(np.diff(places, axis=0, prepend=places[:1]), axis=1)
    hands = (middle(f"{side}Hand", whole=True) for side in ("Left", "Right"))
    return Bearer(places, headings, np.cumsum(steps), *hands, middle("Spine2", whole=False))


def stand_upright(origins: np.ndarray, headings: np.ndarray) -> np.ndarray:
    """World from part, for parts that stand upright: [T, 4, 4].

    Args:
        origins: [T, 3], of the part's axes.
        headings: [T] radians, where its z axis points.
    """
    poses = np.tile(np.eye(4), (len(origins), 1, 1))
    c, s = np.cos(headings), np.sin(headings)
    poses[:, 0, 0], poses[:, 2, 0] = c, -s
    poses[:, 0, 2], poses[:, 2, 2] = s, c
    poses[:, :3, 3] = origins
    return poses


def tilt(poses: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Turn parts about their own x axis by [T] radians; where positive, the top goes back."""
    c, s = np.cos(angles), np.sin(angles)
    turn = np.tile(np.eye(4), (len(angles), 1, 1))
    turn[:, 1, 1], turn[:, 1, 2], turn[:, 2, 1], turn[:, 2, 2] = c, -s, s, c
    return poses @ turn


def shift(poses: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Move parts by an offset [3] in their own axes."""
    poses = poses.copy()
    poses[:, :3, 3] += poses[:, :3, :3] @ offset
    return poses
