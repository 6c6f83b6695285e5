"""Poses as written by this package and by other programs."""

import json
from pathlib import Path

import numpy as np
import pytest
from walking_pose import SIZE, walking_pose

from dynascene.body_pose import INDEX, JOINTS, BodyPose
from dynascene.errors import InputError
from dynascene.io.poses.formats import CONVERT, is_pose_file, read_pose
from dynascene.io.poses.layouts import BODY_25, COCO, COCO_FEET, HALPE, OPENPOSE_18, from_joints
from dynascene.io.poses.openpose import write_openpose
from dynascene.types import Size


def rows_of(pose: BodyPose, layout: tuple[str, ...], confidence: float = 1.0) -> list[list[float]]:
    """The flat keypoints of each frame, as other programs list them."""
    joints = np.concatenate([pose.points - 0.5, confidence * pose.visibility[..., None]], axis=-1)
    return [from_joints(frame, layout).ravel().tolist() for frame in joints]


def check_same(read: BodyPose, pose: BodyPose, layout: tuple[str, ...], tolerance: float) -> None:
    """Joints of a layout are where they were; the others are unknown."""
    both = [INDEX[name] for name in JOINTS if name in layout]
    np.testing.assert_allclose(read.points[:, both], pose.points[:, both], atol=tolerance)
    derived = [INDEX["neck"]] if "neck" not in layout else []
    lacking = [i for i in range(22) if i not in (*both, *derived)]
    assert not read.visibility[:, lacking].any()


@pytest.mark.parametrize(
    ("layout", "places"),
    [
        (OPENPOSE_18, {0: "nose", 1: "neck", 2: "right_shoulder", 5: "left_shoulder",
                       8: "right_hip", 13: "left_ankle", 14: "right_eye", 17: "left_ear"}),
        (BODY_25, {1: "neck", 7: "left_wrist", 8: "hips", 9: "right_hip", 14: "left_ankle",
                   15: "right_eye", 18: "left_ear", 19: "left_toe", 21: "left_heel",
                   22: "right_toe", 24: "right_heel"}),
        (COCO, {0: "nose", 1: "left_eye", 4: "right_ear", 5: "left_shoulder", 6: "right_shoulder",
                9: "left_wrist", 11: "left_hip", 16: "right_ankle"}),
        (COCO_FEET, {5: "left_shoulder", 17: "left_toe", 19: "left_heel", 20: "right_toe",
                     22: "right_heel"}),
        (HALPE, {5: "left_shoulder", 18: "neck", 19: "hips", 20: "left_toe", 21: "right_toe",
                 24: "left_heel", 25: "right_heel"}),
    ],
)  # fmt: skip
def test_layouts_are_as_published(layout: tuple[str, ...], places: dict[int, str]) -> None:
    assert {number: layout[number] for number in places} == places


def test_own_file_read_as_written(tmp_path: Path) -> None:
    pose = walking_pose(3)
    pose.visibility[1, INDEX["left_knee"]] = 0.25
    pose.visibility[2, INDEX["right_toe"]] = 0
    write_openpose(pose, tmp_path / "pose.json")
    back = read_pose(tmp_path / "pose.json")
    assert back.size == SIZE
    np.testing.assert_allclose(back.visibility, pose.visibility, atol=1e-3)
    known = pose.visibility > 0
    np.testing.assert_allclose(back.points[known], pose.points[known], atol=1e-3)


@pytest.mark.parametrize("layout", [OPENPOSE_18, BODY_25])
def test_a_file_per_frame(tmp_path: Path, layout: tuple[str, ...]) -> None:
    pose, folder = walking_pose(3), tmp_path / "keypoints"
    folder.mkdir()
    for frame, row in enumerate(rows_of(pose, layout)):
        document = {"version": 1.3, "people": [{"pose_keypoints_2d": row}]}
        (folder / f"clip_{9 + frame}_keypoints.json").write_text(json.dumps(document))
    assert is_pose_file(folder)
    check_same(read_pose(folder, SIZE), pose, layout, 1e-9)
    with pytest.raises(InputError, match="give `size`"):
        read_pose(folder)
    with pytest.raises(InputError, match=r"convert it first: dynascene pose FILE --size WxH"):
        read_pose(folder, remedy=CONVERT)
    (folder / "clip_10_keypoints.json").unlink()
    with pytest.raises(InputError, match="without a gap"):
        read_pose(folder, SIZE)


