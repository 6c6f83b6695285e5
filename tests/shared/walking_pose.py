"""A body pose of plain numbers: somebody who swings arms and legs and walks to the right."""

import numpy as np

from dynascene.body_pose import INDEX, BodyPose
from dynascene.types import Size

SIZE = Size(160, 120)
TOE, HEEL = np.array([4, 3]), np.array([-2, 3])  # from the ankle
STANDING = {
    "nose": (0, -70), "neck": (0, -60), "right_shoulder": (-10, -60), "left_shoulder": (10, -60),
    "right_hip": (-6, -32), "left_hip": (6, -32), "right_eye": (-2, -72), "left_eye": (2, -72),
    "right_ear": (-5, -71), "left_ear": (5, -71),
}  # fmt: skip
LIMBS = (
    ("shoulder", "elbow", 15, 0.4), ("elbow", "wrist", 13, 0.7), ("hip", "knee", 17, -0.5),
    ("knee", "ankle", 15, -0.2),
)  # fmt: skip


def walking_pose(frames: int = 7, scale: float = 1.0, x: float = 60, y: float = 100) -> BodyPose:
    """Joints [F, 22, 2], all of them visible, in frames of 160×120."""
    points = np.zeros((frames, 22, 2))
    for frame in range(frames):
        here = points[frame]
        for joint, place in STANDING.items():
            here[INDEX[joint]] = place
        for side, sign in (("right", 1), ("left", -1)):
            for start, end, length, swing in LIMBS:
                angle = sign * swing * np.sin(2 * np.pi * frame / 12)
                step = length * np.array([np.sin(angle), np.cos(angle)])
                here[INDEX[f"{side}_{end}"]] = here[INDEX[f"{side}_{start}"]] + step
            ankle = here[INDEX[f"{side}_ankle"]]
            here[INDEX[f"{side}_toe"]] = ankle + TOE
            here[INDEX[f"{side}_heel"]] = ankle + HEEL
        points[frame] = here * scale + (x + 2 * frame * scale, y)
    return BodyPose(SIZE, points, np.ones((frames, 22)))
