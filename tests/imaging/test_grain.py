"""Grain is measured as it was added."""

import numpy as np
import pytest

from dynascene.imaging.colour import luma
from dynascene.imaging.grain import add_grain, grain_of


def slope(height: int = 99, width: int = 195) -> np.ndarray:
    """A smooth picture."""
    grey = np.linspace(60, 190, width)[None].repeat(height, axis=0)
    return np.repeat(np.rint(grey)[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize("deviation", [1.5, 4.0, 9.0])
def test_grain_is_found_as_it_was_added(deviation: float) -> None:
    noisy = add_grain(slope(), deviation, np.random.default_rng(0))
    assert grain_of(noisy) == pytest.approx(deviation, rel=0.12)
    added = luma(noisy).astype(float) - luma(slope())
    assert added.std() == pytest.approx(deviation, rel=0.05)
    assert added.mean() == pytest.approx(0, abs=0.2)


def test_texture_is_no_grain() -> None:
    picture = slope()
    picture[:, :120] = np.random.default_rng(1).integers(50, 200, (99, 120, 1), dtype=np.uint8)
    assert grain_of(add_grain(picture, 3.0, np.random.default_rng(0))) == pytest.approx(3, rel=0.2)


def test_no_grain_leaves_the_picture_itself() -> None:
    picture = slope()
    assert add_grain(picture, 0.0, np.random.default_rng(0)) is picture


@pytest.mark.parametrize("grey", [0, 255])
def test_black_and_white_tell_nothing(grey: int) -> None:
    assert grain_of(np.full((99, 195, 3), grey, np.uint8)) is None


def test_a_picture_smaller_than_a_block_tells_nothing() -> None:
    assert grain_of(np.full((3, 333, 3), 90, np.uint8)) is None
