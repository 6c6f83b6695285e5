"""Which training tasks are drawn, how often, and from which clips: names and shares alone.

The tasks themselves, and the drawing, are in ``dynascene.datasets.tasks``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dynascene.errors import InputError

TASK_NEEDS_PERSON: Mapping[str, bool] = {
    "outpainting": False,
    "image_variation": False,
    "image_background": True,
    "video_variation": False,
    "video_background": True,
    "illumination": True,
    "condition_frame": True,
}
"""Every training task: whether a clip without a person is of no use to it."""


@dataclass(frozen=True, kw_only=True)
class TaskMix:
    """Weights by task and by kind of clip. A task that is not named, or weighs 0, is off.

    Args:
        with_person, without_person: task → weight, for clips with and without a person. All
            weights are of one scale, so they also say how often either kind is needed
            (``person_share``).
        null_camera: share of the samples whose camera is withheld though it is known; 1 = no
            camera control.
        matte_errors: share of the samples whose matte is given faults.

    Raises:
        InputError: for an unknown task, one that such clips cannot train, a negative weight, a
            share outside 0 … 1, or when everything is off.
    """

    with_person: Mapping[str, float] = field(default_factory=dict)
    without_person: Mapping[str, float] = field(default_factory=dict)
    null_camera: float = 0.0
    matte_errors: float = 0.0

    def __post_init__(self) -> None:
        for weights in (self.with_person, self.without_person):
            _check_weights(weights)
        for name, weight in self.without_person.items():
            if weight and TASK_NEEDS_PERSON[name]:
                raise InputError(f"task mix: {name} needs a person; weigh it under with_person")
        for name in ("null_camera", "matte_errors"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"task mix: {name} is {getattr(self, name)}; give a share, 0 … 1")
        if not _total(self.with_person) + _total(self.without_person):
            raise InputError("task mix: every task is off; give at least one a weight")

    @property
    def person_share(self) -> float:
        """The share of clips with a person for which each task is drawn as often as it weighs."""
        people = _total(self.with_person)
        return people / (people + _total(self.without_person))

    def weights(self, *, has_person: bool) -> Mapping[str, float]:
        """Task → weight for clips with a person, or without."""
        return self.with_person if has_person else self.without_person

    def has_task(self, *, has_person: bool) -> bool:
        """Whether a task is there for this kind of clip."""
        return _total(self.weights(has_person=has_person)) > 0

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


def _check_weights(weights: Mapping[str, float]) -> None:
    for name, weight in weights.items():
        if name not in TASK_NEEDS_PERSON:
            tasks = ", ".join(TASK_NEEDS_PERSON)
            raise InputError(f"task mix: {name!r} is unknown; known: {tasks}")
        if not 0 <= weight < float("inf"):
            raise InputError(f"task mix: {name} weighs {weight}; give 0 or more")


def _total(weights: Mapping[str, float]) -> float:
    return float(sum(weights.values()))
