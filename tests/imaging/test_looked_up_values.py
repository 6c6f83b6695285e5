"""Looking values up in a table, against an index."""

import numpy as np
import pytest

from dynascene.imaging.tables import look_up


@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (3, 3), (4, 5, 3), (2, 3, 4, 5, 1)])
@pytest.mark.parametrize("values", [np.uint8, np.uint16])
@pytest.mark.parametrize("entries", [np.uint8, np.float32])
def test_each_value_is_its_entry(shape: tuple[int, ...], values: type, entries: type) -> None:
    generator, count = np.random.default_rng(5), np.iinfo(values).max + 1
    table = (generator.random(count) * 255).astype(entries)
    picture = generator.integers(0, count, shape).astype(values)
    result = look_up(picture, table)
    assert result.dtype == entries
    np.testing.assert_array_equal(result, table[picture])


def test_a_part_of_a_picture_is_looked_up() -> None:
    picture = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    table = np.arange(256, dtype=np.uint8)[::-1].copy()
    np.testing.assert_array_equal(look_up(picture[1:, ::2, 1], table), 255 - picture[1:, ::2, 1])
