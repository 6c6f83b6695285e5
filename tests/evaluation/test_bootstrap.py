"""Intervals that draw places."""

import numpy as np
import pytest

from dynascene.evaluation.bootstrap import (
    centred_draws,
    estimate,
    mean_draws,
    place_weights,
    ratio_draws,
)


def interval(values: np.ndarray, places: list[str], seed: int = 0):
    return estimate(mean_draws(values, place_weights(places, seed)), len(values))


def test_a_drawn_place_brings_all_its_clips() -> None:
    places = ["wood", "street", "wood", "sea", "wood"]
    weights = place_weights(places)
    assert weights.shape == (1001, 5)
    assert (weights[0] == 1).all()
    np.testing.assert_array_equal(weights[:, 0], weights[:, 2])
    np.testing.assert_array_equal(weights[:, 0], weights[:, 4])
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()  # three places, with replacement
    assert len(np.unique(weights[:, 1])) > 2


def test_an_interval_covers_the_mean_as_often_as_it_says() -> None:
    """Places and clips both vary. Drawing clips as if each were a place does not cover it."""
    rng, held, naive = np.random.default_rng(0), 0, 0
    places = [f"{place}" for place in range(30) for _ in range(4)]
    for trial in range(60):
        values = rng.normal(3, 2, 30).repeat(4) + rng.normal(0, 0.5, 120)
        value = interval(values, places, trial)
        held += value.low <= 3 <= value.high
        value = interval(values, [str(i) for i in range(120)], trial)
        naive += value.low <= 3 <= value.high
    assert 0.85 <= held / 60 <= 0.99
    assert naive / 60 < 0.8


def test_draws_that_are_all_too_large_are_moved_onto_the_figure() -> None:
    draws = np.concatenate([[10.0], np.random.default_rng(0).normal(20, 2, 1000)])
    assert estimate(draws, 5).low > 10
    value = estimate(centred_draws(draws), 5)
    assert value.mean == 10
    assert value.low == pytest.approx(10 - 1.96 * 2, abs=0.4)
    assert value.high == pytest.approx(10 + 1.96 * 2, abs=0.4)
    near = estimate(centred_draws(np.concatenate([[0.1], draws[1:]])), 5)
    assert near.low == 0  # a distance
    for odd in (np.array([1.0]), np.array([np.nan, 1, 2]), np.array([1, np.nan])):
        np.testing.assert_array_equal(centred_draws(odd), odd)
    with_gap = centred_draws(np.array([1, np.nan, 4, 6]))
    np.testing.assert_array_equal(with_gap, [1, np.nan, 0, 2])


def test_it_is_wider_than_the_naive_one_where_places_repeat() -> None:
    values = np.arange(5.0).repeat(6)
    honest = interval(values, [str(i) for i in range(5) for _ in range(6)])
    naive = interval(values, [str(i) for i in range(30)])
    assert honest.mean == naive.mean == 2
    assert honest.high - honest.low > 1.8 * (naive.high - naive.low)


def test_one_place_has_no_interval() -> None:
    value = interval(np.array([1.0, 3.0]), ["wood", "wood"])
    assert (value.mean, value.clips) == (2, 2)
    assert np.isnan([value.low, value.high]).all()


def test_clips_without_a_value_do_not_count() -> None:
    values = np.array([1.0, np.nan, 3.0])
    drawn = mean_draws(values, place_weights(["a", "b", "c"]))
    assert drawn[0] == 2
    assert np.nanmin(drawn) == 1
    assert np.nanmax(drawn) == 3
    assert np.isnan(drawn).any()  # a draw of b alone
    assert np.isnan(mean_draws(np.full(3, np.nan), np.ones((1, 3)))).all()


def test_an_infinite_value_makes_only_its_draws_infinite() -> None:
    drawn = mean_draws(np.array([np.inf, 1.0]), np.array([[1.0, 1.0], [0.0, 2.0]]))
    assert drawn.tolist() == [np.inf, 1.0]


def test_a_ratio_is_of_sums_and_a_clip_at_rest_does_no_harm() -> None:
    made, true = np.array([2.0, 0.1, np.nan]), np.array([1.0, 0.0, 5.0])
    assert ratio_draws(made, true, np.ones((1, 3)))[0] == pytest.approx(2.1)
