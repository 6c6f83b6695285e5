"""Fréchet distance of whole pictures or clips, each described by C numbers.

N, M samples, C channels, R draws.
"""

import numpy as np


def frechet_distance(x: np.ndarray, y: np.ndarray) -> float:
    """The squared Fréchet distance of the Gaussians fitted to two sets of samples.

    It is what FID and FVD are, of which the features say which. With fewer samples than channels it
    measures how few they are too: compare distances of equal numbers of samples only.

    Args:
        x: [N, C], y: [M, C], two or more samples each.

    Returns:
        d² = |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½), Σ the unbiased sample covariances.
    """
    return float(frechet_draws(x, y, np.ones((1, len(x))), np.ones((1, len(y))))[0])


def frechet_draws(
    x: np.ndarray, y: np.ndarray, x_counts: np.ndarray, y_counts: np.ndarray
) -> np.ndarray:
    """``frechet_distance`` with each sample counted several times.

    Args:
        x, y: [N, C] and [M, C].
        x_counts, y_counts: [R, N] and [R, M], how often a sample counts in each draw.

    Returns:
        [R]; NaN in draws with fewer than two samples.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    values = [_of_draw(x, y, of_x, of_y) for of_x, of_y in zip(x_counts, y_counts, strict=True)]
    return np.array(values)


def _of_draw(x: np.ndarray, y: np.ndarray, of_x: np.ndarray, of_y: np.ndarray) -> float:
    n, m = of_x.sum(), of_y.sum()
    if min(n, m) < 2:
        return float("nan")
    mean_x, mean_y = of_x @ x / n, of_y @ y / m
    a, b = _centred(x, of_x, mean_x), _centred(y, of_y, mean_y)
    traces = (a**2).sum() / (n - 1) + (b**2).sum() / (m - 1)
    # Σ₁ = AᵀA/(n − 1) and Σ₂ = BᵀB/(m − 1): tr (Σ₁Σ₂)^½ is the sum of the singular values of
    # ABᵀ/√((n − 1)(m − 1)), N×M numbers. With R of A = QR in the place of A they are the same.
    cross = _at_most_square(a) @ _at_most_square(b).T
    overlap = np.linalg.svd(cross, compute_uv=False).sum() / np.sqrt((n - 1) * (m - 1))
    return max(0.0, float(((mean_x - mean_y) ** 2).sum() + traces - 2 * overlap))


def _centred(samples: np.ndarray, counts: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """The drawn samples less their mean, times √counts."""
    drawn = counts > 0
    return np.sqrt(counts[drawn])[:, None] * (samples[drawn] - mean)


def _at_most_square(samples: np.ndarray) -> np.ndarray:
    """[N, C]; R of a QR decomposition, [C, C], where there are more samples than channels."""
    many = len(samples) > samples.shape[1]
    return np.asarray(np.linalg.qr(samples, mode="r")) if many else samples
