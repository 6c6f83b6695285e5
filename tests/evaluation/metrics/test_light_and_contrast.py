"""Brightness and contrast beside the truth's."""

import math

import numpy as np
import pytest

from dynascene.evaluation.metrics.illumination import contrast_error, light_error

GREYS = np.random.default_rng(0).integers(60, 160, (3, 10, 14, 1), np.uint8)
TRUTH = np.repeat(GREYS, 3, axis=3)
WHOLE = np.ones(TRUTH.shape[:3], bool)


def test_another_light_and_another_contrast() -> None:
    assert light_error(TRUTH, TRUTH, WHOLE) == contrast_error(TRUTH, TRUTH, WHOLE) == 0
    brighter = TRUTH + 20
    assert light_error(brighter, TRUTH, WHOLE) == pytest.approx(20)
    assert contrast_error(brighter, TRUTH, WHOLE) == pytest.approx(0, abs=1e-4)
    flat = np.full_like(TRUTH, 110)
    expected = np.mean([frame.std() for frame in GREYS.astype(float)])
    assert contrast_error(flat, TRUTH, WHOLE) == pytest.approx(expected, rel=1e-4)


def test_errors_of_frames_do_not_cancel_and_only_the_region_counts() -> None:
    flickering = TRUTH.copy()
    flickering[0] += 10
    flickering[1] -= 10
    assert light_error(flickering, TRUTH, WHOLE) == pytest.approx(20 / 3)
    half = WHOLE.copy()
    half[:, :, 7:] = False
    flickering[:, :, 7:] = 255
    assert light_error(flickering, TRUTH, half) == pytest.approx(20 / 3)
    assert math.isnan(light_error(TRUTH, TRUTH, ~WHOLE))
