"""The projection of a clip's picture by the picture's own camera."""

import pytest
import torch

from dynascene.errors import InputError
from dynascene.evaluation.gap import StillFollower, render_tracks
from dynascene.evaluation.gap_job import GapRequest, run_gap
from dynascene.evaluation.projected_followers import FramedFollower, ProjectedFollower
from dynascene.evaluation.systems import Projection
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.imaging.tensor_metrics import clip_psnrs
from dynascene.jobs.log import Log
from dynascene.models.sizes import MICRO
from dynascene.synthetic.shots.moved_clips import MovedClips, moved_clips
from dynascene.synthetic.shots.moved_shots import MovedShots
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.types import Batch

CLIPS = 8


@pytest.fixture(scope="module")
def moved() -> MovedClips:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
        shots = MovedShots(ShortShots("test", MICRO.resolution, MICRO.frames, 0))
        return moved_clips([shots[index] for index in range(CLIPS)])


def stood_at_the_picture(clip: Batch) -> Batch:
    """The clips with every frame taken by the picture's own camera."""
    frames = clip.frames
    return clip.replace(
        cam_from_world=clip.scene_cam_from_world[:, None].expand(-1, frames, -1, -1),
        intrinsics=clip.scene_intrinsics[:, None].expand(-1, frames, -1, -1),
    )


def test_the_pictures_own_camera_sees_the_picture(moved: MovedClips) -> None:
    clip = stood_at_the_picture(moved.clip)
    pictures = StillFollower().frames(clip, 0)
    made = ProjectedFollower().frames(clip, 0)
    assert clip_psnrs(made, pictures, torch.ones_like(moved.judged)).min() > 40


def test_a_clip_may_stand_anywhere_in_its_level_world(moved: MovedClips) -> None:
    """Turned about the vertical and shifted, cameras and picture together, nothing changes."""
    other = rigid(rotation_about("y", 70.0), torch.tensor([2.0, -1.0, 3.0], dtype=torch.float64))
    clip = moved.clip
    turned = clip.replace(
        cam_from_world=clip.cam_from_world @ other,
        scene_cam_from_world=clip.scene_cam_from_world @ other,
    )
    made = [ProjectedFollower().frames(each, 0) for each in (clip, turned)]
    torch.testing.assert_close(made[0], made[1], atol=1e-3, rtol=0)


def test_the_projection_follows_and_its_first_frame_held_does_not(moved: MovedClips) -> None:
    psnrs, gaps = {}, {}
    for system in (ProjectedFollower(), FramedFollower(), StillFollower()):
        rendered = render_tracks(system, moved, 0)
        true, opposite = (clip_psnrs(frames, moved.truth, moved.judged) for frames in rendered[:2])
        psnrs[system.name], gaps[system.name] = true.mean(), true - opposite
    assert gaps["projection"].mean() > 2
    assert (gaps["still, framed"] == 0).all()
    assert psnrs["projection"] > psnrs["still, framed"] + 1 > psnrs["still"]


def test_a_hole_in_the_picture_is_continued(moved: MovedClips) -> None:
    clip = moved.clip
    visibility = clip.scene_visibility.clone()
    visibility[..., 4:8, 10:14] = 0
    hidden = clip.replace(
        scene_image=torch.where(visibility == 1, clip.scene_image, -1.0),
        scene_visibility=visibility,
    )
    made, whole = (ProjectedFollower().frames(each, 0) for each in (hidden, clip))
    assert clip_psnrs(made, whole, torch.ones_like(moved.judged)).min() > 15
    assert not torch.equal(made, whole)


def test_a_clip_without_a_picture_camera_is_refused(moved: MovedClips) -> None:
    bare = moved.clip.replace(scene_cam_from_world=None, scene_intrinsics=None)
    with pytest.raises(InputError, match="where their scene picture was taken"):
        ProjectedFollower().frames(bare, 0)


def test_the_gap_of_the_projection_needs_no_weights(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    request = GapRequest([Projection()], "synthetic:test", 4, size=MICRO)
    table = run_gap(request, tmp_path / "out", Log())[0]
    assert [row[0] for row in table.rows] == ["still", "still, framed", "projection"]
