"""The skeleton of the synthetic person lies on the person, wherever they are laid."""

import numpy as np
import pytest
import torch

from dynascene.body_pose import INDEX
from dynascene.synthetic.people.body_joints import FACE, body_joints, faces_camera
from dynascene.synthetic.people.kinematics import solve_poses
from dynascene.synthetic.people.skeleton import REST_HEIGHT, SIDES, Arm, Foot, Trunk, rest_joints
from dynascene.synthetic.shots import short_shots
from dynascene.synthetic.shots.person_clips import CLIP_SIZE, Placement, StrideClip, lay_person
from dynascene.synthetic.shots.person_poses import character_of, pose_of, skeleton_of
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.training.shot_cache import read_record, record_type, write_record
from dynascene.types import Size

SIZE = Size(64, 48)


def dotted() -> StrideClip:
    """A "person" who is one bright dot on a wrist that moves with the stride."""
    joints = torch.zeros(24, 22, 2)
    joints[:, :, 0], joints[:, :, 1] = CLIP_SIZE.width / 2, 100.0
    layers = torch.zeros(24, 4, CLIP_SIZE.height, CLIP_SIZE.width)
    for phase in range(24):
        joints[phase, INDEX["left_wrist"]] = torch.tensor([50.0 + phase, 130.0])
        x, y = joints[phase, INDEX["left_wrist"]].int().tolist()
        layers[phase, :, y - 2 : y + 2, x - 2 : x + 2] = 1
    return StrideClip(layers, 1.7, joints, torch.ones(24, 22))


def test_joints_are_where_the_person_is_laid() -> None:
    clip = dotted()
    placement = Placement(
        foot=torch.tensor([[30.0, 40], [33, 42], [28, 38]]),
        scale=torch.tensor([40.0, 36, 44]),
        roll=torch.tensor([0.0, 0.3, -0.4]),
        phase=torch.tensor([0, 9, 30]),
    )
    _, matte = lay_person(clip, placement, SIZE)
    pose = pose_of(clip, placement, SIZE)
    rows, columns = torch.meshgrid(torch.arange(48) + 0.5, torch.arange(64) + 0.5, indexing="ij")
    for frame in range(3):
        weight = matte[frame, 0] / matte[frame, 0].sum()
        middle = [float((weight * axis).sum()) for axis in (columns, rows)]
        np.testing.assert_allclose(pose.points[frame, INDEX["left_wrist"]], middle, atol=0.35)
    assert skeleton_of(pose).shape == (3, 3, 48, 64)


def test_the_characters_picture_stands_in_the_middle() -> None:
    layers = torch.zeros(24, 4, CLIP_SIZE.height, CLIP_SIZE.width)
    layers[:, :, 22:158, 50:70] = 1  # 1.7 m at 80 pixels a metre, feet at 158
    clip = StrideClip(layers, 1.7, torch.zeros(24, 22, 2), torch.ones(24, 22))
    picture = character_of(clip, 3, SIZE)
    assert picture.shape == (3, 48, 64)
    rows, columns = (picture[0] > 0).nonzero().unbind(-1)
    assert int(rows.max() - rows.min()) + 1 == pytest.approx(0.9 * 48, abs=1.5)
    assert float(columns.double().mean()) + 0.5 == pytest.approx(32, abs=0.6)
    assert picture[0, 0, 0] == -1


def test_the_face_is_before_the_head_and_turns_with_it() -> None:
    rest = rest_joints(REST_HEIGHT)
    feet = {side: Foot(rest[f"{side}_ankle"][None].expand(3, 3), *(torch.zeros(3),) * 3)
            for side in SIDES}  # fmt: skip
    arms = {side: Arm(torch.zeros(3)) for side in SIDES}
    trunk = Trunk(
        rest["pelvis"].expand(3, 3) + torch.tensor([0.0, 0.02, 0.0]),
        heading=torch.tensor([0.0, 180.0, 90.0]),
    )
    poses = solve_poses(trunk, arms, feet, REST_HEIGHT)
    joints = body_joints(poses, REST_HEIGHT)
    assert joints.shape == (3, 22, 3)
    nose, ears = (
        joints[:, [INDEX[name] for name in names]].mean(dim=1)
        for names in (("nose",), ("right_ear", "left_ear"))
    )
    forward = (nose - ears)[:, [0, 2]].sign().int().tolist()
    assert [forward[0][1], forward[1][1], abs(forward[2][0])] == [1, -1, 1]
    right = joints[0, INDEX["right_eye"]] - joints[0, INDEX["left_eye"]]
    assert float(right[0]) == pytest.approx(2 * FACE["right_eye"][0], abs=1e-6)
    looking_ahead = torch.eye(4, dtype=torch.float64).expand(3, 4, 4)
    assert faces_camera(poses, looking_ahead).tolist()[:2] == [False, True]


def test_short_clips_carry_what_is_asked_for_and_stay_what_they_are(monkeypatch) -> None:
    monkeypatch.setattr(short_shots, "person_clip", lambda seed: dotted())
    names = frozenset({"skeleton", "character", "background_flow"})
    options = {"worlds": {"stage": 1.0}, "person_share": 1.0}
    size = Size(24, 12)
    plain, rich = (
        ShortShots("train", size, 3, 0, inputs=inputs, **options)[0]
        for inputs in (frozenset(), names)
    )
    assert torch.equal(plain.video, rich.video)
    assert not plain.inputs
    shapes = {name: tuple(value.shape) for name, value in rich.inputs.items()}
    assert shapes == {
        "skeleton": (3, 3, 12, 24), "character": (3, 12, 24), "background_flow": (3, 2, 12, 24)
    }  # fmt: skip
    record = np.zeros(1, record_type(size, 3, names))[0]
    write_record(record, rich)
    for name, value in read_record(record).items():
        expected = rich.inputs[name] if name in names else getattr(rich, name)
        torch.testing.assert_close(value, expected.float(), atol=0.005, rtol=1e-6)
    assert record_type(size, 3) == np.zeros(1, record_type(size, 3)).dtype
