"""Sharpness: how wide the sharpest edges of a picture are, and making it softer."""

import cv2
import numpy as np

from dynascene.imaging.blurring import gaussian_blur
from dynascene.imaging.colour import light_of, luma, picture_of_light

REBLUR = 1.0  # pixels
STRONG = 0.95  # quantile of the slope above which a pixel lies on an edge
SHARPEST = 0.2  # quantile of the edges' widths: things out of focus are wider
LEAST_SLOPE = 8.0  # grey levels a pixel: less is texture or grain
FEWEST = 100  # pixels on edges
WIDEST = 4.0  # pixels: what is wider is no edge


def edge_width(picture: np.ndarray) -> float | None:
    """Standard deviation in pixels of the blur of a picture's sharpest edges.

    A step that is blurred by σ has the slope 1 / (σ √2π) at its middle. Blurred once more by s,
    the slope falls by the ratio R = √(σ² + s²) / σ, so that σ = s / √(R² − 1) (Zhuo and Sim 2011).

    Args:
        picture: uint8 [H, W, 3].

    Returns:
        0.2 … 4 pixels; None where there are too few edges.
    """
    grey = luma(picture).astype(np.float32)
    slope, softer = _slope(grey), _slope(cv2.GaussianBlur(grey, (0, 0), REBLUR))
    edges = slope >= max(LEAST_SLOPE, float(np.quantile(slope, STRONG)))
    if edges.sum() < FEWEST:
        return None
    ratio = np.maximum(slope[edges] / np.maximum(softer[edges], 1e-3), 1 + 1e-3)
    widths = REBLUR / np.sqrt(ratio**2 - 1)
    return float(np.clip(np.quantile(widths, SHARPEST), 0.2, WIDEST))


def soften(picture: np.ndarray, sigma: float) -> np.ndarray:
    """Blur a picture in linear light, uint8 or float32 [H, W, 3] → the same; 0 changes nothing."""
    if sigma <= 0:
        return picture
    return picture_of_light(gaussian_blur(light_of(picture), sigma), picture)


def _slope(grey: np.ndarray) -> np.ndarray:
    """Grey levels a pixel."""
    x, y = (cv2.filter2D(grey, cv2.CV_32F, k) for k in (_DERIVATIVE, _DERIVATIVE.T))
    return np.hypot(x, y)


_DERIVATIVE = np.array([[-0.5, 0, 0.5]], np.float32)
