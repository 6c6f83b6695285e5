"""Which way a background moves: dense optical flow between neighbouring frames.

F frames, H W pixels. Image axes: x right, y down; a camera that pans right moves the picture left,
so its flow is negative in x.
"""

import itertools

import cv2
import numpy as np

from dynascene.imaging.colour import luma

MARGIN = 4  # pixels around the person that do not count: flow bleeds over edges


def mean_flow(frames: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The mean displacement of the background from one frame to the next, [2] = (x, y) in pixels.

    frames: uint8 [F, H, W, 3], F ≥ 2. background: bool [F, H, W], where no person is; a pixel
    counts where it is background in both frames, ``MARGIN`` pixels off the person. nan where there
    is none.
    """
    grey = greys(frames)
    clear = [without_margin(mask) for mask in background]
    means = []
    for (one, two), (mask, following) in zip(
        itertools.pairwise(grey), itertools.pairwise(clear), strict=True
    ):
        counted = mask & following
        if counted.any():
            means.append(dense_flow(one, two)[counted].mean(axis=0))
    return np.mean(means, axis=0) if means else np.full(2, np.nan)


def greys(frames: np.ndarray) -> list[np.ndarray]:
    """uint8 [F, H, W, 3] → the luminance of each frame, uint8 [H, W]."""
    return [luma(frame) for frame in frames]


def dense_flow(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """float32 [H, W, 2]: where each pixel of ``one`` is found in ``two``, uint8 [H, W] each."""
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return method.calc(one, two, np.zeros((*one.shape, 2), np.float32))


def without_margin(background: np.ndarray) -> np.ndarray:
    """Bool [H, W], ``MARGIN`` pixels narrower; the frame's border is no edge."""
    kernel = np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8)
    eroded = cv2.erode(background.astype(np.uint8), kernel, borderValue=1)
    return eroded.astype(bool)


def obeys(pan_left: float, pan_right: float, least: float = 0.05) -> bool:
    """Whether the horizontal flows of two opposite pans have the opposite, right signs.

    least: pixels per frame below which a picture stands still.
    """
    return pan_left > least and pan_right < -least
