"""The outline of a matte moves by fractions of a pixel, then softens; colours stay the person's."""

from fractions import Fraction

import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.estimators.matte.decontamination import continue_colour
from dynascene.estimators.matte.outline import MatteOutline
from dynascene.generation.subject import CleanEdges
from dynascene.types import ArrayFrames

H, W, RADIUS, FINE = 90, 103, 30.0, 8
RED, BLUE = np.array([200, 60, 40]), np.array([40, 70, 190])


def disc(radius: float = RADIUS, softness: float = 0) -> np.ndarray:
    """The share of each pixel that a disc covers, with an edge ``softness`` pixels wide."""
    y, x = (np.mgrid[: H * FINE, : W * FINE] + 0.5) / FINE
    inside = radius - np.hypot(x - 51.3, y - 44.6)
    value = np.clip(inside / softness + 0.5, 0, 1) if softness else (inside > 0).astype(float)
    return np.rint(value.reshape(H, FINE, W, FINE).mean(axis=(1, 3)) * 255).astype(np.uint8)[
        ..., None
    ]


def radius_of(matte: np.ndarray) -> float:
    return float(np.sqrt(matte.sum() / 255 / np.pi))


@pytest.mark.parametrize("softness", [0, 5])
@pytest.mark.parametrize("pixels", [0.25, 0.5, 1, 2.7, 5.5, 10, -0.5, -3, -10.3])
def test_a_disc_loses_so_much_of_its_radius(pixels: float, softness: float) -> None:
    moved = MatteOutline(pixels).moved(disc(softness=softness))
    assert RADIUS - radius_of(moved) == pytest.approx(pixels, abs=0.05 + 0.05 * abs(pixels))


def test_every_level_of_a_soft_edge_moves_alike() -> None:
    matte = np.tile(np.linspace(0, 255, 52).astype(np.uint8), (9, 1))[..., None]  # 5 a pixel
    moved = MatteOutline(2.6).moved(matte)
    np.testing.assert_allclose(matte[4, 3:-3, 0].astype(int) - moved[4, 3:-3, 0], 13, atol=1)


def test_the_border_of_the_frame_is_no_outline() -> None:
    matte = np.zeros((21, 33, 1), np.uint8)
    matte[8:, 6:26] = 255  # cut off at the hips
    for outline in (MatteOutline(3, 4), MatteOutline(-3, 4)):
        result = outline.softened(outline.moved(matte))
        np.testing.assert_array_equal(result[-1], result[-2])
        assert result[-1, 14] > 240


@pytest.mark.parametrize("pixels", [3.0, 8.0])
def test_a_hard_edge_falls_from_90_to_10_percent_within_the_feather(pixels: float) -> None:
    matte = np.zeros((9, 81, 1), np.uint8)
    matte[:, :40] = 255
    profile = MatteOutline(0, pixels).softened(matte)[4, :, 0] / 255
    places = np.interp([-0.9, -0.5, -0.1], -profile, np.arange(81) + 0.5)
    assert places[2] - places[0] == pytest.approx(pixels, abs=0.25)
    assert places[1] == pytest.approx(40, abs=0.05)


def test_nothing_asked_changes_nothing_and_absurd_numbers_are_refused() -> None:
    matte = disc(softness=5)
    assert MatteOutline().softened(MatteOutline().moved(matte)) is matte
    assert not MatteOutline(40).moved(disc()).any()
    for shrink, feather in ((201, 0), (-201, 0), (float("nan"), 0), (0, -1), (0, float("inf"))):
        with pytest.raises(InputError, match="give pixels"):
            MatteOutline(shrink, feather)


def frames_of(*pictures: np.ndarray) -> ArrayFrames:
    return ArrayFrames(pictures, frame_rate=Fraction(24))


def test_a_wide_matte_made_narrower_shows_the_person_alone() -> None:
    true, wide = disc(softness=3), disc(RADIUS + 4, softness=3)
    share = true / 255
    frame = np.rint(share * RED + (1 - share) * BLUE).astype(np.uint8)
    outline = MatteOutline(4, 6)
    moved = outline.moved(wide)
    shown = outline.softened(moved)
    clean = next(CleanEdges(frames_of(frame), frames_of(moved), frames_of(shown)).read())
    seen = shown[..., 0] > 25
    assert np.abs(clean[seen].astype(int) - RED).max(axis=-1).mean() < 12
    wrong = next(CleanEdges(frames_of(frame), frames_of(wide)).read())
    seen = wide[..., 0] > 25
    assert np.abs(wrong[seen].astype(int) - RED).max(axis=-1).mean() > 15
    np.testing.assert_array_equal(clean[shown[..., 0] == 0], frame[shown[..., 0] == 0])


def test_alpha_that_grows_takes_its_own_colour_along() -> None:
    alpha = disc()
    frame = np.where(alpha > 0, RED, 0).astype(np.uint8)
    grown = MatteOutline(-6).moved(alpha)
    colours = CleanEdges(frames_of(frame), frames_of(alpha), frames_of(grown), is_pure=True)
    clean = next(colours.read())
    assert np.abs(clean[grown[..., 0] > 0].astype(int) - RED).max() <= 2
    assert not clean[grown[..., 0] == 0].any()
    np.testing.assert_array_equal(continue_colour(frame, alpha)[alpha[..., 0] > 0][:9], [RED] * 9)
