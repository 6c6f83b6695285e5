"""Clips whose scene picture was taken in another light than the person's: Figure 9.

The light of a clip falls on its place and its person, and the truth is the place in it. Then the
scene picture alone is relit, as far as the training task goes at most: who adjusts the light has to
take the clip's from the person.

F frames, H W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import torch

from dynascene.datasets.imagery import Folders
from dynascene.datasets.tasks.illumination import LightChange, LightRanges, random_change, relight
from dynascene.evaluation.metrics.choice import FieldMetrics, choose_metrics
from dynascene.evaluation.protocol import EvaluationShot
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.models.sizes import ModelSize
from dynascene.synthetic.shots.moved_clips import moved_clips
from dynascene.synthetic.shots.moved_shots import MovedShot, MovedShots
from dynascene.synthetic.shots.short_filming import ShortShot
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.training.cached_clips import SHOT_LIGHT

RELIT, AS_LIT = "relit scenes", "scenes in the clip's own light"
STRENGTHS = {RELIT: 1.0, AS_LIT: 0.0}
VERSION = 1  # of the clips: raised when they change
LIGHT_NAMES = ("light", "contrast", "psnr")
RANGES = LightRanges(shading=0.0)  # of the training task; exposure, white balance, curve, contrast


@dataclass(frozen=True)
class RelitScenes:
    """Plain moves past a person, with a scene picture in another light, as a benchmark.

    Attributes:
        clips, seed: of the shots.
        size: whose frames they have.
        folder: of imagery; None = as DYNASCENE_TRAINING_DATA says, else procedural pictures.
        strength: of the change of light, as a share of ``RANGES``; 0 leaves the clip's own.
    """

    clips: int
    size: ModelSize
    seed: int = 0
    folder: Folders = None
    strength: float = 1.0
    note: str = "Everybody in it is lit as the place; the scene picture was relit afterwards."
    _moved: MovedShots = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        size = self.size
        shots = ShortShots(
            "test", size.resolution, size.frames, self.seed, folder=self.folder, person_share=1.0
        )
        object.__setattr__(self, "_moved", MovedShots(shots))

    @property
    def name(self) -> str:
        kind = "photographs" if self._moved.shots.library.photographic else "procedural pictures"
        return f"people in {kind}, scene pictures relit by {self.strength:g} of the task's ranges"

    def __len__(self) -> int:
        return self.clips

    def __getitem__(self, index: int) -> EvaluationShot:
        moved = self.moved(index)
        clips = moved_clips([moved])
        name = f"{index:03d} {moved.move} {moved.shot.place}"
        truth = bytes_from_tensor(clips.truth[0])
        return EvaluationShot(name, clips.clip, truth, moved.shot.place)

    def moved(self, index: int) -> MovedShot:
        """A clip in its light, with its scene picture in another one."""
        if not 0 <= index < self.clips:
            raise IndexError(index)
        rng = np.random.default_rng([self.seed, index, 9])
        moved = self._moved[index]
        shot = lit_shot(moved.shot, random_change(rng, SHOT_LIGHT))
        change = farthest_change(rng, RANGES, self.strength)
        return replace(moved, shot=replace(shot, scene_image=relit(shot.scene_image, change)))


def farthest_change(rng: np.random.Generator, ranges: LightRanges, strength: float) -> LightChange:
    """A change of light at a share of the ends of its ranges, either way."""
    signs = rng.choice([-1.0, 1.0], 4)
    ends = (ranges.brightness, ranges.temperature, ranges.gamma, ranges.contrast)
    brightness, temperature, gamma, contrast = (signs * ends * strength).tolist()
    return LightChange(
        brightness=brightness, temperature=temperature, gamma=gamma, contrast=contrast
    )


def lit_shot(shot: ShortShot, light: LightChange) -> ShortShot:
    """A shot under one more light, which falls on place, person and scene picture."""
    video = torch.stack([relit(frame, light) for frame in shot.video])
    return replace(
        shot,
        video=video,
        background=torch.stack([relit(frame, light) for frame in shot.background]),
        foreground=video * shot.matte,
        scene_image=relit(shot.scene_image, light),
    )


def relit(picture: torch.Tensor, light: LightChange) -> torch.Tensor:
    """A picture [3, H, W] in −1 … 1 under another light."""
    everywhere = torch.ones_like(picture[:1], dtype=torch.bool)
    return relight(picture / 2 + 0.5, everywhere, light) * 2 - 1


def light_metrics() -> FieldMetrics:
    """What the figure measures."""
    return choose_metrics(LIGHT_NAMES, None)
