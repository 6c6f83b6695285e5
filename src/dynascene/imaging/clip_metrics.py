"""Metrics of a clip against the truth, on uint8 frames, per region.

F frames, H W pixels. A region is a bool mask [F, H, W]; its pixels of all frames weigh the same.
"""

from functools import cached_property

import numpy as np

from dynascene.imaging.ssim import DATA_RANGE, RADIUS, Moments, ssim_map, window_moments


def psnr(frames: np.ndarray, truth: np.ndarray, region: np.ndarray) -> float:
    """Peak signal-to-noise ratio in decibels.

    Args:
        frames, truth: uint8 [F, H, W, 3].
        region: bool [F, H, W], the pixels that count.

    Returns:
        10 log₁₀(255² / MSE), with the mean over the region's pixels and the three channels;
        ∞ where both are equal, NaN where the region is empty.

    Raises:
        ValueError: as check_frames.
    """
    check_frames(frames, truth)
    if not region.any():
        return float("nan")
    # in a wider type: differences of uint8 wrap around
    error = (frames[region].astype(np.float64) - truth[region]) ** 2
    with np.errstate(divide="ignore"):
        return float(10 * np.log10(DATA_RANGE**2 / error.mean()))


def ssim(frames: np.ndarray, truth: np.ndarray, region: np.ndarray) -> float:
    """Mean of the structural similarity over a region.

    Args:
        frames, truth: uint8 [F, H, W, 3].
        region: bool [F, H, W], the pixels that count, 5 or more from the frame's border.

    Returns:
        −1 … 1; NaN where no pixel counts.

    Raises:
        ValueError: as check_frames.
    """
    return mean_within(ClipSimilarity(truth).map(frames), region)


def mean_within(similarity: np.ndarray, region: np.ndarray) -> float:
    """Mean of a map of ClipSimilarity over a region.

    Args:
        similarity: [F, H − 10, W − 10].
        region: bool [F, H, W], the pixels that count.

    Returns:
        The mean; NaN where the map covers none of the region.
    """
    inner = region[:, RADIUS:-RADIUS, RADIUS:-RADIUS]
    return float(similarity[inner].mean()) if inner.any() else float("nan")


class ClipSimilarity:
    """Structural similarity with one true clip, whose window statistics are computed once.

    Args:
        truth: uint8 [F, H, W, 3].

    Raises:
        ValueError: as check_frames.
    """

    def __init__(self, truth: np.ndarray) -> None:
        check_frames(truth, truth)
        self.truth = truth

    def map(self, frames: np.ndarray) -> np.ndarray:
        """The similarity around each pixel whose window lies within the frame.

        Args:
            frames: uint8 [F, H, W, 3].

        Returns:
            float64 [F, H − 10, W − 10], the mean of the three channels.

        Raises:
            ValueError: as check_frames.
        """
        check_frames(frames, self.truth)
        return np.stack([self._of_frame(frame, t) for t, frame in enumerate(frames)])

    @cached_property
    def _moments(self) -> list[Moments]:
        return [window_moments(frame.astype(np.float64)) for frame in self.truth]

    def _of_frame(self, frame: np.ndarray, t: int) -> np.ndarray:
        ours, true = frame.astype(np.float64), self.truth[t].astype(np.float64)
        return ssim_map(ours, true, window_moments(ours), self._moments[t]).mean(axis=-1)


def check_frames(frames: np.ndarray, truth: np.ndarray) -> None:
    """Refuse frames that cannot be compared.

    Raises:
        ValueError: not both are uint8 of one shape [F, H, W, 3] and at least 11×11 pixels.
    """
    for clip in (frames, truth):
        if clip.dtype != np.uint8 or clip.ndim != 4 or clip.shape[-1] != 3:
            raise ValueError(f"expected uint8 [F, H, W, 3], got {clip.dtype} {list(clip.shape)}")
    if frames.shape != truth.shape or min(frames.shape[1:3]) <= 2 * RADIUS:
        raise ValueError(f"frames {list(frames.shape)} do not fit the truth {list(truth.shape)}")
