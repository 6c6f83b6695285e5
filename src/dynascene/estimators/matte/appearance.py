"""What colours the person has, and which of them are also seen around them.

F frames, h w working pixels. Colours are counted in bins of Lab. The person's are counted over
the whole clip, since clothes stay the same; those around them over some frames before and after,
since the place changes as the camera moves.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

BINS = 20  # per channel
SOFTNESS = 0.8  # bins: neighbouring colours count too
NEARBY = 8  # frames before and after whose surroundings count
FLOOR = 1e-4  # share: what has never been seen is not impossible


class Appearance:
    """Colour shares of a clip, of uint8 frames [F, h, w, 3]."""

    def __init__(self, frames: np.ndarray) -> None:
        self._bins = np.stack([_bins(frame) for frame in frames])
        self._ratios = np.zeros((len(frames), BINS**3), np.float32)

    def learn(self, person: np.ndarray, place: np.ndarray) -> None:
        """Count the colours of the person and around them: [F, h, w] weights ≥ 0 each."""
        ours = _shares(self._counts(person).sum(axis=0))
        theirs = self._counts(place)
        for index in range(len(theirs)):
            near = theirs[max(0, index - NEARBY) : index + NEARBY + 1].sum(axis=0)
            self._ratios[index] = np.log(ours / _shares(near))

    def log_ratio(self, index: int) -> np.ndarray:
        """How much likelier each pixel's colour is on the person than around: log ratio [h, w]."""
        return self._ratios[index][self._bins[index]]

    def _counts(self, weights: np.ndarray) -> np.ndarray:
        return np.stack(
            [
                np.bincount(bins.ravel(), weight.ravel(), BINS**3)
                for bins, weight in zip(self._bins, weights, strict=True)
            ]
        )


def _bins(frame: np.ndarray) -> np.ndarray:
    """The bin of each pixel, uint16 [h, w]."""
    lab = cv2.cvtColor(frame, cv2.COLOR_RGB2Lab).astype(np.int16)
    # photographs fill about half of the range that 8-bit Lab has for a and b
    lab[..., 1:] = np.clip((lab[..., 1:] - 128) * 2 + 128, 0, 255)
    index = lab.astype(np.uint16) * BINS // 256
    return (index[..., 0] * BINS + index[..., 1]) * BINS + index[..., 2]


def _shares(counts: np.ndarray) -> np.ndarray:
    spread = gaussian_filter(counts.reshape((BINS,) * 3), SOFTNESS).ravel()
    return spread / max(float(spread.sum()), 1e-9) + FLOOR
