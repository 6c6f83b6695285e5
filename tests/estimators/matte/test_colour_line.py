"""Shares of mixed pixels by their colours, and the mattes whose edges they decide."""

import numpy as np
import pytest

from dynascene.estimators.matte.colour_line import fit_colour_line
from dynascene.estimators.matte.finishing import full_resolution
from dynascene.estimators.matte.guided_filter import apply_coefficients

HAIR, SKY, VEST = (
    np.array(c, np.float64) for c in ((35, 30, 32), (215, 216, 224), (140, 120, 110))
)


def slow_line(
    picture: np.ndarray, person: np.ndarray, place: np.ndarray, radius: int, ridge: float
) -> tuple[np.ndarray, np.ndarray]:
    """Window by window; valid a radius from the border. Coefficients and separation."""
    height, width = person.shape
    coefficients, separation = np.zeros((height, width, 4)), np.zeros((height, width))
    for y in range(radius, height - radius):
        for x in range(radius, width - radius):
            window = np.s_[y - radius : y + radius + 1, x - radius : x + radius + 1]
            colours = picture[window].reshape(-1, 3) / 255.0
            means, scatter = [], ridge * np.eye(3)
            for weights in (person[window].ravel(), place[window].ravel()):
                means.append(np.average(colours, axis=0, weights=weights))
                scatter += np.cov(colours.T, aweights=weights, ddof=0) / 2
            apart = means[0] - means[1]
            direction = np.linalg.solve(scatter, apart)
            slope = direction / (direction @ apart)
            coefficients[y, x] = *slope, -slope @ means[1]
            separation[y, x] = np.sqrt(direction @ apart)
    return coefficients, separation


def test_the_line_against_its_definition() -> None:
    random = np.random.default_rng(0)
    picture = random.integers(0, 256, (13, 15, 3)).astype(np.uint8)
    person, place = random.random((2, 13, 15))
    expected, apart = slow_line(picture, person, place, 3, 0.01)
    found = fit_colour_line(picture, person, place, 3, 0.01)
    inner = np.s_[3:-3, 3:-3]
    np.testing.assert_allclose(
        apply_coefficients(found.coefficients, picture)[inner],
        apply_coefficients(expected, picture)[inner],
        rtol=2e-3,
        atol=5e-3,
    )
    np.testing.assert_allclose(found.separation[inner], apart[inner], rtol=5e-3)


@pytest.mark.parametrize("thickness", [2, 9])
def test_mixed_pixels_tell_their_share_however_thin_the_person(thickness: int) -> None:
    random = np.random.default_rng(1)
    share = np.zeros((33, 41))
    share[:, 15 : 15 + thickness] = 1
    share[:, 15 + thickness : 18 + thickness] = [0.75, 0.5, 0.25]
    noise = random.normal(0, 2, (33, 41, 3))
    mixed = share[..., None] * HAIR + (1 - share[..., None]) * SKY + noise
    picture = np.clip(mixed, 0, 255).astype(np.uint8)
    line = fit_colour_line(picture, share == 1, share == 0, 8, 3e-4)
    told = apply_coefficients(line.coefficients, picture)
    edge = np.s_[8:-8, 12 : 20 + thickness]
    assert np.abs(told - share)[edge].max() < 0.06
    assert line.separation[edge].min() > 5


def test_a_side_that_hardly_shows_is_not_present() -> None:
    picture = np.full((31, 31, 3), 90, np.uint8)
    person = np.ones((31, 31))
    place = np.zeros((31, 31))
    place[15, 15] = 0.5  # a doubtful pixel in the middle of the person
    line = fit_colour_line(picture, person, place, 7, 3e-4)
    assert line.present.max() < 0.05
    assert fit_colour_line(picture, person, 0 * place, 7, 3e-4).present.max() == 0
    place[:, 20:] = 1
    assert fit_colour_line(picture, person, place, 7, 3e-4).present[15, 19] > 0.9


def soft_edge(column: float) -> np.ndarray:
    """A share [270, 480] that falls from 1 to 0 within four pixels around a column."""
    return np.clip((column - np.arange(480)) / 4 + 0.5, 0, 1)[None].repeat(270, axis=0)


@pytest.mark.parametrize("off", [-2, 2])  # working pixels by which an opinion is too narrow, wide
def test_the_colours_mend_an_outline_that_is_off(off: int) -> None:
    random = np.random.default_rng(2)
    truth = soft_edge(240)
    person = np.where(np.arange(480)[None, :, None] < 200, VEST, HAIR)
    mixed = truth[..., None] * person + (1 - truth[..., None]) * SKY
    frame = np.clip(mixed + random.normal(0, 2, mixed.shape), 0, 255).astype(np.uint8)
    working = frame.reshape(135, 2, 240, 2, 3).mean(axis=(1, 3)).astype(np.uint8)
    opinion = np.clip((120 + off - np.arange(240)) / 3 + 0.5, 0, 1)[None].repeat(135, axis=0)
    matte = full_resolution(opinion.astype(np.float32), working, frame)[..., 0] / 255
    inner = np.s_[30:-30, 20:-20]
    assert np.abs(matte - truth)[inner].max() < 0.25
    assert np.abs(matte - truth)[inner][:, 180:250].mean() < 0.02
    assert (matte[30:-30, 246:] < 0.08).all()  # no rim of the sky
    assert (matte[30:-30, 20:233] > 0.97).all()  # and no bite


def test_where_colours_tell_nothing_the_outline_stays() -> None:
    random = np.random.default_rng(3)
    frame = np.clip(random.normal(120, 20, (270, 480, 3)), 0, 255).astype(np.uint8)
    working = np.ascontiguousarray(frame[::2, ::2])
    opinion = (np.arange(240) < 120)[None].repeat(135, axis=0).astype(np.float32)
    matte = full_resolution(opinion, working, frame)[..., 0]
    assert (matte[:, :225] > 250).mean() > 0.99
    assert (matte[:, 255:] < 5).mean() > 0.99
