"""Clips in which steps tell how the camera moves."""

import pytest
import torch

from dynascene.body_pose import INDEX
from dynascene.errors import InputError
from dynascene.geometry.rigid import camera_centres
from dynascene.synthetic.shots import walkers
from dynascene.synthetic.shots.person_clips import CLIP_SIZE, StrideClip, mirrored
from dynascene.synthetic.shots.person_poses import pose_of
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.synthetic.shots.walkers import KINDS, WalkerShots
from dynascene.training.shot_cache import CachedShots
from dynascene.types import Size

SIZE, FRAMES = Size(48, 24), 3


@pytest.fixture(autouse=True)
def drawn_people(monkeypatch) -> None:
    """Procedural places, and a figure that walks to the right in place of rendered people."""
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    layers = torch.zeros(24, 4, CLIP_SIZE.height, CLIP_SIZE.width)
    layers[:, :, 22:158, 50:70] = 1
    feet = torch.zeros(24, 22, 2) + torch.tensor([60.0, 158.0])
    walker = StrideClip(
        layers, 1.7, feet, torch.ones(24, 22), torch.tensor([0.06, 0.0], dtype=torch.float64)
    )
    monkeypatch.setattr(walkers, "person_clip", lambda seed: walker)
    stander = StrideClip(layers, 1.7, feet, torch.ones(24, 22))
    monkeypatch.setattr(walkers, "standing_clip", lambda seed: stander)


def shots(kind: str, **options) -> WalkerShots:
    worlds = {"stage": 1.0}
    return WalkerShots("train", SIZE, FRAMES, worlds=worlds, kinds={kind: 1.0}, **options)


def flow_and_foot(kind: str, index: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The background's mean flow in the last frame, and how far the foot goes, in shares."""
    laid = []

    def keep(*arguments):
        laid.append(original(*arguments))
        return laid[-1]

    original = walkers.laid_walker
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walkers, "laid_walker", keep)
        shot = shots(kind, inputs=frozenset({"background_flow"}))[index]
    feet = pose_of(laid[0].who, laid[0].where, SIZE).points[:, INDEX["left_heel"]]
    foot = torch.from_numpy(feet[-1] - feet[-2]) / torch.tensor([SIZE.width, SIZE.height])
    return shot.inputs["background_flow"][-1].mean((-2, -1)), foot


@pytest.mark.parametrize("index", range(4))
def test_the_place_slides_past_who_walks_and_stays_in_the_picture(index) -> None:
    flow, foot = flow_and_foot("along", index)
    torch.testing.assert_close(foot, torch.zeros(2, dtype=foot.dtype), atol=1e-5, rtol=0)
    assert abs(flow[0]) > 2e-3


@pytest.mark.parametrize("index", range(4))
def test_a_still_camera_sees_a_walker_pass_the_other_way(index) -> None:
    """The foot goes as the ground at the foot went by where the camera went along."""
    flow, foot = flow_and_foot("past", index)
    torch.testing.assert_close(flow, torch.zeros(2), atol=1e-5, rtol=0)
    along, _ = flow_and_foot("along", index)
    assert foot[0].sign() == -along[0].sign()


def test_who_stands_moves_with_the_background_of_a_pan() -> None:
    still, still_foot = flow_and_foot("standing", 1)
    assert still.abs().max() < 1e-5
    assert still_foot.abs().max() < 1e-5
    flow, foot = flow_and_foot("panned", 1)
    assert abs(flow[0]) > 0.02
    torch.testing.assert_close(foot[0].float(), flow[0], rtol=0.3, atol=0)


def test_other_kinds_of_one_index_show_the_same_place() -> None:
    clips = [shots(kind)[3] for kind in KINDS]
    for clip in clips[1:]:
        assert torch.equal(clip.scene_image, clips[0].scene_image)
        assert torch.equal(clip.intrinsics, clips[0].intrinsics)
    assert camera_centres(clips[0].cam_from_world)[-1].norm() > 0


def test_the_picture_is_the_first_frames_view() -> None:
    clip = shots("along")[0]
    torch.testing.assert_close(clip.scene_image, clip.background[0], atol=1e-5, rtol=0)


def test_a_mirror_changes_left_and_right() -> None:
    clip = walkers.person_clip(0)
    joints = torch.rand(24, 22, 2) * 100
    clip = StrideClip(clip.layers, 1.7, joints, torch.rand(24, 22), clip.step)
    reflected = mirrored(clip)
    left, right = INDEX["left_knee"], INDEX["right_knee"]
    torch.testing.assert_close(reflected.joints[:, left, 0], CLIP_SIZE.width - joints[:, right, 0])
    assert torch.equal(reflected.visibility[:, left], clip.visibility[:, right])
    assert torch.equal(reflected.joints[:, INDEX["neck"], 1], joints[:, INDEX["neck"], 1])
    assert reflected.step.tolist() == [-0.06, 0.0]
    again = mirrored(reflected)
    torch.testing.assert_close(again.joints, joints)
    assert torch.equal(again.layers, clip.layers)


def test_clips_of_other_kinds_are_kept_apart(tmp_path) -> None:
    kept = {CachedShots(shots(kind), tmp_path).folder for kind in KINDS}
    assert len(kept) == len(KINDS)


def test_plain_short_clips_keep_their_key() -> None:
    """Clips rendered before there were walkers are found again."""
    plain = ShortShots("train", SIZE, FRAMES, worlds={"stage": 1.0})
    assert plain.further_choices() == ""
    wanting = ShortShots("train", SIZE, FRAMES, inputs=frozenset({"skeleton", "points"}))
    assert wanting.further_choices() == "['points, with their places in the picture', 'skeleton']"


def test_what_walkers_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="no depth"):
        WalkerShots("train", SIZE, FRAMES, worlds={"turn": 1.0})
    with pytest.raises(InputError, match="'flying' is no kind; there are along"):
        WalkerShots("train", SIZE, FRAMES, kinds={"flying": 1.0})
