"""The skeleton, and how it is drawn."""

import numpy as np
import pytest
from walking_pose import SIZE, walking_pose

from dynascene.body_pose import INDEX, JOINTS, BodyPose, joint_pairs
from dynascene.errors import InputError
from dynascene.imaging.skeleton_map import FEET, LIMBS, WHEEL, draw_skeleton
from dynascene.types import Size


def test_the_joints_are_openposes_and_the_feet() -> None:
    assert len(set(JOINTS)) == 22
    assert JOINTS[:3] == ("nose", "neck", "right_shoulder")
    assert (INDEX["left_wrist"], INDEX["right_hip"], INDEX["left_ear"]) == (7, 8, 17)
    assert joint_pairs("side_knee-side_ankle neck-nose") == ((9, 10), (12, 13), (1, 0))


def test_a_pose_that_is_none_is_refused() -> None:
    points, visibility = np.zeros((2, 22, 2)), np.zeros((2, 22))
    with pytest.raises(InputError, match="shapes"):
        BodyPose(SIZE, points[:, :18], visibility)
    with pytest.raises(InputError, match="finite"):
        BodyPose(SIZE, points + np.nan, visibility)
    with pytest.raises(InputError, match="0 to 1"):
        BodyPose(SIZE, points, visibility + 1.5)


def test_another_frame_size() -> None:
    pose = walking_pose(3)
    small = pose.resized(Size(80, 30))
    np.testing.assert_allclose(small.points, pose.points * [0.5, 0.25])
    np.testing.assert_allclose(small.resized(SIZE).points, pose.points)


def test_the_colours_are_those_of_the_field() -> None:
    assert WHEEL[:3] == ((255, 0, 0), (255, 85, 0), (255, 170, 0))
    assert WHEEL[-1] == (255, 0, 85)
    assert len(LIMBS) == 17
    assert LIMBS[0] == (INDEX["neck"], INDEX["right_shoulder"])  # red
    assert LIMBS[12] == (INDEX["neck"], INDEX["nose"])  # blue
    pose = walking_pose(1)
    picture = draw_skeleton(pose, 0)
    knee, ankle = (pose.points[0, INDEX[f"right_{part}"]] for part in ("knee", "ankle"))
    x, y = np.floor((knee + ankle) / 2).astype(int)
    limb = LIMBS.index((INDEX["right_knee"], INDEX["right_ankle"]))
    np.testing.assert_allclose(picture[y, x], 0.6 * np.array(WHEEL[limb]), atol=25)
    x, y = np.floor(pose.points[0, INDEX["left_knee"]]).astype(int)
    np.testing.assert_allclose(picture[y, x], WHEEL[INDEX["left_knee"]], atol=60)


def test_what_is_not_visible_is_not_drawn() -> None:
    pose = walking_pose(1)
    hidden = BodyPose(SIZE, pose.points, np.zeros((1, 22)))
    assert not draw_skeleton(hidden, 0).any()
    hidden.visibility[0, INDEX["nose"]] = 1  # a joint without a limb
    drawn = draw_skeleton(hidden, 0).any(axis=-1)
    rows, columns = np.nonzero(drawn)
    np.testing.assert_allclose(
        [columns.mean() + 0.5, rows.mean() + 0.5], pose.points[0, INDEX["nose"]], atol=0.2
    )


def test_drawing_scales_with_the_frame() -> None:
    pose = walking_pose(1)
    large = pose.resized(Size(640, 480))
    coarse = draw_skeleton(large, 0).reshape(120, 4, 160, 4, 3).mean(axis=(1, 3))
    assert np.abs(coarse - draw_skeleton(pose, 0)).max() < 30
    assert {pair[0] for pair in FEET} == {INDEX["left_ankle"], INDEX["right_ankle"]}
