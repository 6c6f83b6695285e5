"""Which way a background moves: dense optical flow between neighbouring frames.

F frames, H W pixels. Image axes: x right, y down; a camera that pans right moves the picture left,
so its flow is negative in x.
"""

import itertools

import cv2
import numpy as np

MARGIN = 4  # pixels around the person that do not count: flow bleeds over edges


def mean_flow(frames: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The mean displacement of the background from one frame to the next, [2] = (x, y) in pixels.

    frames: uint8 [F, H, W, 3], F ≥ 2. background: bool [F, H, W], where no person is; a pixel
    counts where it is background in both frames, ``MARGIN`` pixels off the person. nan where there
    is none.
    """
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    clear = [_without_margin(mask) for mask in background]
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    means = []
    for (one, two), (mask, following) in zip(
        itertools.pairwise(grey), itertools.pairwise(clear), strict=True
    ):
        counted = mask & following
        if counted.any():
            flow = method.calc(one, two, np.zeros((*one.shape, 2), np.float32))
            means.append(flow[counted].mean(axis=0))
    return np.mean(means, axis=0) if means else np.full(2, np.nan)


def _without_margin(background: np.ndarray) -> np.ndarray:
    kernel = np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8)
    eroded = cv2.erode(background.astype(np.uint8), kernel, borderValue=1)
    return eroded.astype(bool)


def obeys(pan_left: float, pan_right: float, least: float = 0.05) -> bool:
    """Whether the horizontal flows of two opposite pans have the opposite, right signs.

    least: pixels per frame below which a picture stands still.
    """
    return pan_left > least and pan_right < -least
