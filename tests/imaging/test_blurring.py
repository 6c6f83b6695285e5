"""A quick Gaussian blur, against the exact one."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from dynascene.imaging.blurring import gaussian_blur


@pytest.mark.parametrize("sigma", [0.7, 2.0, 5.0, 13.0])
@pytest.mark.parametrize("size", [(99, 120), (93, 121)])
def test_blurs_like_the_exact_gaussian(sigma: float, size: tuple[int, int]) -> None:
    picture = np.zeros(size, np.float32)
    picture[40:52, 50:70] = 1
    exact = gaussian_filter(picture.astype(np.float64), sigma)
    np.testing.assert_allclose(gaussian_blur(picture, sigma), exact, atol=0.02)


def test_across_and_down_are_apart() -> None:
    picture = np.zeros((81, 81, 3), np.float32)
    picture[40, 40] = 1
    blurred = gaussian_blur(picture, 3.0, 1.5)
    offsets = np.arange(81) - 40
    for channel in np.moveaxis(blurred, -1, 0):
        across, down = channel.sum(axis=0), channel.sum(axis=1)
        assert across @ offsets**2 == pytest.approx(9, rel=0.02)
        assert down @ offsets**2 == pytest.approx(2.25, rel=0.02)


@pytest.mark.parametrize(("across", "down"), [(13.0, 1.5), (20.0, 0.8), (0.8, 20.0)])
def test_a_narrow_blur_is_right_beside_a_wide_one(across: float, down: float) -> None:
    measured = []
    for shift in range(6):  # where the pixel lies in a cell of the smaller picture
        picture = np.zeros((251, 253), np.float32)
        picture[120 + shift, 120 + shift] = 1
        blurred = gaussian_blur(picture, across, down)
        sums = blurred.sum(axis=0), blurred.sum(axis=1)
        measured.append([s @ (np.arange(len(s)) - 120 - shift) ** 2 / s.sum() for s in sums])
    assert np.mean(measured, axis=0) == pytest.approx([across**2, down**2], rel=0.02)


def test_no_blur_leaves_the_picture_itself() -> None:
    picture = np.ones((3, 3), np.float32)
    assert gaussian_blur(picture, 0.0) is picture


def test_an_even_picture_stays_even() -> None:
    picture = np.full((33, 35), 0.3, np.float32)
    np.testing.assert_allclose(gaussian_blur(picture, 9.0), picture, atol=1e-6)
