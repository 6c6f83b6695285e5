"""Filmed clips with skeletons, the person's picture and points that follow the told track."""

import numpy as np
import pytest
import torch
from PIL import Image

from dynascene.errors import InputError
from dynascene.evaluation.filmed_scenes import filmed_batch, lifted
from dynascene.evaluation.motion_benchmark import MotionBenchmark, opposite_clip
from dynascene.evaluation.protocol import EvaluationShot
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rigid import relative_to_first, rigid, rotation_about
from dynascene.types import CameraTrack, Size

SIZE, FRAMES, DEGREES = Size(48, 27), 3, 5.0
ALL = frozenset({"skeleton", "character", "points"})


class OneClip:
    """A pan to the right over noise. name, note: as of ``Benchmark``."""

    name, note = "one clip", "of noise"

    def __init__(self, *, person: bool, poses: bool = False) -> None:
        yaws = DEGREES * torch.arange(FRAMES, dtype=torch.float64)
        poses_of = rigid(rotation_about("y", yaws).mT, torch.zeros(FRAMES, 3).double())
        lens = intrinsics_from_fov(60, SIZE).expand(FRAMES, 3, 3)
        track = CameraTrack(poses_of, lens, SIZE)
        noise = np.random.default_rng(3).integers(0, 255, (9, 16, 3), dtype=np.uint8)
        picture = np.array(Image.fromarray(noise).resize(SIZE, Image.Resampling.BICUBIC))
        scene = lifted(picture, track)
        batch = filmed_batch(track, scene)
        if person:
            matte = torch.zeros_like(batch.matte)
            matte[:, :, :, 5:20, 20:30] = 1
            batch = batch.replace(matte=matte, foreground=0.25 * matte.expand(-1, -1, 3, -1, -1))
        if poses:
            batch = batch.replace(skeleton=batch.matte.expand(-1, -1, 3, -1, -1))
        truth = np.zeros((FRAMES, SIZE.height, SIZE.width, 3), np.uint8)
        self.shot = EvaluationShot("pan", batch, truth, scene=scene)

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> EvaluationShot:
        return self.shot


def test_where_nobody_is_skeleton_and_picture_are_black() -> None:
    clip = MotionBenchmark(OneClip(person=False), ALL)[0].batch
    assert clip.skeleton is not None
    assert clip.character is not None
    assert not clip.skeleton.any()
    assert (clip.character == -1).all()
    assert clip.character.shape == (1, 3, SIZE.height, SIZE.width)


def test_the_picture_is_the_first_frames_person_on_black() -> None:
    clip = MotionBenchmark(OneClip(person=True, poses=True), ALL)[0].batch
    assert clip.character is not None
    inside = clip.matte[:, 0].expand(-1, 3, -1, -1) == 1
    assert (clip.character[inside] == 0.25).all()
    assert (clip.character[~inside] == -1).all()


def test_a_person_needs_poses() -> None:
    with pytest.raises(InputError, match="pan: somebody is in this clip, and their poses are not"):
        MotionBenchmark(OneClip(person=True), ALL)[0]
    alone = MotionBenchmark(OneClip(person=True), frozenset({"character"}))[0].batch
    assert alone.skeleton is None
    assert alone.points is None


def test_points_go_against_the_pan_and_the_other_way_along_the_opposite_track() -> None:
    shot = MotionBenchmark(OneClip(person=False), ALL)[0]
    told, opposite = shot.batch, opposite_clip(shot)
    there, back = (relative_to_first(x.cam_from_world[0].double()) for x in (told, opposite))
    torch.testing.assert_close(there @ back, torch.eye(4).double().expand(FRAMES, 4, 4))
    for clip, sign in ((told, -1), (opposite, 1)):
        assert clip.points is not None
        places, seen = clip.points[0, ..., :2], clip.points[0, ..., 2] > 0
        assert seen[0].float().mean() > 0.9
        both = seen[0] & seen[-1]
        assert both.any()
        way = (places[-1] - places[0])[both, 0] * sign
        # tan of the pan's ten degrees over twice that of half the field of view, and a bit more
        # towards the sides
        assert (way > 0.14).all()
        assert (way < 0.25).all()


def test_points_hide_behind_the_skeleton() -> None:
    free, covered = (
        MotionBenchmark(OneClip(person=poses, poses=poses), ALL)[0].batch.points
        for poses in (False, True)
    )
    assert free is not None
    assert covered is not None
    assert 0 < covered[..., 2].sum() < free[..., 2].sum()
    assert torch.equal(covered[..., :2], free[..., :2])


def test_points_need_the_shape_of_a_place() -> None:
    clip = OneClip(person=False)
    clip.shot = EvaluationShot("flat", clip.shot.batch, clip.shot.truth)
    with pytest.raises(InputError, match="flat: the shape of its place is not known"):
        MotionBenchmark(clip, ALL)[0]
