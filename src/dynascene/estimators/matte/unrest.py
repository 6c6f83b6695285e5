"""Detects a person who stays in one spot of the picture but does not stand still.

Such a person is in all the frames that a plate is made of, and so hardly differs from their median.
But no two of these frames show the same there. F frames, h w working pixels.
"""

from __future__ import annotations

import cv2
import numpy as np

from dynascene.estimators.frame_spool import FrameSpool, FrameStack

EVEN = 0.005  # of the width: how far unrest is averaged
RESTLESS = 30.0  # 8-bit values of spread that only somebody who moves brings about


def unrest(spread: FrameStack, logits: FrameStack, outside: float) -> FrameSpool:
    """How much each frame's neighbours differ among themselves: [F, h, w] float16 in 0 … 1.

    Args:
        spread: uint8 [F, h, w], of the plates of whole frames.
        logits: [F, h, w], a first opinion, positive on the person.
        outside: upper limit where the person is not on both sides and above, since the place
            around a person who sways is restless, too.
    """
    restless = FrameSpool(spread.shape[1:], np.float16)
    for values, logit in zip(spread, logits, strict=True):
        even = cv2.GaussianBlur(values.astype(np.float32), (0, 0), EVEN * values.shape[1])
        most = np.maximum(outside, enclosed(logit > 0))
        restless.append(np.minimum(np.clip(even / RESTLESS, 0, 1), most))
    return restless


def enclosed(person: np.ndarray) -> np.ndarray:
    """bool [h, w], within a mask [h, w], or with it on the left, on the right and above."""
    left = np.logical_or.accumulate(person, axis=1)
    right = np.logical_or.accumulate(person[:, ::-1], axis=1)[:, ::-1]
    return left & right & np.logical_or.accumulate(person, axis=0)
