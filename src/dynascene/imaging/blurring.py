"""Gaussian blur at a cost that does not grow with its width."""

import cv2
import numpy as np

FINE = 4.0  # pixels: a wider blur is done on fewer of them, which shows no difference


def gaussian_blur(picture: np.ndarray, sigma: float, sigma_down: float | None = None) -> np.ndarray:
    """A picture blurred by a Gaussian.

    Args:
        picture: float32 [H, W] or [H, W, C].
        sigma: standard deviation across in pixels; 0 leaves the picture as it is.
        sigma_down: the one down; None = the same.

    Returns:
        float32, of the same shape. Beyond its border the picture is mirrored.
    """
    down = sigma if sigma_down is None else sigma_down
    if max(sigma, down) <= 0:
        return picture
    height, width = picture.shape[:2]
    shrink = max(1, int(sigma / FINE)), max(1, int(down / FINE))
    size = max(1, width // shrink[0]), max(1, height // shrink[1])
    if size == (width, height):
        return _blur(picture, sigma, down)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    # averaging over a cell of so many pixels blurs by (cell² − 1) / 12 already, and the linear way
    # back by twice that; neither touches an axis that keeps its pixels
    left = [
        max(0.0, s**2 - ((whole / part) ** 2 - 1) / 4) ** 0.5 * part / whole
        for s, whole, part in ((sigma, width, size[0]), (down, height, size[1]))
    ]
    return cv2.resize(_blur(small, *left), (width, height), interpolation=cv2.INTER_LINEAR)


def _blur(picture: np.ndarray, across: float, down: float) -> np.ndarray:
    # OpenCV takes 0 for "as the other one"
    return cv2.GaussianBlur(
        picture, (0, 0), max(across, 1e-3), sigmaY=max(down, 1e-3), borderType=cv2.BORDER_REFLECT
    )
