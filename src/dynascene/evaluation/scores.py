"""What was measured, clip by clip."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from dynascene.evaluation.distribution import CellSums

REGIONS = ("whole", "seen", "revealed")
TRUTH = "truth"  # the true clips' row of ``cells``


class Score(NamedTuple):
    """Figures of one region of one clip; nan where the region is too small.

    psnr: dB. ssim: −1 … 1. flicker, true_flicker: levels of 0 … 255, the latter the true clip's.
    """

    psnr: float
    ssim: float
    flicker: float
    true_flicker: float


NO_SCORE = Score(*4 * (float("nan"),))


@dataclass
class Scores:
    """Per row of the table and region, one entry per clip in the benchmark's order.

    places: of each clip. controls: the row of a system's wrong track, by that of its true one.
    faulty: the row of the true matte, by that of a faulty one.
    cells: sums of descriptors, those of the truth under ``TRUTH``.
    """

    clips: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    controls: dict[str, str] = field(default_factory=dict)
    faulty: dict[str, str] = field(default_factory=dict)
    rows: dict[str, dict[str, list[Score]]] = field(default_factory=dict)
    cells: dict[str, dict[str, list[CellSums]]] = field(default_factory=dict)

    def add(self, row: str, scores: Mapping[str, Score]) -> None:
        regions = self.rows.setdefault(row, {name: [] for name in REGIONS})
        for name in REGIONS:
            regions[name].append(scores[name])

    def add_cells(self, row: str, sums: Mapping[str, CellSums]) -> None:
        regions = self.cells.setdefault(row, {name: [] for name in REGIONS})
        for name in REGIONS:
            regions[name].append(sums[name])

    def values(self, row: str, region: str, metric: str) -> np.ndarray:
        """[clips] of a field of ``Score``."""
        return np.array([getattr(score, metric) for score in self.rows[row][region]])
