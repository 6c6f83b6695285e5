"""Rows of one lineup beside the paper's: order, and how far its best row is ahead."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from dynascene.evaluation.bootstrap import Estimate, estimate, mean_draws, place_weights

PAPER_METRICS: Mapping[str, tuple[str, str]] = {
    "L1e-5": ("l1", "lower"),
    "PSNR": ("psnr", "higher"),
    "SSIM": ("ssim", "higher"),
    "LPIPS": ("lpips-alex", "lower"),
    "FID": ("fid", "lower"),
    "FVD-I3D": ("fvd-i3d", "lower"),
    "FVD-3DRes": ("fvd-3dres", "lower"),
}
"""The paper's metrics: ours of the same kind, and which is better."""


def relative_margin(first: float, other: float, better: str) -> float:
    """How much better the first is, as a share of the other; negative where it is worse."""
    if not other:
        return math.nan
    return (first - other) / abs(other) if better == "higher" else (other - first) / abs(other)


def margin_estimate(
    first: np.ndarray, other: np.ndarray, places: Sequence[str], better: str
) -> Estimate:
    """The relative margin of the means of the same clips, with an interval that draws places.

    Args:
        first, other: [N], of the same clips; NaN where a clip has no figure.
        places: of each clip.
        better: "higher" or "lower".
    """
    weights = place_weights(places)
    present = ~(np.isnan(first) | np.isnan(other))
    a, b = (mean_draws(np.where(present, x, np.nan), weights) for x in (first, other))
    with np.errstate(divide="ignore", invalid="ignore"):
        margins = (a - b) / np.abs(b) if better == "higher" else (b - a) / np.abs(b)
    return estimate(margins, int(present.sum()))


def difference_estimate(first: np.ndarray, other: np.ndarray, places: Sequence[str]) -> Estimate:
    """The mean paired difference, with an interval that draws places."""
    difference = first - other
    count = int((~np.isnan(difference)).sum())
    return estimate(mean_draws(difference, place_weights(places)), count)


def order_of(figures: Mapping[str, float], better: str) -> list[str]:
    """Labels from the best to the worst; those without a figure are left out."""
    labels = [label for label, value in figures.items() if not math.isnan(value)]
    return sorted(labels, key=lambda label: figures[label], reverse=better == "higher")


class OrderAgreement(NamedTuple):
    """Two orders of the same labels. same: pairs that stand alike, of ``pairs``."""

    paper: list[str]
    ours: list[str]
    same: int
    pairs: int


def compare_orders(
    paper: Mapping[str, float], ours: Mapping[str, float], better: str
) -> OrderAgreement:
    """The paper's order and ours of the labels that both have."""
    both = [label for label in paper if not math.isnan(ours.get(label, math.nan))]
    first = order_of({label: paper[label] for label in both}, better)
    second = order_of({label: ours[label] for label in both}, better)
    pairs = list(combinations(first, 2))
    same = sum(second.index(a) < second.index(b) for a, b in pairs)
    return OrderAgreement(first, second, same, len(pairs))
