"""Nodes of pictures do what the library does."""

import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from dynascene import CameraTrack, GenerationOptions, InputError, Shot, Size
from dynascene.body_pose import JOINTS, BodyPose
from dynascene.generation.compositing import composite
from dynascene.generation.generate import generate
from dynascene.geometry.intrinsics import focal_from_fov, intrinsics_from_fov
from dynascene.geometry.lifting import LiftedScene, lift_to_stage, lift_with_depth
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture import PictureCamera

Run = Callable[..., tuple[Any, ...]]
FRAMES, SIZE = 3, Size(45, 27)


def noise(*shape: int, coarse: int = 6) -> Tensor:
    """Smooth random values [F, H, W, C] of 0 … 1."""
    frames, height, width, channels = shape
    random = np.random.default_rng(0)
    small = random.random((frames, height // coarse + 2, width // coarse + 2, channels), np.float32)
    large = [cv2.resize(frame, (width, height)).reshape(shape[1:]) for frame in small]
    return torch.from_numpy(np.stack(large))


@pytest.fixture
def picture() -> Tensor:
    return noise(1, 48, 72, 3)


@pytest.fixture
def camera() -> CameraTrack:
    return make_move("pan-right:25", FRAMES, intrinsics_from_fov(50, SIZE), SIZE)


@pytest.fixture
def person() -> Tensor:
    return noise(FRAMES, SIZE.height, SIZE.width, 3, coarse=4)


@pytest.fixture
def matte() -> Tensor:
    """Outside, a soft edge, inside."""
    ramp = torch.linspace(-0.5, 1.5, SIZE.width).clamp(0, 1)
    return ramp.expand(FRAMES, SIZE.height, SIZE.width).clone()


@pytest.fixture
def scene(picture: Tensor) -> LiftedScene:
    size = Size(72, 48)
    lens = PictureCamera(focal_from_fov(60, size), size, 24)
    return lift_to_stage(picture[0].permute(2, 0, 1), lens)


def test_a_scene_is_lifted_as_the_library_does(
    picture: Tensor, scene: LiftedScene, run: Run
) -> None:
    (made,) = run(
        "Scene", picture=picture, place="ground", fov=60.0, estimate_horizon=False, horizon=0.5
    )
    assert made.camera == scene.camera
    assert made.surface == scene.surface
    torch.testing.assert_close(made.picture, scene.picture)


def test_a_thing_in_the_picture_stands(picture: Tensor, run: Run) -> None:
    given = {"place": "ground", "fov": 60.0, "estimate_horizon": False, "horizon": 0.4}
    height, width = picture.shape[1:3]
    post = picture * 0.1
    post[:, height // 5 : height * 4 // 5, width // 3 : width // 2] = torch.tensor([1.0, 0.1, 0.0])
    box = f"{width // 4},{height // 10},{width * 2 // 3},{height * 9 // 10}"
    (made,) = run("Scene", picture=post, upright=f"{box}\n", **given)
    assert len(made.cards) == 1
    for wrong, why in (("9,1,2,8", "wrong way round"), ("2,1,2,8", "no width"), ("2,x", "'x' is")):
        with pytest.raises(InputError, match=f"`upright` .*{why}"):
            run("Scene", picture=post, upright=wrong, **given)
    with pytest.raises(InputError, match="beyond the picture"):
        run("Scene", picture=post, upright=f"0,0,{width + 1},{height}", **given)


def test_a_scene_by_a_depth_map(picture: Tensor, scene: LiftedScene, run: Run) -> None:
    depth = torch.linspace(1, 0.1, 48)[None, :, None, None].expand(1, 48, 72, 3)
    (made,) = run("Scene", picture=picture, fov=60.0, estimate_horizon=False, depth=depth)
    expected = lift_with_depth(scene.picture, scene.camera, depth[0, ..., 0])
    assert len(made.layers) == len(expected.layers) == 2
    for one, other in zip(made.layers, expected.layers, strict=True):
        torch.testing.assert_close(one.picture, other.picture)
    with pytest.raises(InputError, match="positive"):
        run("Scene", picture=picture, depth=depth * 0)
    with pytest.raises(InputError, match="`upright` and `depth`: give one"):
        run("Scene", picture=picture, depth=depth, upright="10,10,40,40")


def test_one_picture_makes_a_scene(picture: Tensor, run: Run) -> None:
    with pytest.raises(InputError, match="give one"):
        run("Scene", picture=picture.expand(2, -1, -1, -1))


def test_the_projection_is_the_guide_of_generate(
    camera: CameraTrack, scene: LiftedScene, run: Run
) -> None:
    clip = generate(
        Shot(None, None, camera, Fraction(24)), scene, GenerationOptions(generator="projection")
    )
    guide, visibility, placed = run("Projection", camera=camera, scene=scene)
    assert guide.shape == (FRAMES, 27, 45, 3)
    assert visibility.shape == (FRAMES, 27, 45)
    assert 0 < visibility.mean() < 1
    for index, frame in enumerate(clip.frames()):
        np.testing.assert_allclose(guide[index].numpy() * 255, frame.guide, atol=1e-4)
        np.testing.assert_allclose(
            visibility[index].numpy() * 255, frame.visibility[..., 0], atol=1e-4
        )
    torch.testing.assert_close(placed.cam_from_world, clip.track.cam_from_world)


def test_generate_gives_the_background(camera: CameraTrack, scene: LiftedScene, run: Run) -> None:
    guide, visibility, _ = run("Projection", camera=camera, scene=scene)
    background, seen, _ = run("Generate", camera=camera, scene=scene, generator="projection")
    torch.testing.assert_close(seen, visibility)
    shown = (visibility > 0.5)[..., None].expand_as(guide)
    torch.testing.assert_close(background[shown], guide[shown], rtol=0, atol=0.51 / 255)
    assert (background[~shown] > 0).any()  # filled, where the guide is black


def test_a_background_of_another_size(camera: CameraTrack, scene: LiftedScene, run: Run) -> None:
    background, _, placed = run(
        "Generate", camera=camera, scene=scene, generator="projection", width=33, height=21
    )
    assert background.shape == (FRAMES, 21, 33, 3)
    assert placed.size == Size(33, 21)
    with pytest.raises(InputError, match="give both"):
        run("Projection", camera=camera, scene=scene, width=33)


def test_a_person_without_a_matte_is_refused(
    camera: CameraTrack, scene: LiftedScene, person: Tensor, run: Run
) -> None:
    with pytest.raises(InputError, match="give both"):
        run("Generate", camera=camera, scene=scene, generator="projection", person=person)


def test_the_composite_is_the_librarys(person: Tensor, matte: Tensor, run: Run) -> None:
    background = noise(FRAMES, SIZE.height, SIZE.width, 3)
    (made,) = run("Composite", person=person, matte=matte, background=background, clean_edges=False)
    for index in range(FRAMES):
        parts = person[index], matte[index, ..., None], background[index]
        np.testing.assert_array_equal(made[index], composite(*(part.numpy() for part in parts)))


def test_clean_edges_keep_what_is_solid(person: Tensor, matte: Tensor, run: Run) -> None:
    background = noise(FRAMES, SIZE.height, SIZE.width, 3)
    (made,) = run("Composite", person=person, matte=matte, background=background)
    inside, outside = matte == 1, matte == 0
    torch.testing.assert_close(made[inside], person[inside])
    torch.testing.assert_close(made[outside], background[outside])


def test_a_background_is_fitted_to_the_person(person: Tensor, matte: Tensor, run: Run) -> None:
    (made,) = run(
        "Composite", person=person, matte=matte * 0, background=torch.full((FRAMES, 60, 99, 3), 0.3)
    )
    torch.testing.assert_close(made, torch.full_like(person, 0.3))


def test_parts_of_other_lengths_are_refused(person: Tensor, matte: Tensor, run: Run) -> None:
    with pytest.raises(InputError, match="`matte` has 2 frames"):
        run("Composite", person=person, matte=matte[:2], background=person)
    with pytest.raises(InputError, match="`background` has 2 frames"):
        run("Composite", person=person, matte=matte, background=person[:2])


def test_layers_hold_what_they_are_given(
    person: Tensor, matte: Tensor, camera: CameraTrack, scene: LiftedScene, run: Run
) -> None:
    background, _, placed = run("Generate", camera=camera, scene=scene, generator="projection")
    (folder,) = run(
        "Layers",
        person=person,
        matte=matte,
        background=background,
        camera=placed,
        scene=scene,
        name="shot/layers",
    )
    names = sorted(path.name for path in Path(folder).iterdir())
    assert names == ["background", "foreground", "matte"]
    stored = cv2.imread(str(Path(folder) / "background" / "00002.png"), cv2.IMREAD_UNCHANGED)
    assert stored.dtype == np.uint16
    np.testing.assert_allclose(stored[..., ::-1] / 65535, background[2], atol=1e-5)
    stored = cv2.imread(str(Path(folder) / "matte" / "00000.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_allclose(stored / 65535, matte[0], atol=1e-5)


def test_layers_of_another_length_leave_nothing(
    person: Tensor,
    matte: Tensor,
    camera: CameraTrack,
    scene: LiftedScene,
    run: Run,
    comfy: SimpleNamespace,
) -> None:
    with pytest.raises(InputError, match="they must agree"):
        run(
            "Layers",
            person=person,
            matte=matte,
            background=person,
            camera=camera[:2],
            scene=scene,
            name="refused/layers",
        )
    assert not list((comfy.folders.output / "refused").glob("*"))


def test_vace_gets_shapes_that_it_takes(person: Tensor, matte: Tensor, run: Run) -> None:
    """Three frames of 45×27: padded to 5 of 48×32, and cut again."""
    guide = noise(FRAMES, SIZE.height, SIZE.width, 3)
    seen = torch.zeros(FRAMES, SIZE.height, SIZE.width)
    seen[:, :13] = 1
    control, masks, width, height, length = run(
        "VaceInputs", guide=guide * seen[..., None], visibility=seen, person=person, matte=matte
    )
    assert (width, height, length) == (48, 32, 5)
    assert control.shape == (5, 32, 48, 3)
    assert masks.shape == (5, 32, 48)
    assert set(masks.unique().tolist()) == {0.0, 1.0}
    shown, filmed = seen.bool() & (matte == 0), matte == 1
    unseen = ~seen.bool() & (matte == 0)
    video, mask = control[:3, :27, :45], masks[:3, :27, :45]
    torch.testing.assert_close(video[shown], guide[shown])
    torch.testing.assert_close(video[filmed], person[filmed])
    torch.testing.assert_close(video[unseen], torch.full_like(video[unseen], 0.5))
    assert (mask[unseen] == 1).all()
    assert (mask[~seen.bool() & (matte > 0.5) & (matte < 0.9)] == 1).all()  # mixed with grey
    assert (mask[shown | filmed] == 0).all()
    torch.testing.assert_close(control[3:, :27, :45], video[2:].expand(2, -1, -1, -1))
    lens = make_move("pan-right:1", FRAMES, intrinsics_from_fov(50, SIZE), SIZE)
    (cut,) = run("CutToCamera", frames=control, camera=lens)
    torch.testing.assert_close(cut, video)
    with pytest.raises(InputError, match="the camera has 3"):
        run("CutToCamera", frames=control[:2], camera=lens)


def test_shapes_that_vace_takes_stay(run: Run) -> None:
    guide = noise(5, 32, 48, 3)
    control, masks, *sizes = run("VaceInputs", guide=guide, visibility=torch.ones(5, 32, 48))
    assert sizes == [48, 32, 5]
    torch.testing.assert_close(control, guide)
    assert not masks.any()


def walk(frames: int) -> Tensor:
    """Somebody walks before a wall."""
    wall, coat = noise(1, 96, 160, 3, coarse=8), noise(1, 56, 20, 3, coarse=3)
    clip = wall.repeat(frames, 1, 1, 1)
    for f in range(frames):
        clip[f, 26:82, 20 + 6 * f : 40 + 6 * f] = coat[0] / 2
    return clip


def test_a_person_is_cut_out_and_the_camera_is_tracked(run: Run) -> None:
    clip = walk(12)
    (matte,) = run("Matte", frames=clip, backend="motion")
    assert matte.shape == (12, 96, 160)
    assert matte[6, 40:70, 58:74].mean() > 0.8
    assert matte[6, :, 100:].mean() < 0.1
    track, verdict = run("Track", frames=clip, matte=matte, fov=50.0)
    assert verdict.startswith("static")
    assert len(track) == 12
    assert track.intrinsics[0, 0, 0] == pytest.approx(focal_from_fov(50, Size(160, 96)))


def test_a_tracked_pan_goes_the_right_way(run: Run) -> None:
    sharp = noise(1, 120, 240, 3, coarse=5)
    (place,) = run("Scene", picture=sharp, place="ground", fov=90.0, estimate_horizon=False)
    (camera,) = run("Move", move="pan-right:12", frames=8, width=160, height=90, fov=40.0)
    clip, _, _ = run("Generate", camera=camera, scene=place, generator="projection")
    track, verdict = run("Track", frames=clip, fov=40.0)
    turn = torch.rad2deg(torch.asin(track.cam_from_world[-1, 0, 2]))
    expected = torch.rad2deg(torch.asin(camera.cam_from_world[-1, 0, 2]))
    assert turn == pytest.approx(float(expected), abs=1.0), verdict


def test_poses_are_drawn_and_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With poses that are given, since the network's weights are not."""
    points = np.random.default_rng(0).uniform(5, 25, (FRAMES, len(JOINTS), 2))
    pose = BodyPose(SIZE, points, np.ones((FRAMES, len(JOINTS))))
    node = sys.modules["dynascene_pack_under_test.nodes.pose"]
    monkeypatch.setattr(node, "estimate_pose", lambda clip, source, display: pose)
    skeletons, keypoints = run("Pose", frames=torch.zeros(FRAMES, 27, 45, 3))
    assert skeletons.shape == (FRAMES, 27, 45, 3)
    assert skeletons.max() > 0.5
    assert [len(document["people"]) for document in keypoints] == [1] * FRAMES
    assert keypoints[0]["canvas_width"] == 45
