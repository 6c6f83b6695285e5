"""The distance against the closed form of Gaussians, and against matrix square roots."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from dynascene.evaluation.metrics.frechet import frechet_distance, frechet_draws

RNG = np.random.default_rng(2)


def samples(mean: np.ndarray, deviations: np.ndarray, count: int) -> np.ndarray:
    """Samples whose mean and covariance (of count − 1) are exactly these, the latter diagonal."""
    x = RNG.normal(size=(count, len(mean)))
    x -= x.mean(axis=0)
    root = np.linalg.cholesky(np.cov(x, rowvar=False))
    return x @ np.linalg.inv(root).T * deviations + mean


def by_square_root(x: np.ndarray, y: np.ndarray) -> float:
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = sqrtm(a @ b).real
    return float(((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a + b - 2 * root))


def test_the_closed_form_of_gaussians() -> None:
    """d² = |μ₁ − μ₂|² + Σ (σ₁ − σ₂)² of covariances that commute."""
    one = samples(np.array([1.0, 2, 3]), np.array([1.0, 2, 0.5]), 40)
    two = samples(np.array([1.0, 0, 3]), np.array([3.0, 2, 0.1]), 25)
    assert frechet_distance(one, two) == pytest.approx(4 + 4 + 0 + 0.16)


def test_the_definition_of_full_covariances() -> None:
    mix = RNG.normal(size=(5, 5))
    one, two = RNG.normal(size=(60, 5)) @ mix, RNG.normal(size=(44, 5)) + 0.3
    assert frechet_distance(one, two) == pytest.approx(by_square_root(one, two), rel=1e-6)


def test_fewer_samples_than_channels() -> None:
    one, two = RNG.normal(size=(6, 30)), RNG.normal(size=(9, 30))
    assert frechet_distance(one, two) == pytest.approx(by_square_root(one, two), rel=1e-4)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("n", "m"), [(6, 300), (300, 6), (400, 300)])
def test_work_grows_with_the_channels_where_samples_are_more(n: int, m: int, monkeypatch) -> None:
    """1,000 clips have 8,000 pictures: singular values of 8,000² numbers, 200 times, take days."""
    shapes: list[tuple[int, ...]] = []
    svd = np.linalg.svd

    def watched(matrix: np.ndarray, **options):
        shapes.append(matrix.shape)
        return svd(matrix, **options)

    monkeypatch.setattr(np.linalg, "svd", watched)
    one, two = RNG.normal(size=(n, 7)), RNG.normal(size=(m, 7)) * 2
    assert frechet_distance(one, two) == pytest.approx(by_square_root(one, two), rel=1e-6)
    assert shapes == [(min(n, 7), min(m, 7))]


def test_a_shift_of_both_changes_nothing_and_order_neither() -> None:
    one, two = RNG.normal(size=(12, 4)), RNG.normal(size=(15, 4))
    value = frechet_distance(one, two)
    assert frechet_distance(two, one) == pytest.approx(value)
    assert frechet_distance(one + 1e4, two + 1e4) == pytest.approx(value, rel=1e-6)


def test_counting_a_sample_twice_is_having_it_twice() -> None:
    one, two = RNG.normal(size=(5, 3)), RNG.normal(size=(6, 3))
    counts = np.array([[1, 2, 0, 1, 1], [1, 0, 0, 0, 0]])
    others = np.array([[1, 1, 3, 0, 0, 1], [1, 1, 1, 1, 1, 1]])
    drawn = frechet_draws(one, two, counts, others)
    repeated = [x.repeat(n, axis=0) for x, n in ((one, counts[0]), (two, others[0]))]
    assert drawn[0] == pytest.approx(frechet_distance(*repeated))
    assert np.isnan(drawn[1])  # one sample has no covariance


def test_more_distortion_is_farther() -> None:
    truth = RNG.normal(size=(50, 8))
    noise = RNG.normal(size=truth.shape)
    values = [frechet_distance(truth + level * noise, truth) for level in (0.1, 0.5, 2)]
    assert values == sorted(values)
