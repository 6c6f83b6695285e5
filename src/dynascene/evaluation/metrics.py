"""Measures of a clip against the truth, on uint8 frames with data range 255, per region.

F frames, H W pixels. A region is a bool mask [F, H, W]; its pixels of all frames count alike.
"""

import cv2
import numpy as np

DATA_RANGE = 255.0
# SSIM as Wang et al. (2004) define it: Gaussian window of sigma 1.5, cut off at 11 pixels
SIGMA, RADIUS = 1.5, 5
C1, C2 = (0.01 * DATA_RANGE) ** 2, (0.03 * DATA_RANGE) ** 2


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
    return ssim_within(Similarity(truth).map(frames), region)


def ssim_within(similarity: np.ndarray, region: np.ndarray) -> float:
    """The mean of a map of ``Similarity`` over the pixels of a region [F, H, W] that it covers."""
    inner = region[:, RADIUS:-RADIUS, RADIUS:-RADIUS]
    return float(similarity[inner].mean()) if inner.any() else float("nan")


class Similarity:
    """Structural similarity with one true clip, uint8 [F, H, W, 3], whose windows are kept."""

    def __init__(self, truth: np.ndarray) -> None:
        check_frames(truth, truth)
        self.truth = truth
        self._windows = [_mean_and_variance(frame.astype(np.float64)) for frame in truth]

    def map(self, frames: np.ndarray) -> np.ndarray:
        """Around each pixel whose window lies within the frame.

        uint8 [F, H, W, 3] → float64 [F, H − 10, W − 10], the mean of the three channels.
        """
        check_frames(frames, self.truth)
        return np.stack([self._of_frame(frame, t) for t, frame in enumerate(frames)])

    def _of_frame(self, frame: np.ndarray, t: int) -> np.ndarray:
        x, y = frame.astype(np.float64), self.truth[t].astype(np.float64)
        (mean_x, variance_x), (mean_y, variance_y) = _mean_and_variance(x), self._windows[t]
        covariance = _windowed(x * y) - mean_x * mean_y
        similarity = (2 * mean_x * mean_y + C1) * (2 * covariance + C2)
        similarity /= (mean_x**2 + mean_y**2 + C1) * (variance_x + variance_y + C2)
        return similarity.mean(axis=-1)


def _mean_and_variance(frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = _windowed(frame)
    return mean, _windowed(frame * frame) - mean**2


def _windowed(frame: np.ndarray) -> np.ndarray:
    smooth = cv2.GaussianBlur(frame, (2 * RADIUS + 1, 2 * RADIUS + 1), SIGMA)
    return smooth[RADIUS:-RADIUS, RADIUS:-RADIUS]


def check_frames(frames: np.ndarray, truth: np.ndarray) -> None:
    """Raises ValueError unless both are uint8 of one shape [F, H, W, 3], at least 11×11 pixels."""
    for given in (frames, truth):
        if given.dtype != np.uint8 or given.ndim != 4 or given.shape[-1] != 3:
            raise ValueError(f"expected uint8 [F, H, W, 3], got {given.dtype} {list(given.shape)}")
    if frames.shape != truth.shape or min(frames.shape[1:3]) <= 2 * RADIUS:
        raise ValueError(f"frames {list(frames.shape)} do not fit the truth {list(truth.shape)}")
