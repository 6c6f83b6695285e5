"""Clips get the pose of their person, or are dropped where nobody's can be read."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from painted import clip_of, red_boxes, write_frames
from walking_pose import SIZE, walking_pose

from dynascene.body_pose import BodyPose
from dynascene.curation.clip import Clip
from dynascene.curation.output.clip_folders import delivered_files
from dynascene.curation.plan import CurationOptions, full_plan
from dynascene.curation.stages import pose as stage_module
from dynascene.curation.stages.pose import PoseConfig, PoseStage, pose_config_at_hand
from dynascene.display import Display
from dynascene.errors import InputError
from dynascene.estimators.person.subject import EqualPeople
from dynascene.io.poses.formats import read_pose
from dynascene.types import ArrayFrames, FrameSource


def staged(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    made: BodyPose | InputError,
    boxes: Sequence[tuple[int, int, int, int]] = (),
) -> Clip:
    """boxes: left, top, right and bottom of the person in the matte's frames; none: no matte."""

    def estimate_pose(clip: Path, source: FrameSource, display: Display) -> BodyPose:
        if isinstance(made, InputError):
            raise made
        return made[0 : len(source)]

    monkeypatch.setattr(stage_module, "estimate_pose", estimate_pose)
    video = write_frames(folder / "v.mp4", red_boxes([[(20, 20, 60, 100)]] * 6))
    clip = clip_of(video, 6, 2)
    if boxes:
        frames = [np.zeros((SIZE.height, SIZE.width, 1), np.uint8) for _ in boxes]
        for frame, (left, top, right, bottom) in zip(frames, boxes, strict=True):
            frame[top:bottom, left:right] = 255
        monkeypatch.setattr(stage_module, "open_matte", lambda path: ArrayFrames(frames))
        clip = clip.with_files(matte="matte")
    (clip,) = PoseStage()(clip, folder)
    return clip


def test_a_pose_for_each_of_the_clips_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pose = walking_pose(6)
    clip = staged(tmp_path, monkeypatch, pose)
    assert clip.is_kept
    back = read_pose(tmp_path / clip.files["skeleton"])
    np.testing.assert_allclose(back.points, pose.points[:4], atol=1e-3)
    assert clip.values["pose.visible"] == 1
    assert [name for _, name in delivered_files(clip)] == ["skeleton.json"]


def test_clips_without_a_pose_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = staged(tmp_path, monkeypatch, InputError("nobody was found in it"))
    assert clip.rejection is not None
    assert (clip.rejection.code, clip.rejection.reason) == ("nobody", "nobody was found in it")
    clip = staged(tmp_path, monkeypatch, EqualPeople("shows 2 people of comparable prominence"))
    assert clip.rejection is not None
    assert clip.rejection.code == "two-people"
    hidden = walking_pose(6)
    hidden.visibility[:, 4:] = 0
    clip = staged(tmp_path, monkeypatch, hidden)
    assert clip.rejection is not None
    assert clip.rejection.code == "hidden"
    assert clip.rejection.measured == pytest.approx(4 / 22)


def test_a_pose_of_somebody_else_than_the_matte_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pose = walking_pose(6)
    left, top = np.floor(pose.points.min(axis=(0, 1))).astype(int)
    right, bottom = np.ceil(pose.points.max(axis=(0, 1))).astype(int)
    there, beside = (left, top, right, bottom), (right + 20, top, right + 30, bottom)
    clip = staged(tmp_path, monkeypatch, pose, [there] * 4)
    assert clip.is_kept
    assert clip.values["pose.off"] == 0
    clip = staged(tmp_path, monkeypatch, pose, [there, beside, there, beside])
    assert clip.is_kept  # half of them
    assert clip.values["pose.off"] == pytest.approx(0.5)
    clip = staged(tmp_path, monkeypatch, pose, [beside, beside, there, beside])
    assert clip.rejection is not None
    assert clip.rejection.code == "somebody-else"
    assert clip.rejection.measured == pytest.approx(0.75)
    assert "skeleton" not in clip.files


def test_the_plan_has_it_where_it_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path / "cache"))
    options = {"person_detector": "none", "matte": "motion"}
    with pytest.raises(InputError, match="dynascene weights pose"):
        pose_config_at_hand()
    with pytest.raises(InputError, match="dynascene weights pose"):
        full_plan(CurationOptions(poses=True, **options), tmp_path)
    monkeypatch.setattr(stage_module, "has_weights", lambda name: name == "pose")
    plans = [full_plan(CurationOptions(poses=p, **options), tmp_path) for p in (True, False)]
    names = [[stage.name for stage in plan.looks] for plan in plans]
    assert names[0] == [*names[1], "pose"]
    assert PoseStage().config == PoseConfig()
