"""Systems are judged on the shots of a benchmark.

F frames, H W pixels.
"""

from functools import cached_property

import numpy as np

from dynascene.errors import InputError
from dynascene.evaluation.distribution import CellSums, cell_sums, cells_of
from dynascene.evaluation.features import Features
from dynascene.evaluation.flicker import Motion, flicker, true_motion
from dynascene.evaluation.protocol import EvaluationShot, regions
from dynascene.evaluation.scores import NO_SCORE, Score
from dynascene.imaging.clip_metrics import ClipSimilarity, mean_within, psnr
from dynascene.imaging.sheet import spread_frames

LEAST_SHARE = 0.01  # of the background: a smaller region's figure would be chance
DESCRIBED_FRAMES = 8  # of a clip, spread evenly: neighbours show the same


class Judge:
    """Compares clips with the truth of one shot, region by region.

    What concerns the truth alone is made once for all systems.

    What a system paints behind the person is not judged: there the truth is put in its place, so
    that it does not reach into the windows of SSIM and the cells either.
    """

    def __init__(self, shot: EvaluationShot, features: Features) -> None:
        self.truth, self.features = shot.truth, features
        masks = regions(shot.batch)
        self.whole = masks["whole"]
        enough = LEAST_SHARE * self.whole.sum()
        self.masks = {name: mask if mask.sum() > enough else None for name, mask in masks.items()}
        self.described = spread_frames(len(self.truth), min(DESCRIBED_FRAMES, len(self.truth)))

    def judged(self, frames: np.ndarray) -> np.ndarray:
        """The frames with the truth behind the person."""
        return np.where(self.whole[..., None], frames, self.truth)

    def scores(self, frames: np.ndarray) -> dict[str, Score]:
        """By region, of frames as ``judged`` gives them."""
        similarity = self._similarity.map(frames)
        return {
            name: NO_SCORE
            if mask is None
            else Score(
                psnr(frames, self.truth, mask),
                mean_within(similarity, mask),
                flicker(frames, self.motion, mask),
                self._true_flicker[name],
            )
            for name, mask in self.masks.items()
        }

    def cells(self, frames: np.ndarray) -> dict[str, CellSums]:
        """By region, of frames as ``judged`` gives them; no cells where a region is too small."""
        return self._sums(self.features.maps(frames[self.described]))

    def true_cells(self) -> dict[str, CellSums]:
        """The same of the truth itself."""
        return self._sums(self._true_maps)

    def _sums(self, maps: np.ndarray) -> dict[str, CellSums]:
        return {
            name: cell_sums(maps, self._true_maps, cells) for name, cells in self._cells.items()
        }

    @cached_property
    def _similarity(self) -> ClipSimilarity:
        return ClipSimilarity(self.truth)

    @cached_property
    def motion(self) -> Motion:
        """Of the truth, off the person."""
        return true_motion(self.truth, self.whole)

    @cached_property
    def _true_flicker(self) -> dict[str, float]:
        return {
            name: flicker(self.truth, self.motion, mask)
            for name, mask in self.masks.items()
            if mask is not None
        }

    @cached_property
    def _true_maps(self) -> np.ndarray:
        return self.features.maps(self.truth[self.described])

    @cached_property
    def _cells(self) -> dict[str, np.ndarray]:
        none = np.zeros_like(self.whole)
        return {
            name: cells_of((none if mask is None else mask)[self.described], self.features.cell)
            for name, mask in self.masks.items()
        }


def check_frames_of(place: str, frames: np.ndarray, truth: np.ndarray) -> None:
    """Refuse frames that cannot be compared with the truth.

    Args:
        place: clip and row, for the message.
        frames: of a system.
        truth: uint8 [F, H, W, 3].

    Raises:
        InputError: number, size or type are others, or a value is no number.
    """
    if frames.dtype != np.uint8:
        is_number = np.issubdtype(frames.dtype, np.floating)
        nan = "; some are NaN" if is_number and np.isnan(frames).any() else ""
        raise InputError(f"{place}: frames are {frames.dtype}, must be uint8{nan}")
    if len(frames) != len(truth):
        raise InputError(f"{place}: {len(frames)} frames, the clip has {len(truth)}")
    if frames.shape != truth.shape:
        raise InputError(f"{place}: frames are {_size(frames)}, the clip's are {_size(truth)}")


def _size(frames: np.ndarray) -> str:
    return f"{frames.shape[2]}×{frames.shape[1]}"
