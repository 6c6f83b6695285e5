"""Exposure, white balance and contrast of a picture, by one table a channel."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from dynascene.imaging.colour import (
    LIGHT_OF_BYTE,
    bytes_from_light,
    linear_from_srgb,
    srgb_from_linear,
)


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
        """uint8, or float32 in 0 … 1, [H, W, 3] → the same."""
        if picture.dtype == np.uint8:
            return cv2.LUT(picture, self._table)
        return srgb_from_linear(self._changed(linear_from_srgb(picture))).astype(np.float32)

    def report(self) -> dict[str, Any]:
        """Plain JSON values; gains in stops."""
        stops = [round(float(np.log2(gain)), 3) for gain in self.gains]
        return {"stops_rgb": stops, "contrast": round(self.contrast, 3)}

    @cached_property
    def _table(self) -> np.ndarray:
        changed = self._changed(LIGHT_OF_BYTE[:, None].astype(np.float64))
        return bytes_from_light(changed.astype(np.float32))[None]

    def _changed(self, light: np.ndarray) -> np.ndarray:
        return self.pivot * (light * np.array(self.gains) / self.pivot) ** self.contrast
