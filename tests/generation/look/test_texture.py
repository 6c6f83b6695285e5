"""The background gets what it lacks of the clip's softness and grain, and loses nothing."""

import numpy as np
import pytest

from dynascene.generation.look.texture import (
    SOFTEST,
    Texture,
    TextureMatch,
    texture_change,
    texture_of,
)
from dynascene.imaging.grain import add_grain, grain_of


@pytest.fixture
def background() -> np.ndarray:
    """Sharp bars without grain."""
    grey = np.full((93, 333), 60, np.uint8)
    for left in range(20, 320, 40):
        grey[:, left : left + 20] = 190
    return np.repeat(grey[..., None], 3, axis=2)


def test_strength_0_changes_nothing_to_the_bit(background: np.ndarray) -> None:
    match = TextureMatch(Texture(2.0, 5.0), 0.0, 0.0, seed=0)
    assert match.add_grain(match.soften(background), 0) is background


def test_a_softer_or_grainier_background_is_left(background: np.ndarray) -> None:
    noisy = add_grain(background, 6.0, np.random.default_rng(0))
    assert texture_change(Texture(0.1, 2.0), noisy, 1.0, 1.0) == (0, 0)


def test_nothing_measured_is_nothing_done(background: np.ndarray) -> None:
    assert texture_change(Texture(None, None), background, 1.0, 1.0) == (0, 0)


def test_blur_is_limited(background: np.ndarray) -> None:
    assert texture_change(Texture(4.0, None), background, 1.0, 1.0).blur == SOFTEST * 333


def test_upright_frames_may_get_as_soft_as_wide_ones(background: np.ndarray) -> None:
    upright = np.ascontiguousarray(background.transpose(1, 0, 2))
    assert texture_change(Texture(4.0, None), upright, 1.0, 1.0).blur == SOFTEST * 333


def test_a_blur_of_next_to_nothing_leaves_the_grain_that_is_there(background: np.ndarray) -> None:
    noisy = add_grain(background, 4.0, np.random.default_rng(0))
    own = texture_of(noisy)
    assert own.width is not None
    clip = Texture(own.width + 0.01, own.grain)
    change = texture_change(clip, noisy, 1.0, 1.0)
    assert 0 < change.blur < 0.2
    assert change.grain < 1
    match = TextureMatch(Texture(own.width + 1, own.grain), 1.0, 1.0, seed=0)
    assert grain_of(match.add_grain(match.soften(noisy), 0)) == pytest.approx(own.grain, rel=0.2)


def test_missing_grain_is_added_by_seed_and_frame(background: np.ndarray) -> None:
    def grained(seed: int, index: int) -> np.ndarray:
        match = TextureMatch(Texture(None, 4.0), 1.0, 1.0, seed)
        return match.add_grain(match.soften(background), index)

    assert grain_of(grained(0, 0)) == pytest.approx(4, rel=0.15)
    np.testing.assert_array_equal(grained(0, 3), grained(0, 3))
    assert (grained(0, 3) != grained(0, 4)).any()
    assert (grained(0, 3) != grained(1, 3)).any()


def test_the_first_frame_decides_for_all(background: np.ndarray) -> None:
    match = TextureMatch(Texture(2.0, None), 1.0, 1.0, seed=0)
    match.soften(background)
    change = match.change
    match.soften(np.zeros_like(background))
    assert match.change is change
