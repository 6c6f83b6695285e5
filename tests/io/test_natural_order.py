"""Names in the order in which people count them."""

import random

from dynascene.io.natural_order import natural_order


def test_digits_compare_as_numbers() -> None:
    ordered = ["1", "2a", "10", "a", "a1b2", "a1b10", "a02b1", "frame9.png", "frame10.png", "é3"]
    shuffled = random.Random(3).sample(ordered, len(ordered))
    assert sorted(shuffled, key=natural_order) == ordered


def test_names_of_equal_numbers_keep_one_order() -> None:
    assert natural_order("a1") != natural_order("a01")
    assert sorted(["a1", "a01"], key=natural_order) == sorted(["a01", "a1"], key=natural_order)
