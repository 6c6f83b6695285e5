"""Grain: how much of it a picture has, and adding it."""

import cv2
import numpy as np

from dynascene.imaging.colour import luma

# The difference of two Laplacians: 0 on edges and slopes, 6 σ on noise of deviation σ
# (Immerkær 1996)
KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
BLOCK = 16  # pixels on a side
FLATTEST = 0.1  # quantile of the blocks: in most of them is texture besides
TONES = (20, 235)  # luma beyond which grain is cut off
FEWEST = 8  # blocks


def grain_of(picture: np.ndarray) -> float | None:
    """Standard deviation of a picture's grain in stored values, 0 … 255.

    Args:
        picture: uint8 [H, W, 3].

    Returns:
        That of its luma in its flattest blocks; None where it has too few blocks.
    """
    grey = luma(picture).astype(np.float32)
    height, width = (side // BLOCK for side in grey.shape)
    if min(height, width) < 1:
        return None
    residue = np.abs(cv2.filter2D(grey, cv2.CV_32F, KERNEL))
    tone, rough = (
        image[: height * BLOCK, : width * BLOCK]
        .reshape(height, BLOCK, width, BLOCK)
        .mean(axis=(1, 3))
        for image in (grey, residue)
    )
    usable = (tone > TONES[0]) & (tone < TONES[1])
    if usable.sum() < FEWEST:
        return None
    # of a normal distribution: E|x| = σ √(2/π)
    return float(np.sqrt(np.pi / 2) / 6 * np.quantile(rough[usable], FLATTEST))


def add_grain(picture: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """Add grain to a picture's luma, where cameras and films have it: in stored values.

    Args:
        picture: uint8 [H, W, 3], or float32 in 0 … 1.
        deviation: in stored values, 0 … 255; 0 leaves the picture as it is.
        rng: of the frame.

    Returns:
        [H, W, 3] of the same type.
    """
    if deviation <= 0:
        return picture
    noise = rng.standard_normal(picture.shape[:2], dtype=np.float32) * np.float32(deviation)
    if picture.dtype != np.uint8:
        return np.clip(picture + noise[..., None] / 255, 0, 1)
    steps = np.rint(noise).astype(np.int16)
    return np.asarray(cv2.add(picture, cv2.merge([steps] * 3), dtype=cv2.CV_8U))  # it saturates
