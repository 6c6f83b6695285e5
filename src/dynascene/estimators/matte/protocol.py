"""What makes a matte: one small interface, one file per way of making it.

F frames, h w working pixels (frames shrunk to at most ``working_pixels``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np


class Matter(Protocol):
    """Tells person from place.

    name: what the command line and reports call it.
    working_pixels: how large it wants the frames, at most.
    needs_boxes: whether it must be told where the subject is.
    least_frames: how many frames it takes to tell.
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
        frames: np.ndarray,
        boxes: np.ndarray | None,
        start: tuple[float, float] | None = None,
    ) -> Iterator[np.ndarray]:
        """Yield the probability of person of every frame, float32 [h, w] in 0 … 1.

        frames: uint8 [F, h, w, 3] sRGB. boxes: [F, 4] left, top, right, bottom of the subject in
        working pixels; None = unknown. start: a pixel of the subject in the first frame.
        """
        ...
