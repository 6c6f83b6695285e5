"""The training tasks by name, and a sample of one of them, drawn by a mix."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.tasks.background import (
    condition_frame,
    illumination,
    image_background,
    video_background,
)
from dynascene.datasets.tasks.matte_errors import augment_matte
from dynascene.datasets.tasks.outpainting import outpainting
from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.datasets.tasks.variation import image_variation, video_variation
from dynascene.errors import InputError
from dynascene.task_mix import TaskMix

Task = Callable[[FilmedClip, np.random.Generator], TrainingSample]

TASKS: Mapping[str, Task] = {
    "outpainting": outpainting,
    "image_variation": image_variation,
    "image_background": image_background,
    "video_variation": video_variation,
    "video_background": video_background,
    "illumination": illumination,
    "condition_frame": condition_frame,
}
"""The functions of the tasks that ``dynascene.task_mix`` names."""


def draw_sample(mix: TaskMix, clip: FilmedClip, rng: np.random.Generator) -> TrainingSample:
    """A sample of a task that the clip allows, drawn by weight.

    Raises:
        InputError: when no task of the mix fits the clip.
    """
    if not mix.has_task(has_person=clip.has_person):
        kind = "with a person" if clip.has_person else "without a person"
        raise InputError(
            f"clip {clip.name}: the mix has no task for clips {kind}; weigh one, or leave "
            "such clips out"
        )
    weights = mix.weights(has_person=clip.has_person)
    shares = np.array(list(weights.values()), dtype=float)
    name = list(weights)[int(rng.choice(len(shares), p=shares / shares.sum()))]
    sample = TASKS[name](clip, rng)
    if rng.random() < mix.matte_errors:
        sample = augment_matte(sample, rng)
    with_camera = bool(rng.random() >= mix.null_camera)
    return replace(sample, has_camera=sample.has_camera and with_camera)
