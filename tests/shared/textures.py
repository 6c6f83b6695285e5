"""Pictures with something to follow everywhere."""

import cv2
import numpy as np


def textured(shape: tuple[int, int], seed: int, tones: tuple[int, int, int]) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(*shape, 3)).astype(np.float32)
    coarse = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return np.clip(np.array(tones) + 45 * coarse / coarse.std(), 0, 255).astype(np.uint8)
