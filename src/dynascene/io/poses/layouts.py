"""The orders in which programs list a body's keypoints, brought to the one skeleton.

J = 22 joints; a keypoint is (x, y, confidence), with the first pixel's centre at 0 in files.
"""

from __future__ import annotations

import numpy as np

from dynascene.body_pose import INDEX, JOINTS

_FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
_PARTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
COCO = (*_FACE, *(f"{side}_{part}" for part in _PARTS for side in ("left", "right")))
COCO_FEET = (*COCO, *(f"{s}_{p}" for s in ("left", "right") for p in ("toe", "small_toe", "heel")))
HALPE = (
    *COCO, "head", "neck", "hips",
    *(f"{side}_{part}" for part in ("toe", "small_toe", "heel") for side in ("left", "right")),
)  # fmt: skip
OPENPOSE_18 = JOINTS[:18]
BODY_25 = (
    *JOINTS[:8], "hips", *JOINTS[8:18],
    "left_toe", "left_small_toe", "left_heel", "right_toe", "right_small_toe", "right_heel",
)  # fmt: skip
COCO_LAYOUTS = {17: COCO, 23: COCO_FEET, 133: COCO_FEET, 26: HALPE, 136: HALPE}
OPENPOSE_LAYOUTS = {18: OPENPOSE_18, 25: BODY_25}
"""By the number of keypoints; what follows the body's (face, hands) is left out."""


def to_joints(keypoints: np.ndarray, layout: tuple[str, ...]) -> np.ndarray:
    """The joints [22, 3] of keypoints [n, 3]; those that a layout lacks have confidence 0.

    The neck lies between the shoulders where the layout has none.
    """
    joints = np.zeros((len(JOINTS), 3))
    for row, name in zip(keypoints[: len(layout)], layout, strict=True):
        if name in INDEX:
            joints[INDEX[name]] = row
    if "neck" not in layout:
        joints[INDEX["neck"]] = between(joints, "right_shoulder", "left_shoulder")
    return joints


def from_joints(joints: np.ndarray, layout: tuple[str, ...]) -> np.ndarray:
    """Keypoints [n, 3] of joints [22, 3], the other way round; the hips' middle is derived."""
    keypoints = np.zeros((len(layout), 3))
    for number, name in enumerate(layout):
        if name in INDEX:
            keypoints[number] = joints[INDEX[name]]
        elif name == "hips":
            keypoints[number] = between(joints, "right_hip", "left_hip")
    return keypoints


def between(joints: np.ndarray, one: str, other: str) -> np.ndarray:
    """The middle [3] of two joints, with the lesser confidence of both; zeros where one is not
    known.
    """
    rows = joints[[INDEX[one], INDEX[other]]]
    confidence = rows[:, 2].min()
    return np.append(rows[:, :2].mean(axis=0), confidence) if confidence > 0 else np.zeros(3)
