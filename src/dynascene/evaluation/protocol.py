"""What is evaluated, on what, and how: systems on the shots of a benchmark.

F frames, H W pixels.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from dynascene.evaluation.metrics import psnr, ssim_map, ssim_within
from dynascene.types import Batch

REGIONS = ("whole", "seen", "revealed")
LEAST_SHARE = 0.01  # of the background: a smaller region's figure would be chance


@dataclass(frozen=True)
class EvaluationShot:
    """What systems are given and what they are compared with.

    batch: one clip, without its ``video``. truth: uint8 [F, H, W, 3], the place without a person.
    """

    name: str
    batch: Batch
    truth: np.ndarray


class Benchmark(Protocol):
    """Shots in a fixed order: clips of unseen places."""

    @property
    def name(self) -> str: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> EvaluationShot: ...


class System(Protocol):
    """A way to make a background, as it is judged.

    render: frames by row of the table, uint8 [F, H, W, 3]: what it delivers, under its name, and
        further pictures under names of their own; with ``estimates`` also what only accuracy is
        read off.
    weights: sha256 by name. sampling: the numbers it samples with, by name.
    """

    @property
    def name(self) -> str: ...

    @property
    def weights(self) -> Mapping[str, str]: ...

    @property
    def sampling(self) -> Mapping[str, float]: ...

    def render(
        self, batch: Batch, seed: int, *, estimates: bool = True
    ) -> dict[str, np.ndarray]: ...


class Score(NamedTuple):
    """PSNR in dB and SSIM of one region of one clip; nan where the region is too small."""

    psnr: float
    ssim: float


@dataclass
class Scores:
    """Per row of the table and region, one score per clip in the benchmark's order."""

    clips: list[str] = field(default_factory=list)
    rows: dict[str, dict[str, list[Score]]] = field(default_factory=dict)

    def add(self, row: str, scores: Mapping[str, Score]) -> None:
        regions = self.rows.setdefault(row, {name: [] for name in REGIONS})
        for name in REGIONS:
            regions[name].append(scores[name])

    def values(self, row: str, region: str, metric: str) -> np.ndarray:
        """[clips] of ``psnr`` or ``ssim``."""
        return np.array([getattr(score, metric) for score in self.rows[row][region]])


def regions(batch: Batch) -> dict[str, np.ndarray]:
    """Bool masks [F, H, W] of the first clip: the whole background (matte = 0), the part of it that
    the scene picture shows, and the part that the camera reveals."""
    whole = (batch.matte[0, :, 0] == 0).numpy()
    if batch.guide_visibility is None:
        return {"whole": whole, "seen": whole, "revealed": np.zeros_like(whole)}
    seen = (batch.guide_visibility[0, :, 0] >= 0.5).numpy()
    return {"whole": whole, "seen": whole & seen, "revealed": whole & ~seen}


def score(frames: np.ndarray, shot: EvaluationShot) -> dict[str, Score]:
    """The scores of a clip by region.

    What a system paints behind the person is not judged: there the truth is put in its place, so
    that it does not reach into the windows of SSIM either.
    """
    masks = regions(shot.batch)
    whole = masks["whole"]
    judged = np.where(whole[..., None], frames, shot.truth)
    similarity = ssim_map(judged, shot.truth)
    enough = LEAST_SHARE * whole.sum()
    return {
        name: Score(psnr(judged, shot.truth, mask), ssim_within(similarity, mask))
        if mask.sum() > enough
        else Score(float("nan"), float("nan"))
        for name, mask in masks.items()
    }


def evaluate(
    systems: Sequence[System],
    benchmark: Benchmark,
    seed: int,
    on_clip: Callable[[int, EvaluationShot, Mapping[str, np.ndarray], Scores], None],
) -> Scores:
    """Every system on every shot; ``on_clip`` sees each shot's frames by row, and its scores."""
    scores = Scores()
    for index in range(len(benchmark)):
        shot = benchmark[index]
        rendered: dict[str, np.ndarray] = {}
        for system in systems:
            rendered |= system.render(shot.batch, seed + index)
        scores.clips.append(shot.name)
        for row, frames in rendered.items():
            scores.add(row, score(frames, shot))
        on_clip(index, shot, rendered, scores)
    return scores


def to_bytes(frames: Tensor) -> np.ndarray:
    """[F, 3, H, W] in 0 … 1 → uint8 [F, H, W, 3], rounded."""
    scaled = (frames.clamp(0, 1) * 255).round().to(torch.uint8)
    return scaled.permute(0, 2, 3, 1).contiguous().cpu().numpy()
