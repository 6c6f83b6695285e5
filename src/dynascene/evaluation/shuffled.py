"""The control of a camera model: the same weights, told a clip's poses in a wrong order.

If a system scores no better with the true track than with this one, it does not read the track.

F frames.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from dynascene.clip_fields import CLIP_FIELDS
from dynascene.evaluation.protocol import Given, System
from dynascene.types import Batch

SHUFFLED = ":shuffled"  # behind the name of weights


@dataclass(frozen=True)
class Shuffled:
    """A system whose batches have all that tells the camera, poses and guide, in another order.

    Person, scene picture and truth stay as they are. Rows have ``:shuffled`` behind the name.
    """

    system: System

    @property
    def name(self) -> str:
        return self.system.name + SHUFFLED

    @property
    def weights(self) -> Mapping[str, str]:
        return self.system.weights

    @property
    def sampling(self) -> Mapping[str, float]:
        return self.system.sampling

    def render(self, given: Given, seed: int, *, estimates: bool = True) -> dict[str, np.ndarray]:
        told = given._replace(batch=shuffled_camera(given.batch, seed))
        rows = self.system.render(told, seed, estimates=estimates)
        return {self.name + row.removeprefix(self.system.name): x for row, x in rows.items()}


def shuffled_camera(batch: Batch, seed: int) -> Batch:
    """The batch with the camera of frame i taken from another frame, for each i (F ≥ 2)."""
    frames = batch.matte.shape[1]
    circle = np.random.default_rng(seed).permutation(frames)
    source = torch.empty(frames, dtype=torch.long)
    # along one circle through all frames none keeps its own
    source[torch.from_numpy(circle)] = torch.from_numpy(np.roll(circle, 1))
    camera = [name for name in batch if CLIP_FIELDS[name].follows_camera]
    return batch.replace(**{name: batch[name][:, source] for name in camera})
