"""Body poses drawn as coloured skeletons on black, in the colours of OpenPose."""

from __future__ import annotations

import colorsys

import cv2
import numpy as np

from dynascene.body_pose import BodyPose, joint_pairs
from dynascene.types import Size

LIMBS = joint_pairs(
    "neck-right_shoulder neck-left_shoulder right_shoulder-right_elbow right_elbow-right_wrist "
    "left_shoulder-left_elbow left_elbow-left_wrist neck-right_hip right_hip-right_knee "
    "right_knee-right_ankle neck-left_hip left_hip-left_knee left_knee-left_ankle neck-nose "
    "nose-right_eye right_eye-right_ear nose-left_eye left_eye-left_ear"
)
FEET = joint_pairs("side_ankle-side_toe side_ankle-side_heel")
WHEEL = tuple(
    tuple(round(255 * part) for part in colorsys.hsv_to_rgb(step / 18, 1, 1)) for step in range(18)
)  # red, orange … pink: limb n has colour n, joint n as well
RIGHT_FOOT, LEFT_FOOT = (0, 255, 255), (0, 0, 255)
DIM = 0.6  # of a limb's colour, so that joints stand out
WIDTH = 1 / 128  # of the frame's shorter side: half a limb's width, and a joint's radius
FINE = 360  # pixels of the shorter side: smaller frames are drawn larger and averaged
BITS = 4  # of a pixel's fraction, in which OpenCV draws


def draw_skeleton(pose: BodyPose, frame: int) -> np.ndarray:
    """One frame's skeleton, uint8 [H, W, 3] sRGB on black; what is not visible is left out.

    Limbs are ellipses from joint to joint at 60 % of their colour, joints are discs.
    """
    finer = -(-FINE // min(pose.size))
    large = pose.resized(Size(pose.size.width * finer, pose.size.height * finer))
    width, height = large.size
    radius = WIDTH * min(width, height)
    picture = np.zeros((height, width, 3), np.uint8)
    points, visible = large.points[frame] - 0.5, pose.visible[frame]
    feet = ((RIGHT_FOOT, LEFT_FOOT) * 2)[: len(FEET)]
    for (one, other), colour in zip(LIMBS + FEET, (*WHEEL[: len(LIMBS)], *feet), strict=True):
        if visible[one] and visible[other]:
            _ellipse(picture, points[one], points[other], radius, [DIM * c for c in colour])
    joints = (*WHEEL, LEFT_FOOT, LEFT_FOOT, RIGHT_FOOT, RIGHT_FOOT)
    for point, seen, colour in zip(points, visible, joints, strict=True):
        if seen:
            _disc(picture, point, radius, colour)
    return cv2.resize(picture, (*pose.size,), interpolation=cv2.INTER_AREA)


def _ellipse(
    picture: np.ndarray, start: np.ndarray, end: np.ndarray, radius: float, colour: list[float]
) -> None:
    x, y = end - start
    turn, half = float(np.degrees(np.arctan2(y, x))), float(np.hypot(x, y)) / 2
    axes, middle = _fixed([half, radius]), _fixed((start + end) / 2)
    cv2.ellipse(picture, middle, axes, turn, 0, 360, colour, -1, cv2.LINE_AA, BITS)


def _disc(picture: np.ndarray, point: np.ndarray, radius: float, colour: tuple[int, ...]) -> None:
    cv2.circle(picture, _fixed(point), _fixed([radius])[0], colour, -1, cv2.LINE_AA, BITS)


def _fixed(values: np.ndarray | list[float]) -> list[int]:
    return np.rint(np.asarray(values) * 2**BITS).astype(int).tolist()
