"""What a metric is: one number of a clip, or a distance between two sets of clips.

F frames, N samples, C channels, H W pixels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from dynascene.evaluation.metrics.illumination import contrast_error, light_error
from dynascene.evaluation.metrics.matte_edges import edge_error, person_change
from dynascene.evaluation.metrics.pixels import l1, paper_l1, paper_psnr
from dynascene.imaging.clip_metrics import ClipSimilarity, mean_within, psnr

VERSION = 3  # of the definitions below: raised when a figure changes


class JudgedClip(NamedTuple):
    """A clip beside the truth.

    Attributes:
        frames: uint8 [F, H, W, 3].
        similarity: to the truth, whose statistics all systems share.
        region: bool [F, H, W], the pixels that count.
        scene: uint8 [1, H, W, 3], the picture it was made from.
        person: uint8 [F, H, W, 3], as filmed.
        matte: uint8 [F, H, W], 255 = person.
    """

    frames: np.ndarray
    similarity: ClipSimilarity
    region: np.ndarray
    scene: np.ndarray
    person: np.ndarray
    matte: np.ndarray

    @property
    def truth(self) -> np.ndarray:
        """uint8 [F, H, W, 3]"""
        return self.similarity.truth


@dataclass(frozen=True)
class ClipMetric:
    """One number of a clip.

    Attributes:
        name: in files and options. title: of its column.
        decimals: shown. better: "higher" or "lower".
        measure: gives the number; NaN where a clip has none.
        weights: sha256 by file.
        full_frame_only: it looks at the person too, so it says nothing of the background alone.
    """

    name: str
    title: str
    decimals: int
    better: str
    measure: Callable[[JudgedClip], float]
    weights: Mapping[str, str] = field(default_factory=dict)
    full_frame_only: bool = False


@dataclass(frozen=True)
class SetMetric:
    """A Fréchet distance between sets of clips.

    Attributes:
        name, title, decimals, weights: as ClipMetric's; lower is better.
        describe: uint8 [F, H, W, 3] → [N, C], the samples of a clip.
        note: which features of what, resized how.
        least_frames: of a clip; shorter ones take no part.
    """

    name: str
    title: str
    decimals: int
    describe: Callable[[np.ndarray], np.ndarray]
    weights: Mapping[str, str]
    note: str
    least_frames: int = 1
    better: str = "lower"


def _ssim(clip: JudgedClip) -> float:
    return mean_within(clip.similarity.map(clip.frames), clip.region)


PIXEL_METRICS = (
    ClipMetric("l1", "L1", 4, "lower", lambda c: l1(c.frames, c.truth, c.region)),
    ClipMetric("psnr", "PSNR, dB", 2, "higher", lambda c: psnr(c.frames, c.truth, c.region)),
    ClipMetric("ssim", "SSIM", 3, "higher", _ssim),
)
PAPER_METRICS = (
    ClipMetric(
        "l1-paper", "L1, paper-convention", 7, "lower",
        lambda c: paper_l1(c.frames, c.truth, c.region),
    ),
    ClipMetric(
        "psnr-paper", "PSNR, paper-convention", 2, "higher",
        lambda c: paper_psnr(c.frames, c.truth, c.region),
    ),
)  # fmt: skip
LIGHT_METRICS = (
    ClipMetric(
        "light", "error of light", 2, "lower",
        lambda c: light_error(c.frames, c.truth, c.region),
    ),
    ClipMetric(
        "contrast", "error of contrast", 2, "lower",
        lambda c: contrast_error(c.frames, c.truth, c.region),
    ),
)  # fmt: skip
MATTE_METRICS = (
    ClipMetric(
        "edge", "error at the person's edge", 2, "lower",
        lambda c: edge_error(c.frames, c.truth, c.matte), full_frame_only=True,
    ),
    ClipMetric(
        "person-change", "change of the person", 0, "lower",
        lambda c: person_change(c.frames, c.person, c.matte), full_frame_only=True,
    ),
)  # fmt: skip
