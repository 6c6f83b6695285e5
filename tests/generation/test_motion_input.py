"""Somebody who was not filmed: poses and a picture, as weights read them."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from walking_pose import SIZE, walking_pose

from dynascene.errors import InputError
from dynascene.estimators.matte.motion import MotionMatter
from dynascene.estimators.matte.pose import PoseMatter
from dynascene.generation import person_picture
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.job import make_clip
from dynascene.generation.motion_input import (
    character_picture,
    check_motion,
    check_not_filmed,
    motion_frames,
    motion_inputs,
    points_along,
)
from dynascene.generation.person_picture import read_person
from dynascene.generation.request import (
    CameraInput,
    GenerationRequest,
    MotionInput,
    PersonInput,
    PlaceInput,
)
from dynascene.geometry.point_rendering import from_first_frame
from dynascene.geometry.surface import Stage
from dynascene.imaging.skeleton_map import draw_skeleton
from dynascene.io.images import write_png
from dynascene.io.points import BackgroundPoints, write_points
from dynascene.io.poses.openpose import write_openpose
from dynascene.io.video_writing import H264Writer
from dynascene.models.systems import find_system
from dynascene.synthetic.shots.short_paths import even_move
from dynascene.types import Size

PLACE = PlaceInput(scene=Path("place.png"))


@pytest.fixture
def poses(tmp_path: Path) -> Path:
    write_openpose(walking_pose(5), tmp_path / "poses.json")
    return tmp_path / "poses.json"


def test_poses_are_drawn_in_the_middle_of_the_frame(poses: Path) -> None:
    motion = MotionInput(pose=poses)
    assert motion_frames(motion, None) == (0, 5, 24)
    assert motion_frames(motion, (1, 4)) == (1, 3, 24)
    with pytest.raises(InputError, match="has 5 frames"):
        motion_frames(motion, (1, 6))
    for start, stop in ((3, 1), (2, 2), (-1, 3)):
        with pytest.raises(InputError, match=rf"`frames` {start}:{stop}: must be A:B with 0 <= A"):
            motion_frames(motion, (start, stop))
    maps = motion_inputs(motion, Size(240, 120), 1, 3)["skeleton"]
    assert maps.shape == (3, 3, 120, 240)
    drawn = torch.from_numpy(draw_skeleton(walking_pose(5), 1)).permute(2, 0, 1) / 255
    torch.testing.assert_close(maps[0, :, :, 40:200], drawn, atol=0.03, rtol=0)
    assert not maps[..., :40].any()
    with pytest.raises(InputError, match="has 5 poses, and 6 frames are wanted"):
        motion_inputs(motion, Size(240, 120), 3, 3)


def test_large_frames_are_drawn_at_about_the_size_of_models(poses: Path) -> None:
    maps = motion_inputs(MotionInput(pose=poses), Size(1920, 1080), 0, 2)["skeleton"]
    assert maps.shape[-2:] == (216, 384)


def test_a_drawn_video_is_passed_through(tmp_path: Path) -> None:
    pose = walking_pose(3)
    with H264Writer(tmp_path / "drawn.mp4", SIZE, Fraction(30)) as writer:
        for frame in range(3):
            writer.write(draw_skeleton(pose, frame))
    motion = MotionInput(pose=tmp_path / "drawn.mp4")
    assert motion_frames(motion, None) == (0, 3, 30)
    maps = motion_inputs(motion, SIZE, 0, 3)["skeleton"]
    drawn = torch.from_numpy(draw_skeleton(pose, 2)).permute(2, 0, 1) / 255
    assert (maps[2] - drawn).abs().mean() < 0.03


def test_the_picture_is_whole_and_black_off_the_person(tmp_path: Path) -> None:
    pixels = np.full((30, 10, 4), 200, np.uint8)
    pixels[:15, :, 3], pixels[15:, :, 3] = 255, 0
    write_png(tmp_path / "person.png", pixels)
    motion = MotionInput(person_image=tmp_path / "person.png")
    assert motion_frames(motion, (0, 3)) == (0, None, 24)
    picture = motion_inputs(motion, Size(60, 30), 0, 3)["character"]
    assert picture.shape == (3, 30, 60)
    assert torch.equal(picture, character_picture(pixels, Size(60, 30)))
    torch.testing.assert_close(picture[:, 5, 30], torch.full((3,), 200 / 127.5 - 1))
    assert (picture[:, :, :25] == -1).all()
    assert (picture[:, 20:] == -1).all()


def test_a_picture_without_alpha_is_cut_out_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.full((30, 24, 3), 200, np.uint8)
    pixels[10:20, 8:16] = 90
    write_png(tmp_path / "person.png", pixels)
    seen: list[np.ndarray | None] = []

    class Dark(PoseMatter):
        """Whatever is dark is the person."""

        def __init__(self) -> None:
            pass

        def __call__(self, frames, boxes, start=None):
            seen.append(boxes)
            return ((frame.mean(axis=-1) < 120).astype(np.float32) for frame in frames)

    monkeypatch.setattr(person_picture, "make_matter", Dark)
    cut = read_person(tmp_path / "person.png")
    np.testing.assert_array_equal(cut[..., :3], pixels)
    np.testing.assert_array_equal(cut[..., 3], np.where(pixels[..., 0] < 120, 255, 0))
    opaque = np.dstack([pixels, np.full((30, 24), 255, np.uint8)])
    write_png(tmp_path / "opaque.png", opaque)
    np.testing.assert_array_equal(read_person(tmp_path / "opaque.png"), cut)
    assert seen == [None, None]
    write_png(tmp_path / "nobody.png", np.full((30, 24, 3), 200, np.uint8))
    with pytest.raises(InputError, match="has no alpha, and pose sees nobody in it"):
        read_person(tmp_path / "nobody.png")
    monkeypatch.setattr(person_picture, "make_matter", MotionMatter)
    with pytest.raises(InputError, match="cuts a person out of one picture; cut it out"):
        read_person(tmp_path / "person.png")


def test_what_weights_read_and_what_is_given_must_agree() -> None:
    check_motion({"skeleton", "scene_image"}, {"skeleton"})
    check_motion({"matte"}, ())
    with pytest.raises(InputError, match="read `person_image`, and none is given"):
        check_motion({"skeleton", "character"}, {"skeleton"})
    with pytest.raises(InputError, match="`pose`: these weights do not read it"):
        check_motion({"matte"}, {"skeleton"})


def test_weights_that_make_the_person_take_nobody_who_was_filmed() -> None:
    check_not_filmed(None)
    check_not_filmed(find_system("dynascene"))
    for name in ("animateanywhere", "disentangled"):
        with pytest.raises(InputError, match="make the person too; leave PERSON out"):
            check_not_filmed(find_system(name))


def test_the_projection_makes_nobody(poses: Path, tmp_path: Path) -> None:
    write_png(tmp_path / "place.png", np.zeros((27, 48, 3), np.uint8))
    request = GenerationRequest(
        place=PlaceInput(scene=tmp_path / "place.png"),
        motion=MotionInput(pose=poses),
        options=GenerationOptions(generator="projection"),
    )
    with pytest.raises(InputError, match="makes nobody move"):
        make_clip(request, tmp_path / "out")


def test_points_come_from_a_file_and_else_from_the_camera(poses: Path, tmp_path: Path) -> None:
    rows = np.random.default_rng(0).uniform(0, 100, (5, 6, 3))
    rows[..., 2] = 1
    write_points(BackgroundPoints(Size(200, 100), rows), tmp_path / "points.json")
    points = motion_inputs(MotionInput(points=tmp_path / "points.json"), SIZE, 1, 3)["points"]
    assert points.shape == (3, 50, 5)
    np.testing.assert_allclose(points[0, :6, 0], rows[1, :, 0] / 200, atol=1e-4)
    # wherever a part of it begins, points come from the file's first frame
    np.testing.assert_allclose(points[2, :6, 3], rows[0, :, 0] / 200, atol=1e-4)
    assert not points[:, 6:, 2].any()
    check_motion({"points"}, ())
    track = even_move("right", 0.3, 3, 60.0, Size(48, 27))
    surface = Stage(0.6, 5.0)
    moved = points_along(track, surface, track[:1], None)
    assert moved.shape == (3, 50, 5)
    seen = moved[:, :, 2].bool().all(dim=0)
    assert seen.float().mean() > 0.5
    assert (moved[2, seen, 0] < moved[0, seen, 0]).all()  # the camera goes right, the place left
    torch.testing.assert_close(moved[1, :, 3:], moved[0, :, :2])
    everywhere = torch.ones(3, 3, 27, 48)
    assert not points_along(track, surface, track[:1], everywhere)[..., 2].any()


def test_a_long_pan_has_points_in_each_clip_of_a_chain() -> None:
    """The last clip overlaps the one before, and sees one set of points."""
    track = even_move("pan", 100.0, 11, 60.0, Size(48, 27))
    surface = Stage(0.6, 5.0)
    whole, apart = (points_along(track, surface, track[:1], None, length) for length in (None, 3))
    assert not whole[-3:, :, 2].any()
    for start in (0, 3, 6, 8):
        clip = from_first_frame(apart[start : start + 3])
        assert clip[-1, :, 2].sum() >= 10, start
        seen = clip[:, :, 2].bool().all(dim=0)
        steps = clip[1:, seen, 0] - clip[:-1, seen, 0]
        assert (steps < 0).all()
        assert (steps > -0.4).all()
    assert torch.equal(apart[:3], whole[:3])


def test_requests_that_make_no_sense(poses: Path) -> None:
    motion = MotionInput(pose=poses)
    assert poses in GenerationRequest(place=PLACE, motion=motion).files
    with pytest.raises(InputError, match="nothing moves"):
        GenerationRequest(place=PLACE, motion=MotionInput(person_image=poses))
    with pytest.raises(InputError, match="`pose`: is for somebody who was not filmed"):
        GenerationRequest(
            place=PLACE,
            person=PersonInput(person=Path("film.mp4")),
            camera=CameraInput(move="static"),
            motion=motion,
        )
