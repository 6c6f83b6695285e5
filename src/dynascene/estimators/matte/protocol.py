"""The interface of a matte backend.

F frames, h w working pixels (frames shrunk to at most ``working_pixels``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from dynascene.estimators.frame_spool import FrameStack


class Matter(Protocol):
    """Estimates where the person is.

    Attributes:
        name: for the command line and reports.
        working_pixels: largest number of pixels of the frames that it takes.
        needs_boxes: whether it needs the subject's boxes.
        least_frames: number of frames that it needs.
    """

    @property
    def name(self) -> str: ...

    @property
    def working_pixels(self) -> int: ...

    @property
    def needs_boxes(self) -> bool: ...

    @property
    def least_frames(self) -> int: ...

    def __call__(
        self,
        frames: FrameStack,
        boxes: np.ndarray | None,
        start: tuple[float, float] | None = None,
    ) -> Iterator[np.ndarray]:
        """Yield the probability of person for every frame, float32 [h, w] in 0 … 1.

        Args:
            frames: uint8 [F, h, w, 3] sRGB.
            boxes: [F, 4] left, top, right, bottom of the subject in working pixels; None: unknown.
            start: a pixel of the subject in the first frame; None: unknown.
        """
        ...
