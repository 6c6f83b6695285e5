"""The interface of a detector of people."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np


class Detection(NamedTuple):
    """A person in a frame.

    Attributes:
        box: [4] float64, left, top, right, bottom in pixels of the frame.
        confidence: 0 … 1.
    """

    box: np.ndarray
    confidence: float


class PersonDetector(Protocol):
    """Detects people. ``name``: for reports."""

    @property
    def name(self) -> str: ...

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        """Detect the people in a frame, uint8 [H, W, 3] sRGB; most confident first."""
        ...
