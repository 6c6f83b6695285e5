"""The page's arithmetic, by hand."""

import math

import numpy as np
import pytest

from dynascene.reproduction.comparison import (
    PAPER_METRICS,
    compare_orders,
    difference_estimate,
    margin_estimate,
    order_of,
    relative_margin,
)
from dynascene.reproduction.page import benchmark_label

NAN = float("nan")


def test_a_margin_is_a_share_of_the_other_figure() -> None:
    assert relative_margin(30, 25, "higher") == pytest.approx(0.2)
    assert relative_margin(30, 40, "lower") == pytest.approx(0.25)
    assert relative_margin(40, 30, "lower") == pytest.approx(-1 / 3)
    assert math.isnan(relative_margin(1, 0, "lower"))


def test_the_margin_of_clips_is_that_of_their_means() -> None:
    first, other = np.array([4.0, 8.0, 9.0, NAN]), np.array([2.0, 6.0, NAN, 5.0])
    margin = margin_estimate(first, other, ["a", "b", "c", "d"], "higher")
    assert margin.mean == pytest.approx(12 / 8 - 1)
    assert margin.clips == 2
    # draws hold a alone, b alone or both
    assert margin.low == pytest.approx(8 / 6 - 1)
    assert margin.high == pytest.approx(4 / 2 - 1)
    lower = margin_estimate(first, other, ["a", "b", "c", "d"], "lower")
    assert lower.mean == pytest.approx(-0.5)


def test_differences_are_paired() -> None:
    first = np.array([10.0, 20.0, 30.0])
    value = difference_estimate(first, first - 1, ["a", "b", "c"])
    assert value == (1, 1, 1, 3)
    one_place = difference_estimate(first, first - 1, ["a", "a", "a"])
    assert one_place.mean == 1
    assert math.isnan(one_place.low)


def test_orders_begin_with_the_best() -> None:
    figures = {"a": 1.0, "b": 3.0, "c": 2.0, "d": NAN}
    assert order_of(figures, "higher") == ["b", "c", "a"]
    assert order_of(figures, "lower") == ["a", "c", "b"]


def test_orders_are_compared_pair_by_pair() -> None:
    paper = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}
    ours = {"a": 1.0, "b": 3.0, "c": 2.0, "d": NAN}
    order = compare_orders(paper, ours, "higher")
    assert order.paper == ["c", "b", "a"]
    assert order.ours == ["b", "c", "a"]
    assert (order.same, order.pairs) == (2, 3)
    assert compare_orders(paper, {}, "higher").pairs == 0


def test_the_papers_table_is_read_in_its_direction() -> None:
    """Its own rows, compared with themselves, agree in every pair and metric."""
    from dynascene.models.systems.dynascene import TABLE_3

    for title, (_, better) in PAPER_METRICS.items():
        paper = {row.label: row.figures[title] for row in TABLE_3}
        order = compare_orders(paper, paper, better)
        assert order.same == order.pairs == 6
        assert order.paper[-1] in ("baseline", "+BO"), title


def test_the_page_does_not_tell_where_a_benchmark_lies() -> None:
    assert benchmark_label("synthetic:test") == "synthetic:test"
    assert benchmark_label("re10k:/data/interiors") == "re10k:interiors"
    assert benchmark_label("people:../clips:test") == "people:clips:test"
    assert benchmark_label("synthetic") == "synthetic"
