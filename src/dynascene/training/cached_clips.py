"""Cached short clips as clips that the paper's training tasks take.

F frames, H W pixels.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch.utils.data import Dataset

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.tasks.illumination import LightRanges, random_change, relight
from dynascene.errors import InputError
from dynascene.training.shot_cache import CachedShots, Stock
from dynascene.types import CameraTrack

# Short shots are filmed with people in a light of their own. A light on the whole clip, person
# included, is what illumination adjustment can read off the person.
SHOT_LIGHT = LightRanges(brightness=0.8, temperature=0.6, shading=0.0, gamma=0.0, contrast=0.0)
TRIES = 64  # clips drawn for one with a person, or without


class CachedClips(Dataset[FilmedClip]):
    """Clips with and without a person in a given share; the other frame is the scene picture.

    Clip k is the same for the same cache, stock, share and seed.

    Args:
        shots: the cache.
        stock: from which of its clips sample k is drawn.
        person_share: share of the clips with a person, 0 … 1.
        seed: of the draws.
        draws: how many clips in a row belong to one sample.
    """

    def __init__(
        self, shots: CachedShots, stock: Stock, person_share: float, seed: int, *, draws: int = 1
    ) -> None:
        self.shots, self.stock, self.seed, self.draws = shots, stock, seed, draws
        self.person_share = person_share

    def __len__(self) -> int:
        return 2**31  # drawn, not enumerated

    def __getitem__(self, index: int) -> FilmedClip:
        rng = np.random.default_rng([self.seed, index, 6])
        count = self.stock.count(index // self.draws)
        has_person = bool(rng.random() < self.person_share)
        for number in rng.integers(count, size=TRIES):
            clip = self._clip(int(number))
            if clip.has_person == has_person:
                return lit_clip(clip, rng)
        kind = "with" if has_person else "without"
        raise InputError(f"{self.shots.folder}: none of {TRIES} clips is {kind} a person")

    def _clip(self, number: int) -> FilmedClip:
        clip, size = self.shots.clip(number), self.shots.shots.size
        picture = clip["scene_image"][None]
        return FilmedClip(
            name=f"short clip {number}",
            video=clip["video"],
            matte=clip["matte"],
            cameras=CameraTrack(clip["cam_from_world"].double(), clip["intrinsics"].double(), size),
            others=picture,
            others_matte=torch.zeros_like(picture[:, :1]),
            others_cameras=CameraTrack(
                clip["scene_cam_from_world"][None].double(),
                clip["scene_intrinsics"][None].double(),
                size,
            ),
            in_track_units=True,
        )


def lit_clip(
    clip: FilmedClip, rng: np.random.Generator, ranges: LightRanges = SHOT_LIGHT
) -> FilmedClip:
    """A clip in floats under one random light, its person and its other frames included."""
    frames = len(clip.video)
    pictures = torch.cat([clip.video, clip.others]) / 2 + 0.5
    side_by_side = torch.cat(list(pictures), dim=-1)
    everywhere = torch.ones_like(side_by_side[:1], dtype=torch.bool)
    lit = relight(side_by_side, everywhere, random_change(rng, ranges)) * 2 - 1
    split = torch.stack(lit.chunk(len(pictures), dim=-1))
    return replace(clip, video=split[:frames], others=split[frames:])
