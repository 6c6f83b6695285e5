"""From clips to figures: means, ratios and distances with intervals that draw places."""

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np

from dynascene.evaluation.bootstrap import (
    Estimate,
    centred_draws,
    estimate,
    mean_draws,
    place_weights,
    ratio_draws,
)
from dynascene.evaluation.distribution import (
    Gaussians,
    feature_distances,
    frechet,
    gaussians,
    in_units,
    spread,
    square_roots,
)
from dynascene.evaluation.scores import TRUTH, Scores


class Metric(NamedTuple):
    """title: of its table. decimals: shown. better: which way."""

    title: str
    decimals: int
    better: str


METRICS: Mapping[str, Metric] = {
    "psnr": Metric("PSNR, dB", 2, "higher"),
    "ssim": Metric("SSIM", 3, "higher"),
    "frechet": Metric("Fréchet distance of features", 2, "lower"),
    "distance": Metric("Feature distance", 3, "lower"),
    "flicker": Metric("Flicker, as a multiple of the true clips'", 3, "lower"),
}


class Figures:
    """Every metric of every row and region, drawn alike, so that differences are paired."""

    def __init__(self, scores: Scores) -> None:
        self.scores = scores
        self.weights = place_weights(scores.places)
        self._draws: dict[tuple[str, str, str], np.ndarray] = {}
        self._truths: dict[str, tuple[Gaussians, np.ndarray]] = {}

    def estimate(self, metric: str, row: str, region: str) -> Estimate:
        """A figure with its interval."""
        return estimate(self._drawn(metric, row, region), self._clips(metric, row, region))

    def difference(self, metric: str, row: str, region: str, reference: str) -> Estimate:
        """The paired difference to another row with its interval."""
        with np.errstate(invalid="ignore"):  # of two that are infinite
            drawn = self._drawn(metric, row, region) - self._drawn(metric, reference, region)
        return estimate(drawn, self._clips(metric, row, region))

    def _drawn(self, metric: str, row: str, region: str) -> np.ndarray:
        key = (metric, row, region)
        if key not in self._draws:
            self._draws[key] = self._compute(*key)
        return self._draws[key]

    def _compute(self, metric: str, row: str, region: str) -> np.ndarray:
        if metric == "frechet":
            return self._frechet(row, region)
        values = self._values(metric, row, region)
        if metric == "flicker":  # of means: a clip that stands still has a ratio of 0 / 0
            true = self.scores.values(row, region, "true_flicker")
            return ratio_draws(values, true, self.weights)
        return mean_draws(values, self.weights)

    def _values(self, metric: str, row: str, region: str) -> np.ndarray:
        if metric in ("frechet", "distance"):
            return feature_distances(self.scores.cells[row][region], self._unit)
        return self.scores.values(row, region, metric)

    def _clips(self, metric: str, row: str, region: str) -> int:
        return int(np.count_nonzero(~np.isnan(self._values(metric, row, region))))

    def _frechet(self, row: str, region: str) -> np.ndarray:
        if region not in self._truths:
            true = self._gaussians(TRUTH, region)
            self._truths[region] = true, square_roots(true.covariance)
        return centred_draws(frechet(self._gaussians(row, region), *self._truths[region]))

    def _gaussians(self, row: str, region: str) -> Gaussians:
        return in_units(gaussians(self.scores.cells[row][region], self.weights), self._unit)

    @cached_property
    def _unit(self) -> np.ndarray:
        """In which channels count alike: how much each varies in the true clips."""
        return spread(self.scores.cells[TRUTH]["whole"])
