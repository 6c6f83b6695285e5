"""Training samples without end: clips drawn from a source, tasks drawn from a mix."""

from collections.abc import Callable

import numpy as np
from torch.utils.data import Dataset

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.tasks.drawing import draw_sample
from dynascene.datasets.tasks.guiding import with_guide
from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.errors import InputError
from dynascene.task_mix import TaskMix

TRIES = 16  # clips drawn for one sample until a task of the mix fits


class TaskSamples(Dataset[TrainingSample]):
    """Sample k is the same for the same clips, mix and seed.

    A clip for which the mix has no task is passed over, and the next one drawn.

    Args:
        open_clips: makes the source; called once in the process that makes the data set.
        guided: every sample comes with a guide (``with_guide``); clips whose camera is unknown are
            passed over.
    """

    def __init__(
        self,
        open_clips: Callable[[], Dataset[FilmedClip]],
        mix: TaskMix,
        seed: int,
        *,
        guided: bool = False,
    ) -> None:
        self.clips, self.mix, self.seed, self.guided = open_clips(), mix, seed, guided

    def __len__(self) -> int:
        return 2**31 // TRIES  # drawn, not enumerated

    def __getitem__(self, index: int) -> TrainingSample:
        if not 0 <= index < len(self):
            raise IndexError(index)
        rng = np.random.default_rng([self.seed, index])
        for attempt in range(TRIES):
            clip = self.clips[index * TRIES + attempt]
            fits = self.mix.has_task(has_person=clip.has_person)
            if fits and (clip.has_camera or not self.guided):
                sample = draw_sample(self.mix, clip, rng)
                return with_guide(sample) if self.guided else sample
        raise InputError(
            f"clips: {TRIES} in a row suit no task of this recipe ({clip.name} was the last); "
            "it needs clips with people, without, or both, and with cameras if it has a guide: "
            "see docs/tasks.md"
        )
