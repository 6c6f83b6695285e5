"""Numbers in words: one thing, several, and angles by their direction."""

import pytest

from dynascene.phrases import count_of, degrees_towards


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 frames"), (1, "1 frame"), (2, "2 frames"), (1200, "1200 frames")]
)
def test_one_is_no_plural(number: int, words: str) -> None:
    assert count_of(number, "frame") == words


@pytest.mark.parametrize(
    ("degrees", "words"),
    [(6.9, "6.9° up"), (-6.9, "6.9° down"), (-0.04, "0.0° up"), (-0.0, "0.0° up"),
     (0.0, "0.0° up"), (-0.06, "0.1° down"), (-120.04, "120.0° down")],
)  # fmt: skip
def test_an_angle_is_said_by_its_direction(degrees: float, words: str) -> None:
    assert degrees_towards(degrees, "up", "down") == words