def test_shares_of_the_canvas(tmp_path: Path) -> None:
    pose = walking_pose(2)
    frames = []
    for row in rows_of(BodyPose(SIZE, pose.points + 0.5, pose.visibility), OPENPOSE_18):
        shares = np.array(row).reshape(-1, 3) / [*SIZE, 1]
        people = [{"pose_keypoints_2d": shares.ravel().tolist()}]
        frames.append({"people": people, "canvas_width": 160, "canvas_height": 120})
    (tmp_path / "shares.json").write_text(json.dumps(frames))
    check_same(read_pose(tmp_path / "shares.json"), pose, OPENPOSE_18, 1e-9)
    with pytest.raises(InputError, match="frames of 160x120"):
        read_pose(tmp_path / "shares.json", Size(20, 20))


def test_coco_annotations(tmp_path: Path) -> None:
    pose = walking_pose(3)
    pose.visibility[1, INDEX["left_wrist"]] = 0.5  # labelled, and hidden
    images = [
        {"id": 30 - f, "file_name": f"{f + 8}.jpg", "width": 160, "height": 120} for f in range(3)
    ]
    annotations = [
        {"image_id": 30 - f, "keypoints": row}
        for f, row in enumerate(rows_of(pose, COCO, confidence=2))
    ]
    (tmp_path / "coco.json").write_text(json.dumps({"images": images, "annotations": annotations}))
    back = read_pose(tmp_path / "coco.json")
    assert back.size == SIZE
    check_same(back, pose, COCO, 1e-9)
    assert back.visibility[1, INDEX["left_wrist"]] == 0.5
    shoulders = [INDEX["left_shoulder"], INDEX["right_shoulder"]]
    np.testing.assert_allclose(back.points[:, INDEX["neck"]], pose.points[:, shoulders].mean(1))


@pytest.mark.parametrize(("layout", "count"), [(COCO, 17), (HALPE, 26), (HALPE, 136)])
def test_alphapose(tmp_path: Path, layout: tuple[str, ...], count: int) -> None:
    pose, entries = walking_pose(4), []
    other = BodyPose(SIZE, 60 + 0.5 * (pose.points - 60), pose.visibility)
    for frame, (row, small) in enumerate(
        zip(rows_of(pose, layout), rows_of(other, layout), strict=True)
    ):
        rest = [0.0] * (3 * (count - len(layout)))
        if frame != 2:
            entries.append({"image_id": f"{frame}.jpg", "keypoints": row + rest, "score": 2.5})
        entries.append({"image_id": f"{frame}.jpg", "keypoints": small + rest, "score": 2.9})
    (tmp_path / "alphapose.json").write_text(json.dumps(entries))
    back = read_pose(tmp_path / "alphapose.json", SIZE)
    assert len(back) == 4
    check_same(back[0:2], pose[0:2], layout, 1e-9)  # the larger one of both, in every frame


def test_somebody_else_is_not_the_person(tmp_path: Path) -> None:
    pose = walking_pose(3)
    rows = rows_of(pose, COCO_FEET)
    far = rows_of(walking_pose(3, scale=0.3, x=9000), COCO_FEET)
    entries = [
        {"image_id": 4, "keypoints": rows[0]},
        {"image_id": 5, "keypoints": far[1]},
        {"image_id": 6, "keypoints": rows[2]},
    ]
    (tmp_path / "results.json").write_text(json.dumps(entries))
    back = read_pose(tmp_path / "results.json", SIZE)
    assert back.visibility.any(axis=1).tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "no poses of"),
        ("[]", "no poses of"),
        ('{"people": 3}', 'no list of "people"'),
        ('{"people": [{"pose_keypoints_2d": [1, 2]}]}', "x, y, confidence"),
        ('{"people": [{"pose_keypoints_2d": [1, 2, 1]}]}', "1 keypoints"),
        ('{"people": [{"pose_keypoints_2d": null}]}', "shows nobody"),
        ('{"people": [{"pose_keypoints_2d": [1, 2, -1]}]}', "negative"),
        ('{"people": [{"pose_keypoints_2d": [1, 1e9, 1]}]}', "pixels"),
        ('{"people": [{"pose_keypoints_2d": [1, 1' + 400 * "0" + ", 1]}]}", "no list of x, y"),
        ('[{"image_id": "a.jpg", "keypoints": 3}]', "image_id"),
        ('[{"image_id": "7.jpg", "keypoints": 3}]', "image 7.jpg: keypoints are no list"),
        ('[{"image_id": "7.jpg", "keypoints": [1, 2, 1]}]', "1 keypoints"),
        ('{"images": [], "annotations": []}', "no list of entries"),
        (
            '{"images": [{"id": 1, "file_name": "1.jpg", "width": {}},'
            ' {"id": 2, "file_name": "2.jpg", "width": 9}], "annotations": [{"image_id": 1}]}',
            "several sizes",
        ),
        ("not json", "JSON"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "pose.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        read_pose(path, SIZE)
    assert "\n" not in str(error.value)
    assert "pose.json" in str(error.value)
