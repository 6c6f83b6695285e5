"""Metrics against independent ones and against loops written out."""

import math

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torchmetrics.functional.image import structural_similarity_index_measure

from dynascene.imaging.clip_metrics import ClipSimilarity, psnr, ssim

RNG = np.random.default_rng(5)
TRUTH = RNG.integers(0, 256, (3, 23, 31, 3), np.uint8)
OTHER = np.clip(TRUTH + RNG.normal(0, 25, TRUTH.shape), 0, 255).astype(np.uint8)
EVERYWHERE = np.ones(TRUTH.shape[:3], bool)


def test_psnr_is_that_of_scikit_image() -> None:
    expected = peak_signal_noise_ratio(TRUTH, OTHER, data_range=255)
    assert psnr(OTHER, TRUTH, EVERYWHERE) == pytest.approx(expected, abs=1e-9)


def test_psnr_of_a_region_written_out() -> None:
    region = RNG.random(TRUTH.shape[:3]) < 0.3
    total, count = 0.0, 0
    for f, y, x in np.argwhere(region):
        for c in range(3):
            total += (int(OTHER[f, y, x, c]) - int(TRUTH[f, y, x, c])) ** 2
            count += 1
    expected = 10 * math.log10(255**2 / (total / count))
    assert psnr(OTHER, TRUTH, region) == pytest.approx(expected, abs=1e-9)


def test_differences_do_not_wrap_around() -> None:
    black, white = np.zeros_like(TRUTH), np.full_like(TRUTH, 255)
    assert psnr(white, black, EVERYWHERE) == psnr(black, white, EVERYWHERE) == 0


def test_equal_and_empty() -> None:
    assert psnr(TRUTH, TRUTH, EVERYWHERE) == math.inf
    assert ssim(TRUTH, TRUTH, EVERYWHERE) == pytest.approx(1)
    assert math.isnan(psnr(OTHER, TRUTH, ~EVERYWHERE))
    assert math.isnan(ssim(OTHER, TRUTH, ~EVERYWHERE))


def test_ssim_is_that_of_scikit_image() -> None:
    expected = [
        structural_similarity(
            a, b, channel_axis=-1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
            data_range=255,
        )
        for a, b in zip(OTHER, TRUTH, strict=True)
    ]  # fmt: skip
    assert ssim(OTHER, TRUTH, EVERYWHERE) == pytest.approx(np.mean(expected), abs=1e-9)


def test_ssim_is_near_that_of_torchmetrics() -> None:
    """Which reflects at the border and counts it: equal only away from it."""
    a, b = (torch.from_numpy(x).permute(0, 3, 1, 2).double() for x in (OTHER, TRUTH))
    _, full = structural_similarity_index_measure(
        a, b, data_range=255.0, return_full_image=True, reduction="none"
    )
    inner = full[:, :, 5:-5, 5:-5].mean(dim=1).numpy()
    np.testing.assert_allclose(ClipSimilarity(TRUTH).map(OTHER), inner, atol=1e-6)


def test_ssim_of_a_region_is_the_mean_of_its_map() -> None:
    region = np.zeros(TRUTH.shape[:3], bool)
    region[1, 9:12, 20:24] = True
    region[:, :5] = True  # near the border, where the window does not fit: not counted
    expected = ClipSimilarity(TRUTH).map(OTHER)[1, 4:7, 15:19].mean()
    assert ssim(OTHER, TRUTH, region) == pytest.approx(expected)


@pytest.mark.parametrize("frames", [TRUTH.astype(np.float32), TRUTH[:2], TRUTH[..., :1]])
def test_other_kinds_of_frames_are_refused(frames: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"uint8|do not fit"):
        psnr(frames, TRUTH, EVERYWHERE)
