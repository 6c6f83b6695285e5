"""The person over the background: exact where the matte is hard, light adds where it is soft."""

import numpy as np
import pytest

from dynascene.generation.compositing import composite, fit_background
from dynascene.types import Size

RNG = np.random.default_rng(1)


def test_hard_mattes_copy_bit_by_bit() -> None:
    person, background = RNG.integers(0, 256, (2, 7, 9, 3), dtype=np.uint8)
    matte = np.where(RNG.random((7, 9, 1)) > 0.5, np.uint8(255), np.uint8(0))
    result = composite(person, matte, background)
    np.testing.assert_array_equal(result, np.where(matte == 255, person, background))


def test_a_person_in_one_corner_or_nobody_leaves_the_rest() -> None:
    person, background = RNG.integers(0, 256, (2, 9, 7, 3), dtype=np.uint8)
    matte = np.zeros((9, 7, 1), np.uint8)
    np.testing.assert_array_equal(composite(person, matte, background), background)
    matte[6:, 4:6] = 255
    result = composite(person, matte, background)
    np.testing.assert_array_equal(result, np.where(matte == 255, person, background))


def test_soft_edges_mix_in_linear_light() -> None:
    """Slow reference, pixel by pixel, from the definition of sRGB."""
    person, background = RNG.integers(0, 256, (2, 5, 6, 3), dtype=np.uint8)
    matte = RNG.integers(0, 256, (5, 6, 1), dtype=np.uint8)
    result = composite(person, matte, background)

    def light(value: float) -> float:
        value /= 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    for row, column, channel in np.ndindex(5, 6, 3):
        m = matte[row, column, 0] / 255
        mixed = m * light(float(person[row, column, channel])) + (1 - m) * light(
            float(background[row, column, channel])
        )
        srgb = mixed * 12.92 if mixed <= 0.0031308 else 1.055 * mixed ** (1 / 2.4) - 0.055
        assert abs(int(result[row, column, channel]) - srgb * 255) <= 0.51


def test_half_white_over_black_is_brighter_than_half_grey() -> None:
    white, black = np.full((1, 1, 3), 255, np.uint8), np.zeros((1, 1, 3), np.uint8)
    assert composite(white, np.full((1, 1, 1), 128, np.uint8), black)[0, 0, 0] == 188


@pytest.mark.parametrize("size", [Size(30, 20), Size(60, 20), Size(20, 60), Size(31, 17)])
def test_the_background_covers_the_frame_centrally(size: Size) -> None:
    background = np.zeros((40, 60, 3), np.uint8)
    background[:, :, 0] = np.linspace(0, 255, 60)[None]
    background[:, :, 1] = np.linspace(0, 255, 40)[:, None]
    fitted = fit_background(background, size)
    assert fitted.shape == (size.height, size.width, 3)
    assert fitted[..., 0].mean() == pytest.approx(127.5, abs=4)
    assert fitted[..., 1].mean() == pytest.approx(127.5, abs=4)
    scale = max(size.width / 60, size.height / 40)
    steps = np.diff(fitted[size.height // 2, 2:-2, 0].astype(float)).mean()
    assert steps == pytest.approx(255 / 59 / scale, rel=0.1)  # scaled alike in both directions
