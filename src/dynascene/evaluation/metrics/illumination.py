"""Is a background lit as the true one? What adaptive illumination adjustment is judged by.

F frames, H W pixels. Frames are uint8 [F, H, W, 3], a region is bool [F, H, W].
"""

from collections.abc import Callable

import numpy as np

from dynascene.imaging.colour import luma


def light_error(frames: np.ndarray, truth: np.ndarray, region: np.ndarray) -> float:
    """Difference of brightness.

    Args:
        frames, truth: uint8 [F, H, W, 3].
        region: bool [F, H, W], the pixels that count.

    Returns:
        Mean over frames of ∣mean Y_x − mean Y_y∣, Y the luma in 0 … 255; NaN without pixels.
    """
    return _mean_difference(frames, truth, region, np.mean)


def contrast_error(frames: np.ndarray, truth: np.ndarray, region: np.ndarray) -> float:
    """Difference of contrast.

    Args: as ``light_error``.

    Returns:
        Mean over frames of ∣σ(Y_x) − σ(Y_y)∣, σ the standard deviation; NaN without pixels.
    """
    return _mean_difference(frames, truth, region, np.std)


def _mean_difference(
    frames: np.ndarray,
    truth: np.ndarray,
    region: np.ndarray,
    of: Callable[[np.ndarray], np.floating],
) -> float:
    differences = [
        abs(float(of(luma(x)[mask])) - float(of(luma(y)[mask])))
        for x, y, mask in zip(frames, truth, region, strict=True)
        if mask.any()
    ]
    return float(np.mean(differences)) if differences else float("nan")
