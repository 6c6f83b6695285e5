"""L1 against numpy, the paper's conventions by hand."""

import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from dynascene.evaluation.metrics.pixels import l1, paper_l1, paper_psnr

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 256, (3, 12, 20, 3), np.uint8)
FRAMES = RNG.integers(0, 256, TRUTH.shape, np.uint8)
WHOLE = np.ones(TRUTH.shape[:3], bool)
NOWHERE = np.zeros_like(WHOLE)


def test_l1_is_the_mean_difference_without_wrapping_around() -> None:
    expected = np.abs(FRAMES.astype(float) - TRUTH).mean() / 255
    assert l1(FRAMES, TRUTH, WHOLE) == pytest.approx(expected)
    white, black = np.full_like(TRUTH, 255), np.zeros_like(TRUTH)
    assert l1(white, black, WHOLE) == l1(black, white, WHOLE) == 1


def test_only_the_region_counts() -> None:
    half = WHOLE.copy()
    half[:, :, 10:] = False
    spoilt = FRAMES.copy()
    spoilt[:, :, 10:] = 0
    for metric in (l1, paper_l1, paper_psnr):
        assert metric(spoilt, TRUTH, half) == metric(FRAMES, TRUTH, half)
        assert metric(spoilt, TRUTH, WHOLE) != metric(FRAMES, TRUTH, WHOLE)
        assert math.isnan(metric(FRAMES, TRUTH, NOWHERE))


def test_equal_clips_have_the_ideal_values() -> None:
    assert l1(TRUTH, TRUTH, WHOLE) == paper_l1(TRUTH, TRUTH, WHOLE) == 0
    assert paper_psnr(TRUTH, TRUTH, WHOLE) == 100


def test_the_papers_l1_divides_by_the_pixels_once_more() -> None:
    assert paper_l1(FRAMES, TRUTH, WHOLE) == pytest.approx(
        255 * l1(FRAMES, TRUTH, WHOLE) / (12 * 20)
    )
    # 1.0e-4 at 768×432 is a difference of 33 grey levels
    assert pytest.approx(33.2, abs=0.1) == 1e-4 * 768 * 432


def test_the_papers_psnr_by_hand() -> None:
    """A difference of 16 has the square 256, which is 0; one of 20 has 400, which is 144."""
    truth = np.zeros((2, 2, 2, 3), np.uint8)
    frames = np.full_like(truth, 16)
    region = np.ones((2, 2, 2), bool)
    assert paper_psnr(frames, truth, region) == 100
    frames[1] = 20
    expected = (100 + 20 * math.log10(255 / 12)) / 2
    assert paper_psnr(frames, truth, region) == pytest.approx(expected)
    assert paper_psnr(truth, frames, region) == pytest.approx(expected)  # −20 wraps to 236


def test_the_papers_psnr_is_the_right_one_for_small_differences_alone() -> None:
    near = np.clip(TRUTH.astype(int) + RNG.integers(-9, 10, TRUTH.shape), 0, 255).astype(np.uint8)
    each = [peak_signal_noise_ratio(y, x) for x, y in zip(near, TRUTH, strict=True)]
    assert paper_psnr(near, TRUTH, WHOLE) == pytest.approx(np.mean(each))
    assert peak_signal_noise_ratio(TRUTH, FRAMES) < 9
    assert 26 < paper_psnr(FRAMES, TRUTH, WHOLE) < 31  # of pictures that have nothing in common
