"""How far a system's pictures are from true ones as a distribution, and cell by cell.

Everything is computed from sums over the cells of a clip's region, so that drawing clips again
costs no second look at the pictures.

R draws, N clips, C channels, F frames, h w cells.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

LEAST_SPREAD = 1e-6  # of a channel in the truth: one that never varies says nothing


class CellSums(NamedTuple):
    """Sums over the cells of one region of one clip.

    count: of cells. total: [C] of descriptors x. outer: [C, C] of x·xᵀ. squared: [C] of (x − y)²,
    y the truth's descriptor of the same cell.
    """

    count: int
    total: np.ndarray
    outer: np.ndarray
    squared: np.ndarray


class Gaussians(NamedTuple):
    """mean: [R, C], covariance: [R, C, C]; nan where there are fewer cells than channels."""

    mean: np.ndarray
    covariance: np.ndarray


def cells_of(region: np.ndarray, cell: int) -> np.ndarray:
    """Bool [F, H, W] → bool [F, h, w]: the cells that lie in it by at least half of their area."""
    F, h, w = len(region), region.shape[1] // cell, region.shape[2] // cell
    blocks = region[:, : h * cell, : w * cell].reshape(F, h, cell, w, cell)
    return blocks.mean(axis=(2, 4)) >= 0.5


def cell_sums(descriptors: np.ndarray, truth: np.ndarray, cells: np.ndarray) -> CellSums:
    """Of [F, C, h, w] each, over the cells where bool [F, h, w] is True."""
    x, y = (np.moveaxis(maps, 1, -1)[cells].astype(np.float64) for maps in (descriptors, truth))
    return CellSums(len(x), x.sum(axis=0), x.T @ x, ((x - y) ** 2).sum(axis=0))


def gaussians(clips: Sequence[CellSums], weights: np.ndarray) -> Gaussians:
    """Mean and covariance of all cells of the clips, each clip counted ``weights`` [R, N] times.

    Fewer cells than channels span no covariance, and the distance of two such ones would say how
    many there are rather than how they differ: nan.
    """
    count = weights @ np.array([clip.count for clip in clips], float)
    channels = len(clips[0].total)
    count[count <= channels] = np.nan
    total = weights @ np.stack([clip.total for clip in clips])
    outer = weights @ np.stack([clip.outer.ravel() for clip in clips])
    mean = total / count[:, None]
    second = (outer / count[:, None]).reshape(-1, channels, channels)
    return Gaussians(mean, second - mean[:, :, None] * mean[:, None, :])


def spread(clips: Sequence[CellSums]) -> np.ndarray:
    """[C] standard deviation of each channel over all cells: the unit in which it counts."""
    count = sum(clip.count for clip in clips)
    mean = sum((clip.total for clip in clips), np.zeros(1)) / count
    second = sum((np.diag(clip.outer) for clip in clips), np.zeros(1)) / count
    return np.sqrt(np.maximum(second - mean**2, LEAST_SPREAD**2))


def in_units(given: Gaussians, unit: np.ndarray) -> Gaussians:
    """The same with every channel divided by its unit [C]."""
    return Gaussians(given.mean / unit, given.covariance / np.outer(unit, unit))


def square_roots(covariance: np.ndarray) -> np.ndarray:
    """Σ^½, symmetric, of [R, C, C]; nan stays nan."""
    finite = np.isfinite(covariance).all(axis=(1, 2))
    values, vectors = np.linalg.eigh(covariance[finite])
    roots = np.full_like(covariance, np.nan)
    roots[finite] = (vectors * np.sqrt(np.maximum(values, 0))[:, None, :]) @ vectors.mT
    return roots


def frechet(given: Gaussians, true: Gaussians, true_roots: np.ndarray) -> np.ndarray:
    """[R]: the squared Fréchet distance of two Gaussians.

    true_roots: ``square_roots(true.covariance)``, which all systems share.
    """
    shift = ((given.mean - true.mean) ** 2).sum(axis=1)
    product = true_roots @ given.covariance @ true_roots
    finite = np.isfinite(product).all(axis=(1, 2))
    overlap = np.full(len(product), np.nan)
    # the eigenvalues of Σ₁^½ Σ₂ Σ₁^½ are those of Σ₁Σ₂, and it is symmetric
    values = np.linalg.eigvalsh(product[finite])
    overlap[finite] = np.sqrt(np.maximum(values, 0)).sum(axis=1)
    traces = np.trace(given.covariance, axis1=1, axis2=2)
    traces += np.trace(true.covariance, axis1=1, axis2=2)
    # d² = |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½)      (Dowson and Landau, 1982)
    return np.maximum(shift + traces - 2 * overlap, 0)


def feature_distances(clips: Sequence[CellSums], unit: np.ndarray) -> np.ndarray:
    """[N]: root mean square of (x − y)/unit over a clip's cells and channels; nan without cells.

    0 for equal clips; about √2 for unrelated ones whose channels vary as the truth's do.
    """
    return np.array(
        [
            np.sqrt((clip.squared / unit**2).mean() / clip.count) if clip.count else np.nan
            for clip in clips
        ]
    )
