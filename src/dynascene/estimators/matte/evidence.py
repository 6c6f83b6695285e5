"""Motion evidence: where a clip's frames differ from their plates.

F frames, h w working pixels.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from dynascene.estimators.frame_spool import FrameSpool, FrameStack, spooled
from dynascene.estimators.matte.plate import Plate, PlateMaker

NOISE = 6.0  # 8-bit values by which a frame may differ from its plate for no reason
LIKE_PLACE = 1.5  # deviations at which place and person are equally likely
ENOUGH_VIEWS = 4  # neighbours that make a plate reliable


class Evidence(NamedTuple):
    """How far frames differ from their plates.

    Attributes:
        deviation: [F, h, w] float16, difference in units of noise.
        views: [F, h, w] uint8, number of neighbours that show the place.
        spread: [F, h, w] uint8, how far these differ among themselves, in 8-bit values.
    """

    deviation: FrameStack
    views: FrameStack
    spread: FrameStack

    def of(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Deviation and views of one frame, [h, w] float32."""
        return self.deviation[index].astype(np.float32), self.views[index].astype(np.float32)


def gather_evidence(frames: FrameStack, plates: PlateMaker) -> Evidence:
    """Compare each frame with its plate."""
    shape = frames.shape[1:3]
    deviation = FrameSpool(shape, np.float16)
    views, spread = FrameSpool(shape, np.uint8), FrameSpool(shape, np.uint8)
    for index, frame in enumerate(frames):
        plate = plates(index)
        deviation.append(off_plate(frame, plate))
        views.append(plate.count.astype(np.uint8))
        spread.append(plate.spread.astype(np.uint8))
    return Evidence(deviation, views, spread)


def off_plate(frame: np.ndarray, plate: Plate) -> np.ndarray:
    """[h, w] ≥ 0, difference to the plate in units of its usual spread; 0 where it is undefined."""
    difference = np.abs(frame - plate.colour).max(axis=-1)
    units = difference / (1.5 * plate.spread + NOISE) * (plate.count > 1)
    return cv2.GaussianBlur(units.astype(np.float32), (0, 0), 0.7)


def moving_share(evidence: Evidence) -> FrameSpool:
    """The probability that something moves: [F, h, w] float16 in 0 … 1."""
    frames = range(len(evidence.deviation))
    return spooled(_moving(*evidence.of(index)).astype(np.float16) for index in frames)


def _moving(deviation: np.ndarray, views: np.ndarray) -> np.ndarray:
    reliable = np.clip((views - 1) / (ENOUGH_VIEWS - 1), 0, 1)
    return reliable * np.clip((deviation - LIKE_PLACE) / 4, 0, 1)
