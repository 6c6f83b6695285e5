"""The band around a person, and the person."""

import math

import numpy as np

from dynascene.evaluation.metrics.matte_edges import edge_band, edge_error, person_change

MATTE = np.zeros((2, 40, 60), np.uint8)
MATTE[:, 10:30, 20:40] = 255
MATTE[:, 10:30, 40] = 128  # a soft edge
TRUTH = np.random.default_rng(0).integers(50, 200, (2, 40, 60, 3), np.uint8)


def test_the_band_is_what_lies_within_a_distance() -> None:
    band = edge_band(MATTE, 3)
    row = np.flatnonzero(band[0, 20])
    assert row.tolist() == [17, 18, 19, 40, 41, 42, 43]
    assert not band[MATTE == 255].any()
    y, x = np.mgrid[:40, :60]
    distance = np.hypot(y - y.clip(10, 29), x - x.clip(20, 40))
    assert not band[0][distance > 3.5].any()
    assert band[0][(distance > 0) & (distance <= 2)].all()


def test_a_halo_counts_and_what_lies_far_away_does_not() -> None:
    halo, far = TRUTH.copy(), TRUTH.copy()
    halo[:, 10:30, 41:43] += 10
    far[:, :, :5] = 0
    assert edge_error(TRUTH, TRUTH, MATTE) == 0
    assert edge_error(far, TRUTH, MATTE) == 0
    expected = 10 * 20 * 2 / edge_band(MATTE)[0].sum()
    np.testing.assert_allclose(edge_error(halo, TRUTH, MATTE), expected)


def test_the_persons_largest_change() -> None:
    painted = TRUTH.copy()
    painted[:, :, :19] = 0
    painted[:, 10:30, 40] = 0  # the soft edge may change
    assert person_change(painted, TRUTH, MATTE) == 0
    painted[1, 15, 25, 2] -= 3
    assert person_change(painted, TRUTH, MATTE) == 3


def test_without_a_person_there_is_neither() -> None:
    nobody = np.zeros_like(MATTE)
    assert math.isnan(edge_error(TRUTH, TRUTH, nobody))
    assert math.isnan(person_change(TRUTH, TRUTH, nobody))
