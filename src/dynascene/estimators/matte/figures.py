"""Measures of a matte that need no ground truth."""

from __future__ import annotations

import cv2
import numpy as np

from dynascene.estimators.matte.around_person import around_person
from dynascene.estimators.matte.camera_motion import Flow, look_up, pixel_grid
from dynascene.imaging.colour import luma


class MatteFigures:
    """Collects measures over the mattes of a clip, in order.

    Attributes:
        shares: of each frame, the person's share, 0 … 1.
    """

    def __init__(self) -> None:
        self.shares: list[float] = []
        self._changes: list[float] = []
        self._before: tuple[np.ndarray, np.ndarray] | None = None
        self._flow = Flow()

    def add(self, frame: np.ndarray, matte: np.ndarray) -> None:
        """Add a frame.

        Args:
            frame: uint8 [h, w, 3], may be smaller than the matte.
            matte: uint8 [H, W, 1], 255 = person.
        """
        self.shares.append(float(matte.mean()) / 255)
        size = frame.shape[1], frame.shape[0]
        small = cv2.resize(matte[..., 0], size, interpolation=cv2.INTER_AREA).astype(np.float32)
        grey = luma(frame)
        if self._before is not None:
            self._changes.append(self._change(grey, small))
        self._before = grey, small

    def summary(self) -> tuple[float, float]:
        """Mean share of the person, and mean flicker, each 0 … 1.

        Flicker is the change from one frame to the next that motion does not explain, as a share of
        the person's area.
        """
        flicker = float(np.mean(self._changes)) if self._changes else 0.0
        return float(np.mean(self.shares)), flicker

    def _change(self, grey: np.ndarray, matte: np.ndarray) -> float:
        assert self._before is not None
        near = around_person([matte, self._before[1]], 0)
        if near is None:
            return 0.0
        own, grey, grey_before, matte_before = (
            np.ascontiguousarray(picture[near]) for picture in (matte, grey, *self._before)
        )
        places = pixel_grid(*own.shape) + self._flow(grey, grey_before)
        followed = look_up(matte_before, places)
        area = max(float(own.sum()), float(followed.sum()), 1.0)
        return float(np.abs(own - followed).sum()) / area
