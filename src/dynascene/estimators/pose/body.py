"""The landmarks of BlazePose as body poses, and steadied in time.

F frames, J = 22 joints.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import correlate1d, median_filter

from dynascene.body_pose import JOINTS, BodyPose
from dynascene.io.landmarks import GUESS, NAMES, PoseLandmarks

SPREAD = 1.0  # frames: the standard deviation of the Gaussian window
REACH = 4  # frames to either side
LEAP = 0.15  # of the body's extent, from the median of five frames: the network was mistaken
WEIGHT_OF_HIDDEN = 0.05  # least weight of a joint whose place is known


def body_of(landmarks: PoseLandmarks) -> BodyPose:
    """The joints of BlazePose's landmarks.

    The visibility is the network's, times its certainty that somebody is there, and halved for each
    5 % of the body's extent by which the mirrored picture shows the point elsewhere.
    """
    extent = np.maximum(np.ptp(landmarks.points, axis=1).max(axis=-1), 1.0)[:, None]
    sure = landmarks.visibility * landmarks.person[:, None]
    sure = sure * 0.5 ** (landmarks.doubt / (GUESS * extent))
    points = np.empty((len(landmarks), len(JOINTS), 2))
    visibility = np.empty((len(landmarks), len(JOINTS)))
    shoulders = [NAMES.index("left_shoulder"), NAMES.index("right_shoulder")]
    for number, joint in enumerate(JOINTS):
        at = shoulders if joint == "neck" else [NAMES.index(joint.replace("toe", "toes"))]
        points[:, number] = landmarks.points[:, at].mean(axis=1)
        visibility[:, number] = sure[:, at].min(axis=1)
    return BodyPose(landmarks.size, points, np.clip(visibility, 0, 1))


def steadied(pose: BodyPose) -> BodyPose:
    """Poses without outliers and jitter.

    A joint that leaps away for a frame or two takes no part. Each place is then read off a straight
    line fitted to the nearby frames, weighted by a Gaussian and the visibility, so that a joint
    that moves evenly stays exactly where it is. The visibility stays, but for what leapt: it is 0.
    """
    steady = median_filter(pose.points, (5, 1, 1), mode="nearest")
    extent = np.maximum(np.ptp(pose.points, axis=1).max(axis=-1), 1.0)[:, None]
    leaps = np.linalg.norm(pose.points - steady, axis=-1) > LEAP * extent
    visibility = np.where(leaps, 0, pose.visibility)
    is_known = visibility > 0
    weights = np.where(is_known, np.maximum(visibility, WEIGHT_OF_HIDDEN), 0)[..., None]
    return BodyPose(pose.size, _local_lines(pose.points, weights), visibility)


def _local_lines(points: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted local linear regression at each frame; where nothing is near, what was there.

    Args:
        points: [F, J, 2].
        weights: [F, J, 1].
    """
    offsets = np.arange(-REACH, REACH + 1)
    window = np.exp(-0.5 * (offsets / SPREAD) ** 2)

    def moment(values: np.ndarray, power: int) -> np.ndarray:
        return correlate1d(values, window * offsets**power, axis=0, mode="constant")

    s0, s1, s2 = (moment(weights, power) for power in range(3))
    t0, t1 = (moment(weights * points, power) for power in range(2))
    spread = s0 * s2 - s1**2
    line = (s2 * t0 - s1 * t1) / np.where(spread > 1e-9, spread, 1)
    mean = t0 / np.where(s0 > 1e-9, s0, 1)
    return np.where(spread > 1e-9, line, np.where(s0 > 1e-9, mean, points))
