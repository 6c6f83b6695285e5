"""Landmarks as joints, and steadying them."""

import numpy as np
from walking_pose import walking_pose

from dynascene.body_pose import INDEX, BodyPose
from dynascene.estimators.pose.body import body_of, steadied
from dynascene.io.landmarks import NAMES, PoseLandmarks
from dynascene.types import Size


def landmarks(frames: int = 3) -> PoseLandmarks:
    points = np.random.default_rng(0).uniform(10, 80, (frames, 33, 2))
    sure = np.ones((frames, 33))
    return PoseLandmarks(Size(160, 90), points, 0 * sure, sure, 0 * sure, np.ones(frames))


def test_joints_are_the_landmarks_of_their_names() -> None:
    marks = landmarks()
    pose = body_of(marks)
    for joint, name in (("left_wrist", "left_wrist"), ("right_toe", "right_toes"), ("nose",) * 2):
        expected = marks.points[:, NAMES.index(name)]
        np.testing.assert_array_equal(pose.points[:, INDEX[joint]], expected)
    shoulders = [NAMES.index(f"{side}_shoulder") for side in ("left", "right")]
    np.testing.assert_allclose(
        pose.points[:, INDEX["neck"]], marks.points[:, shoulders].mean(axis=1)
    )
    assert (pose.visibility == 1).all()


def test_what_hides_a_joint_is_told() -> None:
    marks = landmarks()
    extent = np.ptp(marks.points[0], axis=0).max()
    marks.visibility[0, NAMES.index("left_knee")] = 0.1
    marks.doubt[0, NAMES.index("right_knee")] = 0.1 * extent
    marks.visibility[0, NAMES.index("left_shoulder")] = 0.2
    marks.person[2] = 0
    pose = body_of(marks)
    assert pose.visibility[0, INDEX["left_knee"]] == 0.1
    np.testing.assert_allclose(pose.visibility[0, INDEX["right_knee"]], 0.25)
    assert pose.visibility[0, INDEX["neck"]] == 0.2
    assert not pose.visibility[2].any()
    assert pose.visible[1].all()


def test_even_motion_stays_as_it_is() -> None:
    first, frames = walking_pose(1), np.arange(11)
    points = first.points + frames[:, None, None] * np.array([3.0, -1.5])
    steady = steadied(BodyPose(first.size, points, np.ones((11, 22))))
    np.testing.assert_allclose(steady.points, points, atol=1e-9)


def test_jitter_shrinks() -> None:
    generator, still = np.random.default_rng(1), walking_pose(1)
    points = np.repeat(still.points, 40, axis=0)
    noisy = points + generator.normal(size=points.shape)
    steady = steadied(BodyPose(still.size, noisy, np.ones((40, 22))))
    assert np.std(steady.points[5:-5] - points[5:-5]) < 0.65
    assert (steady.visibility == 1).all()


def test_a_leap_takes_no_part_and_is_told() -> None:
    still = walking_pose(1)
    points = np.repeat(still.points, 9, axis=0)
    points[4, INDEX["left_wrist"]] += 60
    steady = steadied(BodyPose(still.size, points, np.ones((9, 22))))
    np.testing.assert_allclose(steady.points, np.repeat(still.points, 9, axis=0), atol=1e-9)
    assert steady.visibility[4, INDEX["left_wrist"]] == 0
    assert steady.visibility.sum() == 9 * 22 - 1


def test_a_hidden_stretch_is_bridged_by_what_is_seen_around_it() -> None:
    still = walking_pose(1)
    points = np.repeat(still.points, 9, axis=0)
    visibility = np.ones((9, 22))
    points[3:5, INDEX["left_knee"]] += 5  # a guess, near enough to be no leap
    visibility[3:5, INDEX["left_knee"]] = 0.01
    steady = steadied(BodyPose(still.size, points, visibility))
    off = np.abs(steady.points[3:5, INDEX["left_knee"]] - still.points[0, INDEX["left_knee"]])
    assert off.max() < 2
    assert steady.visibility[3, INDEX["left_knee"]] == 0.01


def test_one_frame_stays() -> None:
    pose = walking_pose(1)
    np.testing.assert_allclose(steadied(pose).points, pose.points)
