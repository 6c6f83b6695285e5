"""A motion with another body."""

import numpy as np
import pytest
from walking_pose import SIZE, walking_pose

from dynascene.body_pose import INDEX, BodyPose
from dynascene.errors import InputError
from dynascene.geometry.body_proportions import Fit, retarget
from dynascene.types import Size

LEG = ("hip", "knee", "ankle", "toe", "heel")


def long_legged(pose: BodyPose, factor: float) -> BodyPose:
    """The same pose with thighs and shins that are longer."""
    points = pose.points.copy()
    for side in ("right", "left"):
        hip, knee, ankle, toe, heel = (INDEX[f"{side}_{part}"] for part in LEG)
        points[:, knee] = points[:, hip] + factor * (pose.points[:, knee] - pose.points[:, hip])
        points[:, ankle] = points[:, knee] + factor * (pose.points[:, ankle] - pose.points[:, knee])
        for end in (toe, heel):
            points[:, end] = points[:, ankle] + pose.points[:, end] - pose.points[:, ankle]
    return BodyPose(pose.size, points, pose.visibility)


def bone(pose: BodyPose, one: str, other: str) -> np.ndarray:
    return np.linalg.norm(pose.points[:, INDEX[one]] - pose.points[:, INDEX[other]], axis=-1)


@pytest.mark.parametrize("fit", ["proportions", "height", "place"])
def test_the_same_proportions_change_nothing(fit: Fit) -> None:
    pose = walking_pose(7)
    np.testing.assert_allclose(retarget(pose, pose[0:1], fit).points, pose.points, atol=1e-9)


def test_another_size_of_the_reference_picture_does_not_matter() -> None:
    pose = walking_pose(5)
    large = pose[0:1].resized(Size(3 * SIZE.width, 3 * SIZE.height))
    np.testing.assert_allclose(retarget(pose, large, "height").points, pose.points, atol=1e-9)


def test_there_and_back_again() -> None:
    pose = walking_pose(7)
    reference = long_legged(walking_pose(1, scale=1.2, x=30), 1.15)
    there = retarget(pose, reference, "height")
    assert np.abs(there.points - pose.points).max() > 5
    back = retarget(there, pose, "height")
    np.testing.assert_allclose(back.points, pose.points, atol=1e-9)


def test_bones_take_the_references_lengths_and_keep_their_directions() -> None:
    pose, reference = walking_pose(7), long_legged(walking_pose(1), 1.3)
    moved = retarget(pose, reference, "height")
    for ends in (("left_hip", "left_knee"), ("right_shoulder", "right_elbow"), ("neck", "nose")):
        np.testing.assert_allclose(bone(moved, *ends), bone(reference, *ends)[0])
    shin = INDEX["left_ankle"], INDEX["left_knee"]
    before, after = (p.points[:, shin[0]] - p.points[:, shin[1]] for p in (pose, moved))
    np.testing.assert_allclose(after, 1.3 * before, atol=1e-9)


def test_proportions_alone_keep_the_height() -> None:
    pose, reference = walking_pose(3), walking_pose(1, scale=1.7)
    np.testing.assert_allclose(retarget(pose, reference).points, pose.points, atol=1e-9)


def test_a_foot_that_stands_goes_on_standing() -> None:
    pose = walking_pose(7)
    ankle = INDEX["right_ankle"]
    standing = pose.points - pose.points[:, ankle, None] + pose.points[:1, ankle, None]
    pose = BodyPose(SIZE, standing, pose.visibility)
    moved = retarget(pose, long_legged(walking_pose(1), 1.4), "height")
    hips = (INDEX["right_hip"], INDEX["left_hip"])
    path = moved.points[:, ankle]
    # thigh and shin grow alike, so that the path of the hips grows with the legs
    width = moved.points[:, hips[0]] - moved.points[:, list(hips)].mean(axis=1)
    np.testing.assert_allclose((path - width) - (path - width)[0], 0, atol=1e-9)


def test_the_place_of_the_reference() -> None:
    pose, reference = walking_pose(4, x=20, y=80), walking_pose(1, scale=0.9, x=90, y=110)
    moved = retarget(pose, reference, "place")
    np.testing.assert_allclose(moved.points[0], reference.points[0], atol=1e-9)


def test_a_reference_of_another_shape_lies_over_the_middle() -> None:
    reference = walking_pose(1, scale=0.9, x=90, y=110)
    beside = np.array([20.0, 0.0])
    size = Size(SIZE.width + 40, SIZE.height)
    wide = BodyPose(size, reference.points + beside, reference.visibility)
    moved = retarget(walking_pose(4, x=20, y=80), wide, "place")
    np.testing.assert_allclose(moved.points[0], reference.points[0], atol=1e-9)


@pytest.mark.parametrize("fit", ["proportions", "height", "place"])
def test_nobody_in_the_first_frames(fit: Fit) -> None:
    """What is not seen changes nothing of the frames that are."""
    pose, reference = walking_pose(5), walking_pose(3, scale=1.1, x=90)
    late, late_reference = walking_pose(5), walking_pose(3, scale=1.1, x=90)
    for unseen, count in ((late, 2), (late_reference, 1)):
        unseen.visibility[:count] = 0
        unseen.points[:count] = 0
    moved = retarget(late, late_reference, fit)
    expected = retarget(pose[2:5], reference[1:3], fit)
    np.testing.assert_allclose(moved.points[2:], expected.points, atol=1e-9)


def test_a_foreshortened_reference_gives_no_dwarf() -> None:
    pose = walking_pose(4)
    reference = walking_pose(1)
    knee, hip = INDEX["left_knee"], INDEX["left_hip"]
    for side in ("right", "left"):  # thighs that point at the camera
        reference.points[:, INDEX[f"{side}_knee"]] = reference.points[:, INDEX[f"{side}_hip"]] + 1
    moved = retarget(pose, reference, "proportions")
    shorter = np.linalg.norm(moved.points[:, knee] - moved.points[:, hip], axis=-1)
    assert shorter.min() > 0.45 * bone(pose, "left_hip", "left_knee").min()


def test_gaps_and_unknown_joints() -> None:
    pose, reference = walking_pose(5), walking_pose(1, scale=1.1)
    pose.visibility[2, INDEX["left_hip"]] = 0
    pose.points[2, INDEX["left_hip"]] = 0
    pose.visibility[:, INDEX["right_elbow"]] = 0
    pose.points[:, INDEX["right_elbow"]] = 0
    moved = retarget(pose, reference, "height")
    assert (moved.visibility == pose.visibility).all()
    full = retarget(walking_pose(5), reference, "height")
    others = [i for i in range(22) if i != INDEX["right_elbow"]]
    # an interpolated hip moves what hangs on it by little; the wrist hangs on the shoulder
    np.testing.assert_allclose(moved.points[:, others], full.points[:, others], atol=1.5)


def test_people_without_a_common_part() -> None:
    pose, reference = walking_pose(2), walking_pose(1)
    reference.visibility[:] = 0
    reference.visibility[:, INDEX["nose"]] = 1
    with pytest.raises(InputError, match="neither trunk nor legs"):
        retarget(pose, reference)
