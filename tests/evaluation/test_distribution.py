"""The Fréchet distance against closed forms and scipy, and what moves it."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.ndimage import gaussian_filter

from dynascene.evaluation.distribution import (
    CellSums,
    Gaussians,
    cell_sums,
    cells_of,
    feature_distances,
    frechet,
    gaussians,
    in_units,
    spread,
    square_roots,
)
from dynascene.evaluation.features import Scattering

RNG = np.random.default_rng(4)
ONCE = np.ones((1, 1))


def distance(one: Gaussians, two: Gaussians) -> np.ndarray:
    return frechet(one, two, square_roots(two.covariance))


def random_gaussians(draws: int, channels: int) -> Gaussians:
    factor = RNG.normal(size=(draws, channels, channels))
    return Gaussians(RNG.normal(size=(draws, channels)), factor @ factor.mT)


def sums(descriptors: np.ndarray, truth: np.ndarray | None = None) -> CellSums:
    truth = descriptors if truth is None else truth
    everywhere = np.ones((len(descriptors), *descriptors.shape[2:]), bool)
    return cell_sums(descriptors, truth, everywhere)


@pytest.mark.parametrize("channels", [1, 3, 7])
def test_it_is_that_of_scipys_square_root(channels: int) -> None:
    one, two = random_gaussians(3, channels), random_gaussians(3, channels)
    expected = [
        np.sum((m - n) ** 2) + np.trace(a + b - 2 * np.real(sqrtm(a @ b)))
        for m, a, n, b in zip(*one, *two, strict=True)
    ]
    np.testing.assert_allclose(distance(one, two), expected, rtol=1e-6)
    np.testing.assert_allclose(distance(one, two), distance(two, one), rtol=1e-6)


def test_closed_form_of_axes_that_agree() -> None:
    """Diagonal covariances: |μ₁ − μ₂|² + Σ (σ₁ − σ₂)²."""
    one = Gaussians(np.zeros((1, 3)), np.diag([1.0, 4.0, 0.0])[None])
    two = Gaussians(np.array([[1.0, 2.0, 2.0]]), np.diag([9.0, 4.0, 0.25])[None])
    assert distance(one, two)[0] == pytest.approx(9 + 4 + 0 + 0.25)


def test_samples_give_their_gaussian_and_equal_sets_zero() -> None:
    x = RNG.normal(size=(5, 3, 6, 7)) * np.array([1.0, 2.0, 5.0])[:, None, None]
    fitted = gaussians([sums(x)], ONCE)
    cells = np.moveaxis(x, 1, -1).reshape(-1, 3)
    np.testing.assert_allclose(fitted.mean[0], cells.mean(axis=0))
    np.testing.assert_allclose(fitted.covariance[0], np.cov(cells.T, bias=True))
    assert distance(fitted, fitted)[0] == pytest.approx(0, abs=1e-9)


def test_a_draw_is_the_clips_it_holds() -> None:
    """Weights (2, 0, 1) are the first clip twice and the third once."""
    clips = [RNG.normal(i, 1 + i, size=(2, 3, 4, 5)) for i in range(3)]
    drawn = gaussians([sums(x) for x in clips], np.array([[2.0, 0.0, 1.0]]))
    together = gaussians([sums(np.concatenate([clips[0], clips[0], clips[2]]))], ONCE)
    np.testing.assert_allclose(drawn.mean, together.mean)
    np.testing.assert_allclose(drawn.covariance, together.covariance)


def test_fewer_cells_than_channels_have_no_distance() -> None:
    few = gaussians([sums(RNG.normal(size=(1, 7, 2, 3)))], ONCE)
    enough = random_gaussians(1, 7)
    assert np.isnan(distance(few, enough)).all()
    assert np.isnan(distance(enough, few)).all()


def test_units_of_the_truth() -> None:
    x = RNG.normal(size=(5, 3, 6, 7)) * np.array([1.0, 20.0, 1.0])[:, None, None]
    x[:, 2] = 3.0  # says nothing, and must not divide by zero
    unit = spread([sums(x)])
    assert unit[:2] == pytest.approx([x[:, 0].std(), x[:, 1].std()])
    scaled = in_units(gaussians([sums(x)], ONCE), unit)
    np.testing.assert_allclose(np.diag(scaled.covariance[0])[:2], 1)
    assert np.isfinite(scaled.covariance).all()


def test_feature_distance_written_out() -> None:
    truth = RNG.normal(size=(3, 3, 4, 5))
    made = truth + RNG.normal(size=truth.shape)
    cells = RNG.random((3, 4, 5)) < 0.4
    unit = np.array([1.0, 2.0, 0.5])
    total = 0.0
    for f, i, j in np.argwhere(cells):
        for c in range(3):
            total += ((made[f, c, i, j] - truth[f, c, i, j]) / unit[c]) ** 2
    expected = np.sqrt(total / (3 * cells.sum()))
    clips = [cell_sums(made, truth, cells), cell_sums(made, truth, np.zeros_like(cells))]
    values = feature_distances(clips, unit)
    assert values[0] == pytest.approx(expected)
    assert np.isnan(values[1])


def test_unrelated_pictures_are_about_the_root_of_two_apart() -> None:
    one, two = RNG.normal(3, 2, size=(2, 8, 3, 20, 20))
    unit = spread([sums(two)])
    assert feature_distances([sums(one, two)], unit)[0] == pytest.approx(np.sqrt(2), rel=0.05)


def test_a_cell_counts_when_half_of_it_lies_in_the_region() -> None:
    region = np.zeros((3, 35, 50), bool)
    region[1, :16, :8] = True  # half
    region[1, :16, 16:23] = True  # less
    region[2, 32:] = True  # below the last whole cell
    cells = cells_of(region, 16)
    assert cells.shape == (3, 2, 3)
    assert np.argwhere(cells).tolist() == [[1, 0, 0]]


@pytest.fixture(scope="module")
def photographs() -> np.ndarray:
    """Something with edges, texture and flat parts: [4, 64, 96, 3]."""
    coarse = RNG.integers(0, 256, (4, 4, 6, 3)).repeat(16, 1).repeat(16, 2)
    texture = RNG.normal(0, 20, (4, 64, 96, 1)) * (RNG.random((4, 4, 6, 1)) < 0.5).repeat(
        16, 1
    ).repeat(16, 2)
    return np.clip(coarse + texture, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("fault", ["blur", "noise", "cast", "grey"])
def test_every_fault_raises_both_distances_and_a_worse_one_more(
    photographs: np.ndarray, fault: str
) -> None:
    features = Scattering()
    truth = features.maps(photographs)
    true, unit = gaussians([sums(truth)], ONCE), spread([sums(truth)])
    noise = RNG.normal(size=photographs.shape)

    def spoilt(strength: float) -> np.ndarray:
        x = photographs.astype(float)
        if fault == "blur":
            x = gaussian_filter(x, (0, strength, strength, 0))
        elif fault == "noise":
            x = x + 8 * strength * noise
        elif fault == "cast":
            x = x + 10 * strength * np.array([1, 0, -1])
        else:
            x = x + 0.3 * strength * (x.mean(axis=-1, keepdims=True) - x)
        return np.clip(x, 0, 255).astype(np.uint8)

    apart, paired = [0.0], [0.0]
    for strength in (1.0, 3.0):
        made = sums(features.maps(spoilt(strength)), truth)
        given = in_units(gaussians([made], ONCE), unit)
        apart.append(float(distance(given, in_units(true, unit))[0]))
        paired.append(float(feature_distances([made], unit)[0]))
    assert apart[0] < 0.01 < apart[1] < apart[2]
    assert paired[0] < 0.01 < paired[1] < paired[2]
