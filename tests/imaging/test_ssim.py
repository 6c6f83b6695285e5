"""SSIM against scikit-image, window by window, in both precisions, and against its definition."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from dynascene.imaging.ssim import C1, C2, RADIUS, SIGMA, ssim_map, window_moments

RNG = np.random.default_rng(3)


def similarity(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return ssim_map(one, other, window_moments(one), window_moments(other))


@pytest.mark.parametrize("shape", [(11, 11), (23, 31), (33, 17, 3)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-9), (np.float32, 2e-4)])
def test_each_window_is_that_of_scikit_image(
    shape: tuple[int, ...], dtype: type, tolerance: float
) -> None:
    one = RNG.integers(0, 256, shape).astype(dtype)
    other = (one + RNG.normal(0, 25, shape)).clip(0, 255).astype(dtype)
    _, full = structural_similarity(
        one.astype(float), other.astype(float), full=True, data_range=255,
        gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        channel_axis=-1 if len(shape) == 3 else None,
    )  # fmt: skip
    ours = similarity(one, other)
    assert ours.dtype == dtype
    np.testing.assert_allclose(ours, full[5:-5, 5:-5], atol=tolerance)


def test_one_window_written_out() -> None:
    """Slow reference: the weighted sums of one window of 11×11 pixels."""
    one, other = RNG.integers(0, 256, (2, 11, 11)).astype(float)
    offsets = np.arange(-RADIUS, RADIUS + 1)
    weight = np.exp(-(offsets[:, None] ** 2 + offsets[None] ** 2) / (2 * SIGMA**2))
    weight /= weight.sum()
    mean_x, mean_y = (weight * one).sum(), (weight * other).sum()
    variance_x = (weight * (one - mean_x) ** 2).sum()
    variance_y = (weight * (other - mean_y) ** 2).sum()
    covariance = (weight * (one - mean_x) * (other - mean_y)).sum()
    light = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    structure = (2 * covariance + C2) / (variance_x + variance_y + C2)
    assert similarity(one, other).item() == pytest.approx(light * structure)


def test_it_is_symmetric_and_1_for_equal_pictures() -> None:
    one, other = RNG.integers(0, 256, (2, 20, 24)).astype(float)
    np.testing.assert_allclose(similarity(one, other), similarity(other, one), atol=1e-12)
    np.testing.assert_allclose(similarity(one, one), 1, atol=1e-12)
    assert similarity(one, 255 - one).max() < 0.2
