"""Where the ground of a picture ends."""

import numpy as np
import pytest
import torch

from dynascene.estimators.ground_end import find_ground_end, foot_line, strip_features
from dynascene.geometry.picture import PictureCamera
from dynascene.types import Size

SIZE = Size(303, 207)


def camera(pitch_row: float = 0.3, focal: float = 250.0) -> PictureCamera:
    return PictureCamera(focal, SIZE, pitch_row * SIZE.height)


def slopes(camera: PictureCamera) -> np.ndarray:
    """How far each pixel looks down, as depth below the camera for each unit ahead: [H, W]."""
    x, y = np.meshgrid(np.arange(SIZE.width) + 0.5, np.arange(SIZE.height) + 0.5)
    rays = camera.directions_from_pixels(torch.from_numpy(np.stack([x, y], axis=-1))).numpy()
    return rays[..., 1] / np.hypot(rays[..., 0], rays[..., 2])


@pytest.mark.parametrize("row", [-0.3, 0.4, 0.7])
@pytest.mark.parametrize("distance", [1.5, 3.0, 6.0])
def test_the_line_is_where_rays_meet_the_foot(row: float, distance: float) -> None:
    """A slow reference: in each column the first pixel that sees the ground before the wall."""
    seen = camera(row)
    line = foot_line(seen, distance)
    near = slopes(seen) * distance > 1
    for column in range(0, SIZE.width, 33):
        below = np.flatnonzero(near[:, column])
        first = below[0] if len(below) else SIZE.height
        if 0 < first < SIZE.height:
            assert line[column] == pytest.approx(first, abs=0.51)


def drawn(seen: PictureCamera, distance: float, tones: tuple[int, int]) -> np.ndarray:
    """Floor and wall of even tones with some noise."""
    grey = np.where(slopes(seen) * distance > 1, *tones)
    noise = np.random.default_rng(3).normal(0, 5, grey.shape)
    return np.repeat((grey + noise).clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize("tones", [(80, 170), (190, 120)])
@pytest.mark.parametrize("distance", [2.0, 3.3, 5.0])
def test_the_foot_of_a_wall_is_found(distance: float, tones: tuple[int, int]) -> None:
    end = find_ground_end(drawn(camera(), distance, tones), camera())
    assert end is not None
    assert end.distance == pytest.approx(distance, rel=0.06)
    assert end.clearness > 1


def test_even_ground_does_not_end() -> None:
    assert find_ground_end(drawn(camera(), 1e9, (120, 120)), camera()) is None


def test_a_thing_on_the_ground_is_no_end() -> None:
    """It is in a third of the columns."""
    picture = drawn(camera(), 1e9, (120, 120))
    picture[140:170, 90:190] = 30
    assert find_ground_end(picture, camera()) is None


def test_a_picture_without_ground_tells_nothing() -> None:
    """The horizon lies below it."""
    assert find_ground_end(drawn(camera(), 3.0, (80, 170)), camera(1.2)) is None


def test_a_landscape_has_no_wall() -> None:
    """A meadow between a path and the sky, which lies on the ground up to the horizon."""
    seen = camera()
    picture = drawn(seen, 3.0, (80, 110))
    assert find_ground_end(picture, seen) is not None
    picture[: round(seen.horizon)] = 220
    assert find_ground_end(picture, seen) is None


@pytest.mark.parametrize("shape", [(16, 3000), (3000, 16), (1, 1), (40, 3)])
def test_any_shape_is_looked_at_small(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (*shape, 3)).astype(np.uint8)
    height, width = strip_features(picture).shape[:2]
    assert width <= 320
    assert height <= 640
    seen = PictureCamera(300.0, Size(shape[1], shape[0]), 0.4 * shape[0])
    end = find_ground_end(picture, seen)
    assert end is None or 1 < end.distance <= 6
