"""The direction of a place's light, on pictures whose light is known."""

import math

import numpy as np
import pytest

from dynascene.estimators.light import PlaceLight, estimate_light
from dynascene.geometry.picture import PictureCamera
from dynascene.imaging.colour import bytes_from_light
from dynascene.types import Size

SIZE = Size(240, 160)
CAMERA = PictureCamera(focal=200.0, size=SIZE, horizon=110.0)


def picture(light: np.ndarray) -> np.ndarray:
    """Grey light [H, W] as a picture."""
    return bytes_from_light(np.repeat(light[..., None], 3, axis=2).astype(np.float32))


def sky_with_sun(column: int, row: int) -> np.ndarray:
    y, x = np.mgrid[: SIZE.height, : SIZE.width]
    return picture(0.08 + np.exp(-((x - column) ** 2 + (y - row) ** 2) / 40) * 2)


@pytest.mark.parametrize(("column", "row"), [(60, 20), (120, 40), (200, 30)])
def test_a_sun_in_the_picture_is_where_it_is(column: int, row: int) -> None:
    light = estimate_light(sky_with_sun(column, row), CAMERA)
    # the direction of the pixel, by angles: the camera looks up by its pitch
    x, y, z = (column + 0.5 - 120), (row + 0.5 - 80), 200.0
    pitch = math.radians(CAMERA.pitch)
    up = -y * math.cos(pitch) + z * math.sin(pitch)
    ahead = z * math.cos(pitch) + y * math.sin(pitch)
    assert light.azimuth == pytest.approx(math.degrees(math.atan2(x, ahead)), abs=0.5)
    elevation = math.degrees(math.atan2(up, math.hypot(x, ahead)))
    assert light.elevation == pytest.approx(max(elevation, 20.0), abs=0.5)
    assert light.confidence > 0.8
    assert light.directness > 0.6


def test_two_suns_are_no_source() -> None:
    both = np.maximum(sky_with_sun(50, 30), sky_with_sun(190, 30))
    assert estimate_light(both, CAMERA).directness == 0


@pytest.mark.parametrize("sign", [-1, 1])
def test_light_comes_from_the_brighter_side(sign: int) -> None:
    across = np.linspace(-1, 1, SIZE.width)[None].repeat(SIZE.height, axis=0)
    light = estimate_light(picture(0.1 * 2 ** (1.5 * sign * across)), CAMERA)
    assert np.sign(light.azimuth) == sign
    assert abs(light.azimuth) > math.degrees(math.atan2(120, 200))
    assert 0.5 < light.confidence < 1


@pytest.mark.parametrize("grey", [0.02, 0.3, 1.0])
def test_an_even_sky_is_diffuse(grey: float) -> None:
    light = estimate_light(picture(np.full((SIZE.height, SIZE.width), grey)), CAMERA)
    assert (light.directness, light.confidence) == (0, 0)


def test_a_picture_of_ground_alone_tells_nothing() -> None:
    camera = PictureCamera(focal=200.0, size=SIZE, horizon=-30.0)
    assert "above the horizon" in estimate_light(sky_with_sun(60, 20), camera).evidence


def test_the_direction_has_the_world_s_axes() -> None:
    for azimuth, elevation, expected in (
        (0, 0, (0, 0, 1)), (90, 0, (1, 0, 0)), (180, 0, (0, 0, -1)), (33, 90, (0, -1, 0)),
    ):  # fmt: skip
        light = PlaceLight(azimuth, elevation, 1.0, 1.0, "")
        np.testing.assert_allclose(light.direction, expected, atol=1e-12)
