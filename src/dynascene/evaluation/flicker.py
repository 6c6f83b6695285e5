"""Flicker: the change from frame to frame that the true motion does not explain.

F frames, H W pixels. x right, y down.
"""

from typing import NamedTuple

import cv2
import numpy as np

from dynascene.evaluation.flow import dense_flow, greys, without_margin

AGREEMENT = 1.0  # pixels between a flow and its way back: beyond, something was covered


class Motion(NamedTuple):
    """How a clip moves, from each frame but the last to the next.

    flow: float32 [F − 1, H, W, 2], where each pixel is found in the next frame. followed: bool
    [F − 1, H, W], where that is known and lies within the frame.
    """

    flow: np.ndarray
    followed: np.ndarray


def true_motion(truth: np.ndarray, background: np.ndarray) -> Motion:
    """The motion of a true clip, uint8 [F, H, W, 3], by dense optical flow and its way back.

    background: bool [F, H, W]; a pixel is followed from background to background, off the person.
    """
    grey, clear = greys(truth), [without_margin(mask) for mask in background]
    flows, followed = [], []
    for t in range(len(truth) - 1):
        there, back = dense_flow(grey[t], grey[t + 1]), dense_flow(grey[t + 1], grey[t])
        returned = there + warped(back, there)
        within = warped(clear[t + 1].astype(np.float32), there) > 0.999  # 0 beyond the frame
        flows.append(there)
        followed.append(clear[t] & within & (np.linalg.norm(returned, axis=-1) < AGREEMENT))
    return Motion(np.stack(flows), np.stack(followed))


def warped(image: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """An image [H, W, …] as it is found at p + flow(p), bilinear; 0 beyond its border."""
    H, W = flow.shape[:2]
    y, x = np.mgrid[:H, :W].astype(np.float32)
    return cv2.remap(image, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR)


def flicker(frames: np.ndarray, motion: Motion, region: np.ndarray) -> float:
    """Mean |x_{t+1}(p + u_t(p)) − x_t(p)| in levels of 0 … 255, u the motion; nan without pixels.

    frames: uint8 [F, H, W, 3]. region: bool [F, H, W], of frame t. A clip that moves in another way
    than the truth flickers too.
    """
    total = pixels = 0.0
    for t, (flow, followed) in enumerate(zip(*motion, strict=True)):
        counted = followed & region[t]
        following = warped(frames[t + 1].astype(np.float32), flow)
        total += np.abs(following - frames[t])[counted].sum()
        pixels += 3 * counted.sum()
    return float(total / pixels) if pixels else float("nan")
