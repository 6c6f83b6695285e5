"""The guide of filmed samples: the scene picture seen from the told cameras."""

import numpy as np
import pytest
import torch

from dynascene.datasets.tasks.collation import collate_samples
from dynascene.datasets.tasks.guiding import in_world_of, picture_camera, with_guide
from dynascene.datasets.tasks.outpainting import outpainting
from dynascene.datasets.tasks.pieces import training_cameras
from dynascene.datasets.tasks.samples import TaskSamples
from dynascene.datasets.tasks.variation import image_variation, video_variation
from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rigid import (
    camera_centres,
    invert_rigid,
    relative_to_first,
    rigid,
    rotation_about,
)
from dynascene.geometry.tracks import EXTENT_WHERE_UNKNOWN, extent, turning_only
from dynascene.task_mix import TaskMix
from dynascene.types import CameraTrack, Size

HEIGHT, WIDTH = 45, 75
SIZE = Size(WIDTH, HEIGHT)


def smooth_picture(seed: int = 0) -> torch.Tensor:
    """[3, H, W] in −1 … 1: a few waves, so that resampling hardly changes it."""
    y, x = torch.arange(HEIGHT)[:, None] / HEIGHT, torch.arange(WIDTH)[None] / WIDTH
    waves = [torch.sin(5 * x + seed + k) * torch.cos(4 * y - k) for k in range(3)]
    return 0.8 * torch.stack(waves)


def track_of(yaws: list[float], centres: torch.Tensor | None = None) -> CameraTrack:
    rotation = rotation_about("y", torch.tensor(yaws, dtype=torch.float64)).mT
    if centres is None:
        centres = torch.zeros(len(yaws), 3, dtype=torch.float64)
    poses = rigid(rotation, -(rotation @ centres.double()[..., None])[..., 0])
    return CameraTrack(poses, intrinsics_from_fov(60, SIZE).expand(len(yaws), 3, 3), SIZE)


@pytest.fixture
def turning(make_clip):
    """A piece of 3 frames that pans; the scene picture was taken with the view of its frame 1."""
    pan = track_of([0.0, 6.0, 12.0])
    return make_clip(
        3, HEIGHT, WIDTH, person=False, cameras=pan, others=smooth_picture()[None],
        others_matte=torch.zeros(1, 1, HEIGHT, WIDTH), others_cameras=pan[1:2],
    )  # fmt: skip


