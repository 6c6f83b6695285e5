"""A second reference beside the scene picture: the person in the clip's first frame."""

from torch import Tensor

from dynascene.models.conditioners import register_conditioner
from dynascene.models.conditioners.scene_reference import SceneReference
from dynascene.models.denoiser import Denoiser
from dynascene.models.latents import EncodedClip
from dynascene.models.systems import register_system
from dynascene.models.systems.system import (
    Network,
    System,
    TrainingSchedule,
    TrainingStage,
    all_parameters,
)
from dynascene.task_mix import TaskMix


class PersonReference(SceneReference):
    """The first frame's person through a ReferenceNet of its own."""

    reads = ("foreground", "generate_mask", "scene_tokens")
    per_clip = False

    def picture(self, clip: EncodedClip) -> tuple[Tensor, Tensor, Tensor]:
        return clip.foreground[:, 0], clip.generate_mask[:, 0], clip.scene_tokens


SYSTEM = System(
    name="two_references",
    summary="a scene and a person, both read by attention",
    network=Network(
        conditioners={
            "foreground": {},
            "scene_reference": {"gate": 1.0},
            "person_reference": {"gate": 1.0},
        }
    ),
    stages=(
        TrainingStage(
            name="clips",
            trains=all_parameters,
            mix=TaskMix(with_person={"video_background": 1}),
            schedules={
                "tiny": TrainingSchedule(
                    steps=2, batch=1, frames=3, learning_rate=1e-2, warmup=0, floor=1.0, ema=0.5
                )
            },
        ),
    ),
)


def register() -> None:
    register_conditioner("person_reference", PersonReference)
    register_system(SYSTEM)


def weights_that_must_learn(denoiser: Denoiser) -> dict[str, Tensor]:
    names = ("scene_reference", "person_reference")
    return {name: denoiser.conditioners[name].get_parameter("gates") for name in names}
