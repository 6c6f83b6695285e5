"""Strokes of a brush as clicks: where they lie, and that what they stand for spreads."""

import cv2
import numpy as np
import pytest

from dynascene.estimators.matte.hints import Hint, with_hints
from dynascene.estimators.matte.strokes import MOST_CLICKS, SPACING, clicks_along

H, W = 90, 120


def stroke(*points: tuple[int, int], width: int = 9) -> np.ndarray:
    picture = np.zeros((H, W), np.uint8)
    cv2.polylines(picture, [np.array(points)], False, 1, width)
    return picture > 0


def test_nothing_painted_is_no_click() -> None:
    assert clicks_along(np.zeros((H, W), bool)) == []


def test_clicks_lie_in_the_middle_of_a_stroke_and_apart() -> None:
    points = np.array(clicks_along(stroke((15, 40), (100, 40))))
    assert len(points) == MOST_CLICKS
    assert np.abs(points[:, 1] - 40.5).max() <= 2  # of a half width of 4
    gaps = np.linalg.norm(points[:, None] - points, axis=-1)
    assert gaps[~np.eye(len(points), dtype=bool)].min() >= SPACING * W
    assert points[:, 0].min() < 20
    assert points[:, 0].max() > 95


def test_a_dot_is_one_click_at_its_centre() -> None:
    painted = np.zeros((H, W), bool)
    painted[30:33, 50:53] = True
    assert clicks_along(painted) == [(51.5, 31.5)]


@pytest.mark.parametrize("count", [3, MOST_CLICKS + 3])
def test_every_stroke_counts_as_long_as_there_are_few(count: int) -> None:
    painted = np.zeros((H, W), bool)
    for k in range(count):
        painted[10 + 3 * k, 5:8] = True
    points = clicks_along(painted)
    assert len(points) == min(count, MOST_CLICKS)
    assert len({y for _, y in points}) == len(points)


def test_a_stroke_on_the_border_counts() -> None:
    painted = np.zeros((H, W), bool)
    painted[:, 0] = True
    points = clicks_along(painted)
    assert len(points) == MOST_CLICKS
    assert {x for x, _ in points} == {0.5}


def test_a_stroke_over_several_colours_mends_all_of_them_in_all_frames() -> None:
    """Where one click mends a colour alone."""
    frames = np.full((5, H, W, 3), 90, np.uint8)
    for k in range(5):
        for n, colour in enumerate([(220, 40, 40), (40, 200, 60), (40, 60, 230)]):
            frames[k, 30:60, 20 + 20 * n + k : 40 + 20 * n + k] = colour
    unsure = [np.full((H, W), 0.2, np.float32)] * 5
    points = clicks_along(stroke((25, 45), (75, 45), width=5))
    mended = list(with_hints(unsure, frames, [Hint(0, x, y) for x, y in points]))
    one = list(with_hints(unsure, frames, [Hint(0, *points[0])]))
    for k in range(5):
        thing = np.s_[34:56, 24 + k : 76 + k]
        assert (mended[k][thing] > 0.5).mean() > 0.9
        assert (one[k][thing] > 0.5).mean() < 0.5
        assert mended[k][:20].max() < 0.5
