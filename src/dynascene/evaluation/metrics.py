"""Measures of a clip against the truth, on uint8 frames with data range 255, per region.

F frames, H W pixels. A region is a bool mask [F, H, W]; its pixels of all frames count alike.
"""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter

DATA_RANGE = 255.0
# SSIM as Wang et al. (2004) define it: Gaussian window of sigma 1.5, cut off at 11 pixels
SIGMA, RADIUS = 1.5, 5
C1, C2 = (0.01 * DATA_RANGE) ** 2, (0.03 * DATA_RANGE) ** 2
RESAMPLES, CONFIDENCE = 2000, 0.95


def psnr(frames: np.ndarray, truth: np.ndarray, region: np.ndarray) -> float:
    """10 log₁₀(255² / MSE) in dB; uint8 [F, H, W, 3]. ∞ where equal, nan where the region is empty.

    The MSE is the mean over the region's pixels and the three channels.
    """
    check_frames(frames, truth)
    if not region.any():
        return float("nan")
    # in a wider type: differences of uint8 wrap around
    error = (frames[region].astype(np.float64) - truth[region]) ** 2
    with np.errstate(divide="ignore"):
        return float(10 * np.log10(DATA_RANGE**2 / error.mean()))


def ssim(frames: np.ndarray, truth: np.ndarray, region: np.ndarray) -> float:
    """Mean of the structural similarity over a region, in −1 … 1; nan where the region is empty."""
    return ssim_within(ssim_map(frames, truth), region)


def ssim_within(similarity: np.ndarray, region: np.ndarray) -> float:
    """The mean of a map of ``ssim_map`` over the pixels of a region [F, H, W] that it covers."""
    inner = region[:, RADIUS:-RADIUS, RADIUS:-RADIUS]
    return float(similarity[inner].mean()) if inner.any() else float("nan")


def ssim_map(frames: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Structural similarity around each pixel whose window lies within the frame.

    uint8 [F, H, W, 3] → float64 [F, H − 10, W − 10], the mean of the three channels.
    """
    check_frames(frames, truth)
    x, y = frames.astype(np.float64), truth.astype(np.float64)
    mean_x, mean_y = _windowed(x), _windowed(y)
    variance_x = _windowed(x * x) - mean_x**2
    variance_y = _windowed(y * y) - mean_y**2
    covariance = _windowed(x * y) - mean_x * mean_y
    similarity = (2 * mean_x * mean_y + C1) * (2 * covariance + C2)
    similarity /= (mean_x**2 + mean_y**2 + C1) * (variance_x + variance_y + C2)
    return similarity.mean(axis=-1)


def _windowed(values: np.ndarray) -> np.ndarray:
    smooth = gaussian_filter(values, (0, SIGMA, SIGMA, 0), radius=(0, RADIUS, RADIUS, 0))
    return smooth[:, RADIUS:-RADIUS, RADIUS:-RADIUS]


def check_frames(frames: np.ndarray, truth: np.ndarray) -> None:
    """Raises ValueError unless both are uint8 of one shape [F, H, W, 3], at least 11×11 pixels."""
    for given in (frames, truth):
        if given.dtype != np.uint8 or given.ndim != 4 or given.shape[-1] != 3:
            raise ValueError(f"expected uint8 [F, H, W, 3], got {given.dtype} {list(given.shape)}")
    if frames.shape != truth.shape or min(frames.shape[1:3]) <= 2 * RADIUS:
        raise ValueError(f"frames {list(frames.shape)} do not fit the truth {list(truth.shape)}")


class Estimate(NamedTuple):
    """A mean over clips with the 95 % interval of its bootstrap; clips: how many had a value."""

    mean: float
    low: float
    high: float
    clips: int


def estimate(values: np.ndarray, seed: int = 0) -> Estimate:
    """The mean of one value per clip, [N]; nan stands for a clip without one.

    The interval is the percentile bootstrap's: clips are drawn again, with replacement.
    """
    present = values[~np.isnan(values)]
    if not len(present):
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    drawn = np.random.default_rng(seed).integers(len(present), size=(RESAMPLES, len(present)))
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(present[drawn].mean(axis=1), [tail, 100 - tail])
    return Estimate(float(present.mean()), float(low), float(high), len(present))
