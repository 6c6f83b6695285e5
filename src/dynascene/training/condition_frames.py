"""Rendered clips as ActAnywhere is trained: any frame may be the condition, mattes have faults.

F frames, H W pixels.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch
from torch.utils.data import Dataset

from dynascene.datasets.tasks.matte_errors import faulty_matte


class ConditionFrames(Dataset[SimpleNamespace]):
    """Short clips, some with another condition or matte; the same for the same seed and index.

    What is to be reached stays, and so does the loss.

    Args:
        samples: clips with their tensors as attributes, as ``ShotSamples`` gives them.
        composites: of the clips, the share whose scene picture is a frame of their own, as it was
            filmed: with its person.
        matte_errors: of the clips with a person, the share whose matte has faults.
        seed: of the draws.
    """

    def __init__(
        self,
        samples: Dataset[SimpleNamespace],
        composites: float,
        matte_errors: float,
        seed: int,
    ) -> None:
        self.samples, self.seed = samples, seed
        self.composites, self.matte_errors = composites, matte_errors

    def __len__(self) -> int:
        return 2**31  # drawn, not enumerated

    def __getitem__(self, index: int) -> SimpleNamespace:
        """A clip for ``training_batch.collate``."""
        rng = np.random.default_rng([self.seed, index, 5])
        clip = vars(self.samples[index])
        frame = int(rng.integers(len(clip["video"])))
        if rng.random() < self.composites:
            clip = clip | {
                "scene_image": clip["video"][frame],
                "scene_visibility": torch.ones_like(clip["scene_visibility"]),
                "scene_cam_from_world": clip["cam_from_world"][frame],
                "scene_intrinsics": clip["intrinsics"][frame],
            }
        if rng.random() < self.matte_errors:
            matte = faulty_matte(clip["matte"], rng)
            if torch.any(matte):  # else there is nobody, or nobody would be left
                clip = clip | {"matte": matte, "foreground": clip["video"] * matte}
        return SimpleNamespace(**clip)
