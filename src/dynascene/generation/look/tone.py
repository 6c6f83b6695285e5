"""Exposure, white balance and contrast of a picture, by one table a channel."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from dynascene.imaging.colour import LIGHT_OF_BYTE, bytes_from_light


@dataclass(frozen=True)
class Tone:
    """A change of linear light: v ↦ p·(g·v / p)^γ for each channel.

    Attributes:
        gains: [3] g.
        contrast: γ.
        pivot: p, the light that contrast leaves as it is.
    """

    gains: tuple[float, float, float]
    contrast: float
    pivot: float

    def apply(self, picture: np.ndarray) -> np.ndarray:
        """uint8 [H, W, 3] → the same."""
        return cv2.LUT(picture, self._table)

    def report(self) -> dict[str, Any]:
        """Plain JSON values; gains in stops."""
        stops = [round(float(np.log2(gain)), 3) for gain in self.gains]
        return {"stops_rgb": stops, "contrast": round(self.contrast, 3)}

    @cached_property
    def _table(self) -> np.ndarray:
        light = LIGHT_OF_BYTE[:, None].astype(np.float64) * np.array(self.gains)
        changed = self.pivot * (light / self.pivot) ** self.contrast
        return bytes_from_light(changed.astype(np.float32))[None]
