"""Which tasks are drawn, how often, and from which clips."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

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


class Task(NamedTuple):
    """needs_person: whether a clip without one is of no use."""

    make: Callable[[FilmedClip, np.random.Generator], TrainingSample]
    needs_person: bool


TASKS: Mapping[str, Task] = {
    "outpainting": Task(outpainting, needs_person=False),
    "image_variation": Task(image_variation, needs_person=False),
    "image_background": Task(image_background, needs_person=True),
    "video_variation": Task(video_variation, needs_person=False),
    "video_background": Task(video_background, needs_person=True),
    "illumination": Task(illumination, needs_person=True),
    "condition_frame": Task(condition_frame, needs_person=True),
}


@dataclass(frozen=True, kw_only=True)
class TaskMix:
    """Weights by task and by kind of clip. A task that is not named, or weighs 0, is off.

    with_person, without_person: names of TASKS → weights, for clips with and without a person;
        all weights are of one scale, so they also say how often either kind is needed
        (``person_share``).
    null_camera: share of the samples whose camera is not told though it is known; 1 = no camera
        control.
    matte_errors: share of the samples whose matte is given faults.
    Raises InputError for an unknown task, one that such clips cannot train, a negative weight,
    a share outside 0 … 1, or when everything is off.
    """

    with_person: Mapping[str, float] = field(default_factory=dict)
    without_person: Mapping[str, float] = field(default_factory=dict)
    null_camera: float = 0.0
    matte_errors: float = 0.0

    def __post_init__(self) -> None:
        for weights in (self.with_person, self.without_person):
            for name, weight in weights.items():
                if name not in TASKS:
                    raise InputError(f"task mix: {name!r} is unknown; known: {', '.join(TASKS)}")
                if not 0 <= weight < float("inf"):
                    raise InputError(f"task mix: {name} weighs {weight}; give 0 or more")
        for name, weight in self.without_person.items():
            if weight and TASKS[name].needs_person:
                raise InputError(f"task mix: {name} needs a person; weigh it under with_person")
        for name in ("null_camera", "matte_errors"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"task mix: {name} is {getattr(self, name)}; give a share, 0 … 1")
        if not self._total(self.with_person) + self._total(self.without_person):
            raise InputError("task mix: every task is off; give at least one a weight")

    @staticmethod
    def _total(weights: Mapping[str, float]) -> float:
        return float(sum(weights.values()))

    @property
    def person_share(self) -> float:
        """The share of clips with a person for which each task is drawn as often as it weighs."""
        people = self._total(self.with_person)
        return people / (people + self._total(self.without_person))

    def fits(self, clip: FilmedClip) -> bool:
        """Whether a task is there for this kind of clip."""
        return self._total(self._weights(clip)) > 0

    def draw(self, clip: FilmedClip, rng: np.random.Generator) -> TrainingSample:
        """A sample of a task that the clip allows, drawn by weight.

        Raises InputError when no task fits.
        """
        weights = self._weights(clip)
        if not self.fits(clip):
            kind = "with a person" if clip.has_person else "without a person"
            raise InputError(
                f"clip {clip.name}: the mix has no task for clips {kind}; weigh one, or leave "
                "such clips out"
            )
        shares = np.array(list(weights.values()), dtype=float)
        name = list(weights)[int(rng.choice(len(shares), p=shares / shares.sum()))]
        sample = TASKS[name].make(clip, rng)
        if rng.random() < self.matte_errors:
            sample = augment_matte(sample, rng)
        told = bool(rng.random() >= self.null_camera)
        return replace(sample, has_camera=sample.has_camera and told)

    def _weights(self, clip: FilmedClip) -> Mapping[str, float]:
        return self.with_person if clip.has_person else self.without_person

    def without(self, *names: str) -> "TaskMix":
        """The same mix with some tasks switched off. Raises InputError when none is left."""
        with_person, without_person = (
            {name: weight for name, weight in weights.items() if name not in names}
            for weights in (self.with_person, self.without_person)
        )
        return replace(self, with_person=with_person, without_person=without_person)

    def on_people_alone(self) -> "TaskMix":
        """The same tasks where every clip has a person: for data without empty places."""
        names = {**self.without_person, **self.with_person}
        both = {n: self.with_person.get(n, 0.0) + self.without_person.get(n, 0.0) for n in names}
        return replace(self, with_person=both, without_person={})