def test_a_frame_that_took_the_picture_sees_it(turning, rng) -> None:
    sample = with_guide(video_variation(turning, rng))
    assert sample.guide is not None
    assert sample.guide_visibility is not None
    assert sample.guide.shape == (3, 3, HEIGHT, WIDTH)
    assert torch.allclose(sample.guide[1], sample.scene_image, atol=0.02)
    assert sample.guide_visibility[1].all()
    for frame in (0, 2):
        assert 0.5 < float(sample.guide_visibility[frame].mean()) < 0.95
    # the camera pans to the right, so what it leaves behind is lost on the left of the picture
    assert sample.guide_visibility[2, 0, HEIGHT // 2, -1] == 0
    assert sample.guide_visibility[0, 0, HEIGHT // 2, 0] == 0


def test_a_pan_moves_the_picture_by_its_homography(turning, rng) -> None:
    """Written out: pixel p of frame i shows K R K⁻¹ p of the picture."""
    sample = with_guide(video_variation(turning, rng))
    assert sample.guide is not None
    k = turning.cameras.intrinsics[0].numpy()
    poses = relative_to_first(turning.cameras.cam_from_world).numpy()
    picture = (sample.scene_image / 2 + 0.5).numpy()
    for frame, (row, column) in ((0, (20, 40)), (2, (30, 20)), (2, (12, 33))):
        ray = np.linalg.inv(k) @ [column + 0.5, row + 0.5, 1]
        x, y, z = k @ poses[1, :3, :3] @ poses[frame, :3, :3].T @ ray
        u, v = x / z - 0.5, y / z - 0.5
        i, j = int(v), int(u)
        a, b = v - i, u - j
        expected = (
            (1 - a) * (1 - b) * picture[:, i, j] + (1 - a) * b * picture[:, i, j + 1]
            + a * (1 - b) * picture[:, i + 1, j] + a * b * picture[:, i + 1, j + 1]
        )  # fmt: skip
        found = sample.guide[frame, :, row, column].numpy() / 2 + 0.5
        np.testing.assert_allclose(found, expected, atol=0.02)


def test_cameras_are_those_of_the_scenes_world(make_clip, rng) -> None:
    clip = make_clip(9, HEIGHT, WIDTH, person=False)
    clip = make_clip(
        9, HEIGHT, WIDTH, person=False, others=smooth_picture()[None],
        others_matte=torch.zeros(1, 1, HEIGHT, WIDTH), others_cameras=clip.cameras[4:5],
    )  # fmt: skip
    plain = video_variation(clip, np.random.default_rng(4))
    guided = with_guide(plain)
    # the picture was taken at the origin, its horizon level: rotated about x at most
    torch.testing.assert_close(
        camera_centres(guided.scene_cam_from_world), torch.zeros(3, dtype=torch.float64)
    )
    torch.testing.assert_close(
        guided.scene_cam_from_world[0, :3], torch.tensor([1.0, 0, 0], dtype=torch.float64)
    )
    # and each camera stands to it as before, but for the travel
    turns = [
        (s.cam_from_world @ invert_rigid(s.scene_cam_from_world))[:, :3, :3]
        for s in (plain, guided)
    ]
    torch.testing.assert_close(*turns)
    # the model takes them from the first frame, and there nothing has changed but the travel
    before, after = (relative_to_first(s.cam_from_world) for s in (plain, guided))
    torch.testing.assert_close(before[:, :3, :3], after[:, :3, :3])
    ratio = after[1:, :3, 3].norm(dim=1) / before[1:, :3, 3].norm(dim=1)
    torch.testing.assert_close(ratio, ratio[:1].expand(8))
    assert float(ratio[0]) <= 1 + 1e-9
    assert float(camera_centres(guided.cam_from_world)[4].norm()) == pytest.approx(0, abs=1e-9)


def test_a_person_who_was_taken_out_is_filled_and_not_visible(make_clip, rng) -> None:
    pan = track_of([0.0, 4.0, 8.0])
    matte = torch.zeros(1, 1, HEIGHT, WIDTH)
    matte[..., 15:35, 30:40] = 1
    clip = make_clip(
        3, HEIGHT, WIDTH, cameras=pan, others=smooth_picture()[None], others_matte=matte,
        others_cameras=pan[:1],
    )  # fmt: skip
    sample = with_guide(video_variation(clip, rng))
    assert sample.guide is not None
    assert sample.guide_visibility is not None
    assert (sample.scene_image[:, 25, 35] == -1).all()
    assert not sample.guide_visibility[0, 0, 16:34, 31:39].any()
    assert sample.guide_visibility[0, 0, :10].all()
    inside = sample.guide[0, :, 20:30, 32:38]
    assert torch.allclose(inside, smooth_picture()[:, 20:30, 32:38], atol=0.35)
    assert float(inside.min()) > -0.95  # no black


def test_outpainting_sees_its_own_frame_but_for_the_hole(turning, rng) -> None:
    sample = with_guide(outpainting(turning, rng))
    assert sample.guide is not None
    assert sample.guide_visibility is not None
    known = sample.scene_visibility[0] > 0
    assert torch.equal(sample.guide_visibility[0, 0] > 0, known)


def test_the_unit_is_that_of_the_piece(make_clip) -> None:
    line = torch.linspace(0, 3, 9, dtype=torch.float64)[:, None] * torch.tensor([[1.0, 0, 0]])
    scene = track_of([0.0], torch.tensor([[6.0, 0, 0]]))
    clip = make_clip(9, HEIGHT, WIDTH, cameras=track_of([0.0] * 9, line))
    told = training_cameras(clip, scene)
    assert told.scene is not None
    jitter = extent(told.track) / EXTENT_WHERE_UNKNOWN
    assert 0.5 <= jitter <= 2
    away = float(camera_centres(told.scene.cam_from_world)[0].norm())
    assert away == pytest.approx(2 * extent(told.track))
    one = make_clip(1, HEIGHT, WIDTH, cameras=track_of([0.0]))
    alone = training_cameras(one, scene)
    assert alone.scene is not None
    assert float(camera_centres(alone.scene.cam_from_world)[0].norm()) > 0.05


def test_a_camera_that_turns_turns_with_the_picture(make_clip, rng) -> None:
    clip = make_clip(9, HEIGHT, WIDTH)
    still = turning_only(clip.cameras)
    clip = make_clip(9, HEIGHT, WIDTH, cameras=still)
    told = training_cameras(clip, clip.cameras[3:4])
    assert told.scene is not None
    assert float(camera_centres(told.scene.cam_from_world).abs().max()) < 1e-9


def test_a_known_unit_is_kept(make_clip, rng) -> None:
    line = torch.linspace(0, 0.7, 9, dtype=torch.float64)[:, None] * torch.tensor([[0, 0, 1.0]])
    track = track_of([3.0] * 9, line)
    clip = make_clip(9, HEIGHT, WIDTH, cameras=track, in_track_units=True)
    told = training_cameras(clip).track
    torch.testing.assert_close(told.cam_from_world, relative_to_first(track.cam_from_world))
    assert extent(told) == pytest.approx(0.7)


def test_without_the_pictures_camera_there_is_no_guide(make_clip, rng) -> None:
    with pytest.raises(InputError, match="video_variation: the scene picture's camera is not"):
        with_guide(video_variation(make_clip(), rng))


def test_samples_come_with_guides_and_collate(turning, make_clip) -> None:
    class Clips:
        """Every other clip has no camera."""

        def __getitem__(self, index: int):
            return turning if index % 2 else make_clip(3, HEIGHT, WIDTH, has_camera=False)

    mix = TaskMix(with_person={"video_variation": 1}, without_person={"video_variation": 1})
    samples = TaskSamples(Clips, mix, 0, guided=True)  # ty: ignore[invalid-argument-type]
    batch = collate_samples([samples[0], samples[1], samples[2]]).pixels
    assert batch.guide is not None
    assert batch.guide_visibility is not None
    assert batch.guide.shape == (3, 3, 3, HEIGHT, WIDTH)
    assert float(batch.guide.abs().max()) <= 1
    assert batch.has_camera is not None
    assert batch.has_camera.all()
    plain = TaskSamples(Clips, mix, 0)  # ty: ignore[invalid-argument-type]
    assert collate_samples([plain[0]]).pixels.guide is None


def test_image_tasks_have_guides_too(turning, rng) -> None:
    sample = with_guide(image_variation(turning, rng))
    assert sample.guide is not None
    assert sample.guide.shape == (1, 3, HEIGHT, WIDTH)


def test_the_world_of_the_scene_is_level_and_begins_at_its_camera() -> None:
    scene = track_of([20.0], torch.tensor([[1.0, 2, 3]]))
    pixels = (np.random.default_rng(0).random((HEIGHT, WIDTH, 3)) * 255).astype(np.uint8)
    camera = picture_camera(pixels, scene)
    placed = in_world_of(scene, scene, camera)
    torch.testing.assert_close(placed.cam_from_world[0, :3, 3], torch.zeros(3).double())
    torch.testing.assert_close(placed.cam_from_world[0, :3, :3], camera.scene_from_picture.mT)
