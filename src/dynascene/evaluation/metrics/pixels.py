"""Differences of pixels: the field's way, and the paper's.

F frames, H W pixels. Frames are uint8 [F, H, W, 3], a region is bool [F, H, W].
"""

import math

import numpy as np

EQUAL = 100.0  # dB of equal frames in the paper's convention, where others say ∞


def l1(frames: np.ndarray, truth: np.ndarray, region: np.ndarray) -> float:
    """Mean absolute difference.

    Args:
        frames, truth: uint8 [F, H, W, 3].
        region: bool [F, H, W], the pixels that count.

    Returns:
        The mean of |x − y| / 255 over the region's pixels and the channels, 0 … 1; NaN where the
        region is empty.
    """
    return _mean(_differences(frames, truth)[region]) / 255


def paper_l1(frames: np.ndarray, truth: np.ndarray, region: np.ndarray) -> float:
    """The L1 that the paper's figures are in.

    The evaluation script that its authors share with their field divides the mean difference in
    grey levels by the number of pixels once more, so figures depend on the size of the frames.

    Args, and NaN where the region is empty: as ``l1``.

    Returns:
        The mean over frames of mean |x − y| / (H·W), x and y in 0 … 255.
    """
    height, width = frames.shape[1:3]
    each = zip(_differences(frames, truth), region, strict=True)
    means = [_mean(error[mask]) for error, mask in each if mask.any()]
    return _mean(np.array(means)) / (height * width)


def paper_psnr(frames: np.ndarray, truth: np.ndarray, region: np.ndarray) -> float:
    """The PSNR that the paper's figures are in: differences and squares of bytes wrap around.

    A large error counts as a small one, and unrelated pictures have some 28 dB. For comparison with
    published figures alone; ``imaging.clip_metrics.psnr`` is the right one.

    Args, and NaN where the region is empty: as ``l1``.

    Returns:
        The mean over frames of 20 log₁₀(255 / √MSE), MSE the mean of (x − y)² modulo 256; 100 dB
        for an MSE of 0.
    """
    wrapped = (frames - truth) ** 2  # uint8: modulo 256 both times
    values = []
    for error, mask in zip(wrapped, region, strict=True):
        if mask.any():
            mse = float(error[mask].mean(dtype=np.float64))
            values.append(20 * math.log10(255 / math.sqrt(mse)) if mse else EQUAL)
    return _mean(np.array(values))


def _differences(frames: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """|x − y| as int16, which does not wrap around."""
    return np.abs(frames.astype(np.int16) - truth)


def _mean(values: np.ndarray) -> float:
    return float(values.mean(dtype=np.float64)) if values.size else math.nan
