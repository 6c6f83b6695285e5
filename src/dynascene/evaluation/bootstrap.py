"""Uncertainty: places are drawn again, with replacement, and all their clips with them.

Clips of one place fail and succeed together; drawing clips would take them for independent and
give intervals that are too narrow.

R draws, N clips. Every figure is computed from ``weights`` [R, N], how often each clip counts: the
same for all systems, so that differences are paired. Draw 0 is the clips as they are.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

RESAMPLES, CONFIDENCE = 1000, 0.95


class Estimate(NamedTuple):
    """A figure with its 95 % interval, nan where there is only one place; clips: that have one."""

    mean: float
    low: float
    high: float
    clips: int


def place_weights(places: Sequence[str], seed: int = 0) -> np.ndarray:
    """[1 + 1000, N]: ones, then how often each clip was drawn. [1, N] when there is one place."""
    names, place_of = np.unique(np.asarray(places), return_inverse=True)
    as_they_are = np.ones((1, len(places)))
    if len(names) < 2:
        return as_they_are
    chances = np.full(len(names), 1 / len(names))
    drawn = np.random.default_rng(seed).multinomial(len(names), chances, size=RESAMPLES)
    return np.concatenate([as_they_are, drawn[:, place_of]])


def mean_draws(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """[R] means of one value per clip, [N]; nan stands for a clip without one."""
    return ratio_draws(values, np.ones_like(values), weights)


def ratio_draws(
    numerators: np.ndarray, denominators: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """[R] ratios of sums over clips, [N] each; a clip that lacks one of both (nan) does not count.

    nan for draws that hold no such clip.
    """
    present = ~(np.isnan(numerators) | np.isnan(denominators))
    counts, values = weights[:, present], numerators[present]
    endless = np.isinf(values)
    total = counts @ np.where(endless, 0, values) + np.where(
        counts[:, endless].any(axis=1), np.inf, 0
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return total / (counts @ denominators[present])


def mean_estimate(values: np.ndarray, places: Sequence[str]) -> Estimate:
    """The mean of one value per clip, [N]; nan stands for a clip without one."""
    draws = mean_draws(values.astype(float), place_weights(places))
    return estimate(draws, int((~np.isnan(values.astype(float))).sum()))


def centred_draws(draws: np.ndarray) -> np.ndarray:
    """The draws of a distance, moved so that their mean is draw 0; none is below 0.

    A Fréchet distance grows when its sample shrinks, and a draw holds only about two thirds of the
    places: as they are, all draws may lie above the figure itself. Their spread is what counts.
    """
    finite = np.isfinite(draws[1:])
    if not finite.any() or not np.isfinite(draws[0]):
        return draws
    moved = draws[1:] - draws[1:][finite].mean() + draws[0]
    return np.concatenate([draws[:1], np.maximum(moved, 0)])


def estimate(draws: np.ndarray, clips: int) -> Estimate:
    """Draw 0 with the percentiles of the others."""
    others = draws[1:][np.isfinite(draws[1:])]
    if not clips or not len(others):
        return Estimate(float(draws[0]) if clips else float("nan"), *2 * (float("nan"),), clips)
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(others, [tail, 100 - tail])
    return Estimate(float(draws[0]), float(low), float(high), clips)
