"""What a model is given: sizes, cameras of stretched frames, the person's place."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from dynascene.generation.clip import GenerationOptions
from dynascene.generation.generate import generate
from dynascene.generation.model_input import model_batch, model_size, stretched
from dynascene.geometry.intrinsics import contain_intrinsics, intrinsics_from_fov
from dynascene.geometry.lifting import lift_to_stage
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture import PictureCamera
from dynascene.types import ArrayFrames, Batch, CameraTrack, Shot, Size

TRAINED = Size(256, 144)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (Size(1280, 720), Size(256, 144)),
        (Size(720, 1280), Size(144, 256)),
        (Size(432, 240), Size(256, 144)),
        (Size(1000, 1000), Size(192, 192)),
    ],
)
def test_model_size(shape: Size, expected: Size) -> None:
    assert model_size(shape, TRAINED, 8) == expected


@pytest.mark.parametrize("shape", [Size(1919, 811), Size(333, 1000), Size(8192, 16), Size(64, 48)])
def test_model_size_fits_the_grid_and_about_the_pixel_count(shape: Size) -> None:
    size = model_size(shape, TRAINED, 8)
    assert size.width % 8 == size.height % 8 == 0
    if max(shape) < 10 * min(shape):
        assert size.width * size.height == pytest.approx(256 * 144, rel=0.08)
        assert size.width / size.height == pytest.approx(shape.width / shape.height, rel=0.08)


def test_a_stretched_frame_shows_the_same_view() -> None:
    """A point lands on the same share of width and height."""
    track = make_move("pan-right:9", 3, intrinsics_from_fov(50, Size(131, 83)), Size(131, 83))
    other = stretched(track, Size(64, 40))
    point = torch.tensor([0.2, -0.1, 1.0], dtype=torch.float64)
    shares = [
        (t.intrinsics[0] @ point)[:2] / torch.tensor(t.size, dtype=torch.float64)
        for t in (track, other)
    ]
    torch.testing.assert_close(shares[0], shares[1])


def batch_of(person: Size, shape: Size, size: Size, matte: np.ndarray, colour: np.ndarray) -> Batch:
    picture = torch.rand(3, 60, 90, generator=torch.Generator().manual_seed(0))
    scene = lift_to_stage(picture, PictureCamera(80.0, Size(90, 60), 30.0))
    track = make_move("static", 1, intrinsics_from_fov(40, person), person)
    shot = Shot(ArrayFrames([colour]), ArrayFrames([matte]), track, Fraction(24))
    intrinsics = contain_intrinsics(track.intrinsics, person, shape)
    whole = CameraTrack(track.cam_from_world, intrinsics, shape)
    alone = Shot(None, None, stretched(whole, size), Fraction(24))
    guide = generate(alone, scene, GenerationOptions(generator="projection"))
    return model_batch(shot, scene, guide, shape, has_camera=False)


def test_the_person_is_averaged_over_each_cell() -> None:
    """Four pixels to one: the mean of matte and of matte times colour, written out."""
    rng = np.random.default_rng(1)
    person = Size(96, 64)
    matte = rng.integers(0, 256, (64, 96, 1), np.uint8)
    matte[:, :30] = 0
    colour = rng.integers(0, 256, (64, 96, 3), np.uint8)
    batch = batch_of(person, person, Size(48, 32), matte, colour)
    alpha = matte / 255
    cells = (alpha * (colour / 127.5 - 1)).reshape(32, 2, 48, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(batch.foreground[0, 0].permute(1, 2, 0).numpy(), cells, atol=1e-5)
    share = alpha.reshape(32, 2, 48, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(batch.matte[0, 0, 0].numpy(), share, atol=1e-5)
    assert batch.foreground[..., :15].eq(0).all()
    assert batch.has_camera is not None
    assert not batch.has_camera.any()


def test_the_person_takes_the_middle_of_a_wider_background() -> None:
    person = Size(40, 40)
    matte = np.full((40, 40, 1), 255, np.uint8)
    batch = batch_of(person, Size(80, 40), Size(64, 32), matte, np.zeros((40, 40, 3), np.uint8))
    columns = batch.matte[0, 0, 0].amax(dim=0)
    assert columns.nonzero()[:, 0].tolist() == list(range(16, 48))
    assert batch.foreground[0, 0, :, :, 16:48].eq(-1).all()


def test_ranges_of_the_guide_and_the_scene() -> None:
    matte = np.zeros((40, 60, 1), np.uint8)
    colour = np.zeros((40, 60, 3), np.uint8)
    batch = batch_of(Size(60, 40), Size(60, 40), Size(48, 32), matte, colour)
    assert batch.guide is not None
    assert batch.guide_visibility is not None
    for image in (batch.guide, batch.scene_image):
        assert -1 <= image.min() < -0.5
        assert 0.5 < image.max() <= 1
    assert batch.guide_visibility.min() >= 0
    assert batch.guide_visibility.max() == 1
    assert batch.scene_visibility.eq(1).all()


def test_the_scene_picture_comes_with_its_camera() -> None:
    """A direction of the scene's world is found in it where the whole picture shows it."""
    camera = PictureCamera(80.0, Size(90, 60), 24.0)
    row, column = torch.meshgrid(torch.arange(60) + 0.5, torch.arange(90) + 0.5, indexing="ij")
    scene = lift_to_stage(torch.stack([column / 90, row / 60, 0 * row]), camera)
    shape = Size(96, 48)  # flatter than the picture, which is cropped
    track = make_move("static", 1, intrinsics_from_fov(40, shape), shape)
    shot = Shot(None, None, track, Fraction(24))
    guide = generate(shot, scene, GenerationOptions(generator="projection"))
    batch = model_batch(shot, scene, guide, shape)
    for direction in ([0.1, 0.05, 1.0], [-0.25, -0.1, 1.0], [0.3, 0.12, 1.0]):
        d = torch.tensor(direction, dtype=torch.float64)
        (u, v), inside = camera.pixels_from_directions(d)
        assert inside
        x, y, z = batch.scene_intrinsics[0] @ batch.scene_cam_from_world[0, :3, :3] @ d
        shown = batch.scene_image[0, :, int(y / z), int(x / z)] / 2 + 0.5
        assert float(shown[0]) == pytest.approx(float(u) / 90, abs=0.02)
        assert float(shown[1]) == pytest.approx(float(v) / 60, abs=0.02)
    assert not batch.scene_cam_from_world[0, :3, 3].any(), "it was taken at the origin"
