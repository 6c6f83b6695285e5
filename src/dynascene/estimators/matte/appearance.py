"""Colour models of each part of the person and of what surrounds it.

F frames, h w working pixels. Colours are counted in bins of Lab, in a grid of cells that moves with
the person (see `stance`), so that hair is not compared with trousers, nor the road with the trees
above it. The person's colours are counted over the whole clip, since clothes stay the same. Those
of the surroundings are counted over some frames before and after, since the place changes as the
camera moves.

    ratio(x) = log p(colour of x | person, cell of x) / p(colour of x | place, cell of x)

A colour that both have in a cell carries no information there, however many pixels have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

from dynascene.estimators.frame_spool import FrameStack, spooled
from dynascene.estimators.matte.stance import Stance

LIGHTNESS, CHROMA = 16, 12  # bins
COLOURS = LIGHTNESS * CHROMA**2
CELL = 0.3  # of the person's size
ACROSS = 12  # cells across and down; the outer ones go on for ever
SOFTNESS = (0.7, 0.7, 0.8, 0.6, 0.6)  # cells down and across, bins: neighbours count too
NEARBY = 8  # frames before and after whose surroundings count
FEW_OURS, FEW_THEIRS = 30.0, 90.0  # pixels in a cell that weigh as much as all the other cells
HERE = 0.75  # of a cell's say; the rest is all cells', lest a steady hole teach its own colours
FLOOR = 1e-3  # share: what has never been seen is not impossible


class Appearance:
    """Colour models of a clip.

    Args:
        frames: uint8 [h, w, 3] each, one or more.
        stances: the person's place in each frame; None: uncertain, one cell for the whole frame.
    """

    def __init__(self, frames: Iterable[np.ndarray], stances: list[Stance] | None = None) -> None:
        self._bins = spooled(_bins(frame) for frame in frames)
        self._stances = stances
        self._across = 1 if stances is None else ACROSS

    def log_ratios(self, person: FrameStack, place: FrameStack) -> Iterator[np.ndarray]:
        """Yield the log-ratio of each pixel's colour on the person and around: [h, w] per frame.

        Args:
            person, place: [F, h, w] weights 0 … 1, how certainly a pixel shows one or the other.
                They must not change before the last frame is yielded.
        """
        frames = len(self._bins)
        total = sum(self._counts(index, person) for index in range(frames))
        ours = self._shares(np.asarray(total), FEW_OURS)
        around = np.zeros(self._across**2 * COLOURS)
        for index in range(-NEARBY, frames):
            if index + NEARBY < frames:
                around += self._counts(index + NEARBY, place)
            if index - NEARBY > 0:
                around -= self._counts(index - NEARBY - 1, place)
            if index >= 0:
                theirs = self._shares(around, FEW_THEIRS)
                ratios = np.log(ours / theirs).astype(np.float32)
                yield ratios[self._cells(index), self._bins[index]]

    def _cells(self, index: int) -> np.ndarray:
        """The cell of each pixel [h, w]."""
        _, height, width = self._bins.shape
        if self._stances is None:
            return np.zeros((height, width), int)
        stance = self._stances[index]
        column, row = (
            np.clip((np.arange(n) - centre) / (CELL * stance.size) + ACROSS / 2, 0, ACROSS - 1)
            for n, centre in ((width, stance.x), (height, stance.y))
        )
        return row.astype(int)[:, None] * ACROSS + column.astype(int)

    def _counts(self, index: int, weights: FrameStack) -> np.ndarray:
        entries = self._cells(index) * COLOURS + self._bins[index]
        return np.bincount(
            entries.ravel(), weights[index].ravel(), minlength=self._across**2 * COLOURS
        )

    def _shares(self, counts: np.ndarray, few: float) -> np.ndarray:
        """Shares of each colour in each cell [cells, COLOURS]; small cells borrow from all."""
        grid = counts.reshape(self._across, self._across, LIGHTNESS, CHROMA, CHROMA)
        spread = gaussian_filter(grid.astype(np.float32), SOFTNESS, truncate=2, mode="nearest")
        spread = np.maximum(spread, 0).reshape(-1, COLOURS)
        everywhere = spread.sum(axis=0)
        everywhere /= max(float(everywhere.sum()), 1e-9)
        here = (spread + few * everywhere) / (spread.sum(axis=1, keepdims=True) + few)
        return (here + FLOOR) ** HERE * (everywhere + FLOOR) ** (1 - HERE)


def _bins(frame: np.ndarray) -> np.ndarray:
    """The bin of each pixel, uint16 [h, w]."""
    lab = cv2.cvtColor(frame, cv2.COLOR_RGB2Lab).astype(np.uint16)
    # photographs fill about half of the range that 8-bit Lab has for a and b
    lab[..., 1:] = np.clip(lab[..., 1:].astype(np.int16) * 2 - 128, 0, 255)
    light, a, b = lab[..., 0] * LIGHTNESS, lab[..., 1] * CHROMA, lab[..., 2] * CHROMA
    return (light // 256 * CHROMA + a // 256) * CHROMA + b // 256
